#include "connectors/rest/rest_exchange.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "connectors/auth/authenticated.h"
#include "connectors/paging/pager.h"
#include "connectors/rest/answer_check.h"
#include "connectors/rest/step_request.h"

namespace ntmd::connectors {
namespace {

using Kind = JsonValue::Kind;

constexpr std::string_view kItem = "item.";

void add_window(const RestWindow& window, Values& values) {
  const auto first = window.period.first.ymd();
  values["window.name"] = window.name;
  values["window.year"] = std::to_string(static_cast<int>(first.year()));
  values["window.month"] = std::to_string(static_cast<unsigned>(first.month()));
  values["window.first"] = window.period.first.iso();
  values["window.last"] = window.period.last.iso();
}

/// A step's listings, one for each element that the step before it found.
struct Level {
  Level(std::size_t the_step, std::vector<Values> the_items) : step(the_step), items(std::move(the_items)) {}

  std::size_t step;
  std::vector<Values> items;  // what each listing knows, `item.` values of the steps before
  std::size_t at = 0;
  std::optional<Pager> pager;  // of the listing that is under way
  std::vector<Values> found;   // by it, for the next step
  std::set<Values> seen;
};

/// Depth first: a listing is read to its end before its elements are asked, so that a broken one asks nobody else.
class RestExchange final : public Exchange {
 public:
  RestExchange(const RestSpec& spec, const std::optional<RestWindow>& window) : spec_(spec), known_(spec.parameters) {
    if (window) add_window(*window, known_);
  }

  Step begin() override {
    levels_.emplace_back(0, std::vector<Values>(1));
    return go_on();
  }

  Step resume() override { return go_on(); }

  Step on(const Response& response) override {
    Level& level = levels_.back();
    auto taken = take(level, response);
    if (!taken) return std::move(taken.error());
    if (!*taken) return go_on();
    Document document;
    document.body = response.body;
    document.url = shown_;
    for (const auto& [key, value] : level.items[level.at])
      document.context.emplace_back(key.substr(kItem.size()), value);
    return document;
  }

 private:
  /// The next request, or the end.
  Step go_on() {
    if (!levels_.empty()) finish_page(levels_.back());
    while (!levels_.empty()) {
      Level& level = levels_.back();
      if (level.at == level.items.size()) {
        levels_.pop_back();
        if (!levels_.empty()) ++levels_.back().at;
        continue;
      }
      if (!level.pager) level.pager.emplace(spec_.steps[level.step].page, spec_.steps[level.step].method);
      return ask(level);
    }
    return Finished{};
  }

  Step ask(const Level& level) {
    const StepSpec& step = spec_.steps[level.step];
    values_ = known_;
    for (const auto& [key, value] : level.items[level.at]) values_[key] = value;
    for (auto& [key, value] : level.pager->values()) values_[key] = std::move(value);
    auto request = step_request(spec_, step, values_, level.pager->next_url());
    if (!request) return std::move(request.error());
    auto url = parse_url(request->url);
    if (!url) return std::move(url.error());
    asked_ = std::move(*url);
    shown_ = fmt::format("{} {}", step.method, asked_.shown());
    return std::move(*request);
  }

  /// True: the answer is a document.
  base::Result<bool> take(Level& level, const Response& response) {
    const StepSpec& step = spec_.steps[level.step];
    auto answer = checked_answer(step, response, values_);
    if (!answer) return base::fail_within(shown_, answer);
    const std::uint64_t before = level.pager->rows();
    auto more = level.pager->take(*answer, response, asked_);
    if (!more) return base::fail_within(shown_, more);
    if (step.each && !level.pager->repeated()) {
      if (auto gathered = gather(level, *step.each, *answer); !gathered) return base::fail_within(shown_, gathered);
    }
    page_taken_ = true;
    more_pages_ = *more;
    // The empty page that ends a listing says nothing that was not said before.
    const bool closing = level.pager->pages() > 1 && level.pager->rows() == before;
    return (step.emit || level.step + 1 == spec_.steps.size()) && !closing;
  }

  /// The elements of `answer` that the next step asks for.
  base::Status gather(Level& level, const EachSpec& each, const JsonValue& answer) {
    const auto bad = [](std::string fact) { return base::fail(base::Fault::bad_data, std::move(fact)); };
    const JsonValue* items = answer.at(each.items);
    if (items == nullptr && !each.absent_is_empty) {
      return bad(fmt::format("{} is not there, expected the elements", each.items));
    }
    if (items == nullptr || items->is(Kind::null)) return {};
    if (!items->is(Kind::array)) return bad(fmt::format("{} is no array, expected the elements", each.items));
    for (std::size_t i = 0; i < items->items.size(); ++i) {
      auto keep = fits(each.keep, items->items[i], values_);
      if (!keep) return std::unexpected(keep.error());
      if (!*keep) continue;
      auto picked = pick(each, items->items[i], values_);
      if (!picked) return base::fail_within(fmt::format("{}/{}", each.items, i), picked);
      if (!level.seen.insert(*picked).second) {
        return bad(fmt::format("{}/{} came twice, expected each element once", each.items, i));
      }
      if (level.found.size() >= each.max_items) {
        return bad(fmt::format("more than {} elements in {}, expected fewer; raise max_items if this is right",
                               each.max_items, each.items));
      }
      for (const auto& [key, value] : level.items[level.at]) picked->emplace(key, value);
      level.found.push_back(std::move(*picked));
    }
    return {};
  }

  /// After a page was taken and its document given: the listing's next page, its elements, or the next listing.
  void finish_page(Level& level) {
    if (!std::exchange(page_taken_, false) || more_pages_) return;
    level.pager.reset();
    level.seen.clear();
    add_default(level);
    if (level.found.empty()) {
      ++level.at;
      return;
    }
    auto found = std::exchange(level.found, {});
    levels_.emplace_back(level.step + 1, std::move(found));
  }

  /// What the next step is asked for when the listing named nobody.
  void add_default(Level& level) const {
    const auto& each = spec_.steps[level.step].each;
    if (level.step + 1 == spec_.steps.size() || !level.found.empty() || (each && !each->none)) return;
    Values& values = level.found.emplace_back(level.items[level.at]);
    if (each) values.insert(each->none->begin(), each->none->end());
  }

  RestSpec spec_;
  Values known_;   // parameters and window
  Values values_;  // of the request under way
  std::vector<Level> levels_;
  Url asked_;
  std::string shown_;
  bool page_taken_ = false;
  bool more_pages_ = false;
};

}  // namespace

std::unique_ptr<Exchange> make_rest_exchange(const RestSpec& spec, const std::optional<RestWindow>& window,
                                             ResolvedAuth auth) {
  return make_authenticated(std::make_unique<RestExchange>(spec, window), std::move(auth), spec.base_url);
}

}  // namespace ntmd::connectors
