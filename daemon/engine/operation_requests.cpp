// What the command line asks of a running daemon: rows of the store, looked for a few times a second.

#include <algorithm>

#include <fmt/format.h>
#include <boost/asio/post.hpp>

#include "daemon/base/log.h"
#include "daemon/engine/operation.h"

namespace ntmd::engine {
namespace {

constexpr auto kLookEvery = std::chrono::milliseconds(250);

int exit_code_of(const base::Error& error) {
  return error.fault == base::Fault::gone || error.fault == base::Fault::bad_data ||
                 error.fault == base::Fault::bad_config
             ? 2
             : 1;
}

/// "0 DELIVERY STATUSES text": read by the command that asked.
std::string told(const base::Result<Engine::Changed>& done) {
  if (!done) return fmt::format("{} {}", exit_code_of(done.error()), done.error().what);
  return fmt::format("0 {} {} {}", done->delivery, done->statuses, done->text);
}

}  // namespace

void Operation::look_for_requests() {
  request_timer_.expires_after(kLookEvery);
  request_timer_.async_wait([this](const boost::system::error_code& cancelled) {
    if (cancelled || draining_) return;
    answering_ = true;
    on_writer([this] {
      const bool judged = answer_requests();
      const auto alerts = engine_->alerting().next_pass();
      on_main([this, judged, alerts] {
        answering_ = false;
        if (judged) wait_for_alerts(alerts, true);
        if (!draining_) look_for_requests();
        settle();
      });
    });
  });
}

bool Operation::answer_requests() {
  // Who asks does so in the file that has the store's name now.
  if (auto there = engine_->store().in_place(); !there) {
    on_main([this, error = there.error()] { events_.broken(error); });
    return false;
  }
  const auto requests = engine_->store().waiting_requests();
  if (!requests) {
    base::log::error("request.unreadable", {}, requests.error().what);
    return false;
  }
  std::erase_if(taken_, [&](const auto& taken) {  // answered, or given up by who asked
    return std::ranges::none_of(*requests, [&](const auto& request) { return request.seq == taken.first; });
  });
  for (const auto& request : *requests) {
    const auto [taken, fresh] = taken_.try_emplace(request.seq);
    if (fresh) {
      answer(request);
    } else if (!taken->second.empty()) {
      put_answer(request.seq, std::string(taken->second));  // there was no room for it before
    }
  }
  if (!requests->empty()) courier_->wake();
  return !requests->empty();
}

void Operation::put_answer(std::uint64_t request, const std::string& text) {
  const auto taken = taken_.find(request);
  if (taken == taken_.end()) return;  // nobody waits any more
  const bool first = taken->second.empty();
  taken->second = text;
  if (auto put = engine_->store().answer_request(request, text); !put && first)
    base::log::error("request.unanswered", {{"request", request}}, put.error().what);
}

/// On the writer. An answer is "CODE text": the exit code of the command that asked, and what it says.
void Operation::answer(const store::Store::Request& request) {
  base::log::info("request.taken", {{"request", request.seq}, {"kind", request.kind}});
  if (request.kind == "sync") {
    return on_main([this, seq = request.seq, source = request.argument] { answer_sync(seq, source); });
  }
  if (request.kind == "accept" || request.kind == "retract") {
    const auto space = request.argument.find(' ');
    const auto id = request.argument.substr(0, space);
    const auto reason = space == std::string::npos ? std::string() : request.argument.substr(space + 1);
    const auto done =
        engine_->change_standing(id, request.kind == "accept" ? store::Standing::in_force : store::Standing::retracted,
                                 reason, engine_->today());
    return put_answer(request.seq, told(done));
  }
  if (request.kind == "replay") {
    const auto done = engine_->replay(request.argument, engine_->today());
    return put_answer(request.seq, told(done));
  }
  if (request.kind.starts_with("rotate-key")) return put_answer(request.seq, rotate_key(request));
  if (request.kind == "assess") {
    const auto today = engine_->today().iso();
    if (!request.argument.empty() && request.argument != today) {
      return put_answer(request.seq, fmt::format("2 {} is not today, {}, expected today or a day before it: a daemon "
                                                 "judges no day before it has come",
                                                 request.argument, today));
    }
    const auto done = cycle(true);
    if (const auto stuck = engine_->stuck(); !stuck.empty()) return put_answer(request.seq, "3 " + stuck);
    return put_answer(request.seq, done ? "0 assessed" : "1 " + done.error().what);
  }
  if (request.kind == "restart") {
    const auto day = model::Day::parse(request.argument.substr(0, request.argument.find(' ')));
    if (!day) return put_answer(request.seq, "2 restart: names no day, expected yyyy-mm-dd");
    const auto done = engine_->restart(*day, request.argument.substr(request.argument.find(' ') + 1));
    if (!done) return put_answer(request.seq, fmt::format("{} {}", exit_code_of(done.error()), done.error().what));
    (void)cycle(true);  // on to today; says itself what goes wrong
    return put_answer(request.seq, "0 assessed");
  }
  put_answer(
      request.seq,
      fmt::format("2 request \"{}\": unknown, expected sync, assess, restart, accept, retract, replay or rotate-key",
                  request.kind));
}

/// The answer to it. What the new key waits for is polled now.
std::string Operation::rotate_key(const store::Store::Request& request) {
  const auto space = request.argument.find(' ');
  const auto done = request.kind == "rotate-key-cancel" ? engine_->cancel_rotation(request.argument)
                    : request.kind == "rotate-key-make" ? engine_->rotate_key({}, request.argument)
                    : space == std::string::npos
                        ? base::fail(base::Fault::bad_data, "names no secret, expected one and why")
                        : engine_->rotate_key(request.argument.substr(0, space), request.argument.substr(space + 1));
  if (!done) return fmt::format("{} {}", exit_code_of(done.error()), done.error().what);
  if (done->incoming) {
    on_main([this, waits = done->waits] {
      for (const auto& wait : waits) {
        // What is being polled may have begun under the old key alone.
        if (draining_) continue;
        if (agenda_.begin(wait.source)) {
          poll(wait.source);
        } else if (polling_.contains(wait.source)) {
          poll_again_.insert(wait.source);
        }
      }
    });
  }
  return "0 done";
}

void Operation::answer_sync(std::uint64_t request, const std::string& source) {
  const auto reply = [this, request](std::string text) {
    on_writer([this, request, text = std::move(text)] { put_answer(request, text); });
  };
  if (draining_) return reply("75 the daemon is stopping, expected it to run; ask again");
  // One that is under way answers both who it was started for and who asks now.
  waiting_.emplace(source, reply);
  if (agenda_.begin(source)) return poll(source);
  if (polling_.contains(source)) return;
  waiting_.erase(source);
  reply(fmt::format("2 there is no source \"{}\" in the daemon's configuration; reload it with SIGHUP", source));
}

}  // namespace ntmd::engine
