#include <fmt/format.h>

#include "connectors/rest/rest_exchange.h"
#include "connectors/transport/retry.h"
#include "daemon/engine/connector_test_run.h"
#include "daemon/settings/reader.h"

namespace ntmd::engine {
namespace {

using settings::MapReader;
using settings::Node;

/// Bounds a script that would never end.
constexpr std::size_t kMaxSteps = 10'000;

std::vector<connectors::Response> read_answers(const Node& node, settings::Problems& problems) {
  std::vector<connectors::Response> answers;
  if (!node.is_list()) problems.add(node.place, "tests.answers: expected a list");
  for (const auto& item : node.items) {
    MapReader reader(item, "tests.answers", problems);
    auto& answer = answers.emplace_back();
    answer.status = static_cast<int>(reader.integer("status", 100, 599, 200));
    if (const auto* headers = reader.optional("headers")) {
      for (const auto& entry : headers->entries) {
        answer.headers.emplace_back(entry.key,
                                    settings::as_text(entry.value, "tests.answers.headers", problems).value_or(""));
      }
    } else {
      answer.headers.emplace_back("content-type", "application/json");
    }
    if (const auto* body = reader.optional("body"))
      answer.body = settings::as_text(*body, "tests.answers.body", problems).value_or("");
  }
  return answers;
}

/// What `ntmd test` logs in with: no real secret is read.
connectors::ResolvedAuth test_login(const connectors::AuthSpec& spec, const base::Clock& clock) {
  connectors::ResolvedAuth auth;
  auth.kind = spec.kind;
  auth.user = spec.user;
  auth.secret = base::Secret("secret-of-the-test");
  auth.client_id = spec.client_id;
  auth.token_url = spec.token_url;
  auth.scope = spec.scope;
  if (spec.kind == connectors::AuthKind::oauth2_client_credentials)
    auth.cache = std::make_shared<connectors::TokenCache>(clock);
  return auth;
}

class Script {
 public:
  Script(std::vector<connectors::Response> answers, const connectors::RetryLimits& limits)
      : answers_(std::move(answers)), limits_(limits) {}

  /// The answer that counts, after the retries that the transport would make.
  base::Result<connectors::Response> ask(const connectors::Request& request, TestOutcome& outcome) {
    for (std::uint32_t tries = 1;; ++tries) {
      outcome.requests.push_back(request);
      if (next_ == answers_.size()) {
        return base::fail(base::Fault::bad_data,
                          fmt::format("{} {}: the test has no answer left", request.method, request.url));
      }
      auto answer = answers_[next_++];
      answer.url = request.url;
      const auto verdict = connectors::judge(answer, limits_, tries, base::Instant{}, request.url);
      if (const auto* error = std::get_if<base::Error>(&verdict)) return std::unexpected(*error);
      if (std::holds_alternative<connectors::GiveOn>(verdict)) return answer;
    }
  }
  [[nodiscard]] std::size_t left() const { return answers_.size() - next_; }

 private:
  std::vector<connectors::Response> answers_;
  connectors::RetryLimits limits_;
  std::size_t next_ = 0;
};

base::Status run_steps(connectors::Exchange& exchange, Script& script, Pipeline& pipeline, TestOutcome& outcome) {
  auto step = exchange.begin();
  for (std::size_t steps = 0; steps < kMaxSteps; ++steps) {
    if (std::holds_alternative<connectors::Finished>(step)) return {};
    if (const auto* error = std::get_if<base::Error>(&step)) return std::unexpected(*error);
    if (const auto* request = std::get_if<connectors::Request>(&step)) {
      const auto answer = script.ask(*request, outcome);
      if (!answer) return std::unexpected(answer.error());
      step = exchange.on(*answer);
      continue;
    }
    const auto& document = std::get<connectors::Document>(step);
    if (auto begun = pipeline.next_document(document.context); !begun) return begun;
    if (auto fed = pipeline.feed(document.body); !fed) return fed;
    step = exchange.resume();
  }
  return base::fail(base::Fault::bad_data, fmt::format("the exchange did not end within {} steps", kMaxSteps));
}

}  // namespace

TestOutcome run_answers(const SourcePlan& plan, const Node& answers, const std::optional<connectors::RestSpec>& rest,
                        std::optional<model::Period> window, const std::string& window_name, Pipeline& pipeline,
                        settings::Problems& problems) {
  TestOutcome outcome;
  const auto before = problems.size();
  Script script(read_answers(answers, problems), rest->retry);
  if (problems.size() != before) return outcome;
  const base::ManualClock clock(base::Instant{});
  std::optional<connectors::RestWindow> asked;
  if (window) asked = connectors::RestWindow{window_name, *window};
  const auto exchange = connectors::make_rest_exchange(*plan.rest, asked, test_login(plan.rest->auth, clock));
  if (auto done = run_steps(*exchange, script, pipeline, outcome); !done) {
    outcome.delivery = std::unexpected(done.error());
  } else {
    outcome.delivery = pipeline.finish();
    if (outcome.delivery && script.left() != 0) {
      outcome.delivery =
          base::fail(base::Fault::bad_data, fmt::format("{} answers of the test were not asked for", script.left()));
    }
  }
  outcome.notes.assign(pipeline.notes().begin(), pipeline.notes().end());
  return outcome;
}

}  // namespace ntmd::engine
