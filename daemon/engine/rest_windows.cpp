#include "daemon/engine/rest_windows.h"

#include <fmt/format.h>

#include "daemon/base/secret.h"

namespace ntmd::engine {

RestWindows::RestWindows(const Setup& setup, const World& world, Spool& spool, PollOrder order)
    : setup_(setup),
      world_(world),
      spool_(&spool),
      order_(std::move(order)),
      auth_(connectors::resolve_auth(order_.plan->rest->auth, base::SecretFolder(world.files, setup.config.secrets_dir),
                                     world.clock)),
      windows_(connectors::windows_to_poll(*order_.plan->rest, order_.today, order_.known.cursor)) {
  if (!auth_) fail(auth_.error());
}

void RestWindows::fail(const base::Error& error) {
  over_ = true;
  if (error.wait.count() > 0) report_.not_before = world_.clock.now() + error.wait;
  report_.fail(order_.stop.stop_requested() ? store::Outcome::interrupted : store::Outcome::failed, error);
}

void RestWindows::broke(const std::exception& bug) {
  over_ = true;
  report_.fail(bug);
}

std::unique_ptr<connectors::Exchange> RestWindows::next() {
  if (over_ || at_ == windows_.size()) return nullptr;
  const auto& window = windows_[at_];
  Arrival arrival;
  arrival.part = window.name;
  arrival.dated = window.period.last;
  arrival.window = window.period;
  arrival.received = world_.clock.now();
  arrival.today = order_.today;
  copy_.reset();
  if (order_.plan->spool == Spooling::copy) {
    auto begun = spool_->keep({order_.run, window.name}, arrival);
    if (!begun) {
      fail(begun.error());
      return nullptr;
    }
    copy_ = std::move(*begun);
  }
  pipeline_.emplace(order_.plan, *setup_.units, *setup_.sources, *order_.pseudonyms, std::move(arrival),
                    Workshop{.open_scratch = spool_->scratch()});
  return connectors::make_rest_exchange(*order_.plan->rest, window, *auth_);
}

base::Status RestWindows::take(connectors::Document&& document) {
  if (copy_) {
    if (auto kept = copy_->next_document(document.context); !kept) return base::fail_within("spool", kept);
    if (auto kept = copy_->feed(document.body); !kept) return base::fail_within("spool", kept);
  }
  if (auto begun = pipeline_->next_document(document.context); !begun) return begun;
  return pipeline_->feed(document.body);
}

void RestWindows::end(const base::Status& exchanged) {
  const auto& window = windows_[at_++];
  const auto subject = fmt::format("window {}", window.name);
  if (!exchanged) return fail(exchanged.error().within(subject));
  auto staged = pipeline_->finish();
  if (!staged) return fail(staged.error().within(subject));
  staged->head.run = order_.run;
  const bool fine = staged->head.standing == store::Standing::in_force;
  if (fine) staged->cursor = connectors::cursor_after(order_.known.cursor, window, all_before_);
  const auto cursor = staged->cursor;
  for (const auto& text : pipeline_->notes()) report_.note(text);
  const auto taken = report_.deliver(std::move(*staged), order_.sink, std::move(copy_), *spool_);
  if (!taken) {
    over_ = true;
    return;
  }
  if (*taken == store::Outcome::unchanged) report_.note(order_.known.note_on(window.name));
  const bool waits = *taken == store::Outcome::unchanged && order_.known.waiting.contains(window.name);
  if (!fine || *taken == store::Outcome::held || waits) {
    all_before_ = false;
  } else if (cursor) {
    order_.known.cursor = cursor;
  }
}

}  // namespace ntmd::engine
