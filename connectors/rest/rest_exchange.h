#pragma once
// One window of a polled source as an exchange: authenticate, page, fan out.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/rest/rest_spec.h"
#include "connectors/wire/exchange.h"
#include "daemon/model/day.h"

namespace ntmd::connectors {

/// What one delivery speaks of. Its name is the delivery's partition and a cursor: "2026-08", or the day "2026-08-13".
struct RestWindow {
  std::string name;
  model::Period period;
};

/// The windows that a poll on `today` asks for, oldest first: the months after `cursor` and the last `ask_again` ones.
/// Empty in January of a source that asks for no earlier year. `cursor`: the last month up to which all were delivered.
std::vector<RestWindow> windows_to_poll(const RestSpec& spec, model::Day today,
                                        const std::optional<std::string>& cursor);

/// The cursor that the delivery of `delivered` commits. `all_before`: every window before it in this poll was
/// delivered, too.
std::optional<std::string> cursor_after(const std::optional<std::string>& cursor, const RestWindow& delivered,
                                        bool all_before);

/// Copies what it needs. Without a window the `window.` placeholders are missing. An HTML page where JSON is due is
/// `retry_later`, a status that is not accepted `denied` (401, 403), `gone` (404, 410), `slow_down` (429),
/// `retry_later` (5xx) or `bad_data`; an answer that fails `expect` or is incomplete `bad_data`.
std::unique_ptr<Exchange> make_rest_exchange(const RestSpec& spec, const std::optional<RestWindow>& window,
                                             ResolvedAuth auth);

}  // namespace ntmd::connectors
