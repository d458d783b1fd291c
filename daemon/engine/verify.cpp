#include "daemon/engine/verify.h"

#include <map>
#include <unordered_map>

#include <fmt/format.h>

#include "connectors/codec/json_value.h"
#include "daemon/base/digest.h"
#include "daemon/engine/alert_rows.h"
#include "daemon/engine/decision_reader.h"
#include "daemon/engine/verify_last_pass.h"
#include "daemon/rules/criteria.h"
#include "daemon/rules/decision.h"

namespace ntmd::engine {
namespace {

class Verifier {
 public:
  Verifier(const Setup& setup, store::Store& store) : setup_(setup), store_(store) {}

  base::Result<VerifyReport> run(const store::ChainHead* published) {
    auto sound = store_.integrity();
    if (!sound) return base::fail_within("verify", sound);
    report_.differences = std::move(*sound);
    const auto read = store_.read_decisions(1, [&](const store::DecisionRow& row) { return check(row); });
    if (!read) return base::fail_within("verify", read);
    check_head(published);
    if (auto done = check_statuses(); !done) return base::fail_within("verify", done);
    const auto last = check_last_pass(setup_, store_, report_);
    if (!last) return base::fail_within("verify", last);
    if (auto done = check_messages(); !done) return base::fail_within("verify", done);
    const auto unwitnessed = store_.unwitnessed();
    if (!unwitnessed) return base::fail_within("verify", unwitnessed);
    report_.unwitnessed = *unwitnessed;
    return std::move(report_);
  }

 private:
  void differ(std::string line) { report_.differences.push_back(std::move(line)); }

  base::Status check(const store::DecisionRow& row) {
    ++report_.decisions;
    const auto subject = fmt::format("decision {}", row.seq);
    if (row.seq != head_.seq + 1) differ(fmt::format("{}: follows {}, expected {}", subject, head_.seq, head_.seq + 1));
    if (row.prev_hash != head_.hash) differ(fmt::format("{}: names another predecessor than the chain has", subject));
    if (row.hash != base::sha256_hex(row.prev_hash + row.body))
      differ(fmt::format("{}: its text does not have its hash; it was edited", subject));
    head_ = {row.seq, row.hash};
    auto decision = read_decision(row.body);
    if (!decision) {
      differ(fmt::format("{}: {}", subject, decision.error().what));
      return {};
    }
    const auto named =
        decision->unit.view().empty() ? "g/" + decision->group : "u/" + std::string(decision->unit.view());
    if (named != row.subject || decision->indicator != row.indicator || decision->criteria != row.criteria ||
        decision->day.iso() != row.day) {
      differ(fmt::format("{}: is filed under {} {}, but speaks of {} {}", subject, row.subject, row.indicator, named,
                         decision->indicator));
    }
    latest_[row.subject + '\n' + row.criteria + '\n' + row.indicator] = {row.seq, decision->after};
    return replay(subject, *decision);
  }

  base::Status replay(const std::string& subject, const rules::Decision& decision) {
    const auto criteria = criteria_of(decision.criteria_sha256);
    if (!criteria) return std::unexpected(criteria.error());
    if (*criteria == nullptr) {
      differ(fmt::format("{}: criteria {} of that time are not on file or do not have their hash", subject,
                         decision.criteria_sha256));
      return {};
    }
    for (const auto& rule : (*criteria)->indicators) {
      if (rule.id != decision.indicator) continue;
      try {
        const auto again = rules::evaluate(rule, decision.inputs);
        if (!(rules::standing_of(again) == decision.after) || again.numerator != decision.numerator ||
            again.denominator != decision.denominator || again.gap != decision.gap || again.slack != decision.slack) {
          differ(fmt::format("{}: {} {} judged again is {}, expected {}", subject, decision.unit.view(),
                             decision.indicator, rules::to_string(again.state),
                             rules::to_string(decision.after.state)));
        }
      } catch (const std::logic_error& error) {
        differ(fmt::format("{}: cannot be judged again: {}", subject, error.what()));
      }
      return {};
    }
    differ(fmt::format("{}: indicator {} is not in the criteria of that time", subject, decision.indicator));
    return {};
  }

  base::Result<const rules::Criteria*> criteria_of(const std::string& sha256) {
    if (const auto found = criteria_.find(sha256); found != criteria_.end())
      return found->second ? &*found->second : nullptr;
    const auto text = store_.criteria_text(sha256);
    if (!text) return std::unexpected(text.error());
    std::optional<rules::Criteria> parsed;
    if (*text && base::sha256_hex(**text) == sha256) {
      settings::Problems problems;
      parsed = rules::parse_criteria("criteria " + sha256, **text, *setup_.elements, problems);
    }
    const auto& kept = criteria_.emplace(sha256, std::move(parsed)).first->second;
    return kept ? &*kept : nullptr;
  }

  base::Status check_messages() {
    const auto alerts = store_.alerts();
    if (!alerts) return std::unexpected(alerts.error());
    for (const auto& row : *alerts) {
      if (const auto state = state_of(row); !state) differ(fmt::format("alert {}: {}", row.key, state.error().what));
    }
    const auto outbox = store_.outbox();
    if (!outbox) return std::unexpected(outbox.error());
    for (const auto& row : *outbox) {
      const auto body = connectors::parse_json(row.body);
      if (!body || body->members.empty())
        differ(fmt::format("message {} to {}: its body cannot be read, expected what is told", row.seq, row.channel));
    }
    return {};
  }

  void check_head(const store::ChainHead* published) {
    const auto head = store_.chain_head();
    if (!head || head->seq != head_.seq || head->hash != head_.hash) {
      differ(fmt::format("decision chain: ends at {}, but the store names another head", head_.seq));
    }
    if (published == nullptr) return;
    if (published->seq > head_.seq) {
      differ(fmt::format("decision chain: decision {} was published, but the chain ends at {}; it was cut",
                         published->seq, head_.seq));
      return;
    }
    if (published->seq == 0) return;
    const auto row = store_.decision(published->seq);
    if (!row || !*row || (*row)->hash != published->hash) {
      differ(fmt::format("decision chain: decision {} has another hash than was published; it was rewritten",
                         published->seq));
    }
  }

  base::Status check_statuses() {
    const auto rows = store_.statuses();
    if (!rows) return std::unexpected(rows.error());
    for (const auto& row : *rows) {
      const auto found = latest_.find(row.subject + '\n' + row.criteria + '\n' + row.indicator);
      const bool same = found != latest_.end() && found->second.first == row.decision &&
                        row.state == static_cast<std::uint8_t>(found->second.second.state) &&
                        row.measured == static_cast<std::uint8_t>(found->second.second.measured) &&
                        row.official == static_cast<std::uint8_t>(found->second.second.official);
      if (!same)
        differ(fmt::format("status of {} {}: is not what decision {} says", row.subject, row.indicator, row.decision));
      if (found != latest_.end()) latest_.erase(found);
    }
    for (const auto& [key, last] : latest_) differ(fmt::format("decision {}: has no status, expected one", last.first));
    return {};
  }

  const Setup& setup_;
  store::Store& store_;
  VerifyReport report_;
  store::ChainHead head_;
  std::unordered_map<std::string, std::optional<rules::Criteria>> criteria_;
  std::map<std::string, std::pair<std::uint64_t, rules::Standing>> latest_;
};

}  // namespace

base::Result<VerifyReport> verify(const Setup& setup, store::Store& store, const store::ChainHead* published_head) {
  return Verifier(setup, store).run(published_head);
}

}  // namespace ntmd::engine
