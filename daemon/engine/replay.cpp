#include "daemon/engine/replay.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

namespace ntmd::engine {

base::Result<store::StagedDelivery> stage_again(const Setup& setup, Spool& spool,
                                                const connectors::Pseudonyms& pseudonyms,
                                                const store::DeliveryHead& head, model::Day today) {
  const auto plan = std::ranges::find(setup.plans, head.source, [](const auto& each) { return each->id; });
  if (plan == setup.plans.end()) {
    return base::fail(base::Fault::gone, fmt::format("delivery {}: its source {} is configured no more, expected it in "
                                                     "the sources folder",
                                                     head.id, head.source));
  }
  std::optional<Pipeline> pipeline;
  SpoolPlayer player;
  player.arrival = [&](Arrival arrival) -> base::Status {
    arrival.today = today;
    pipeline.emplace(*plan, *setup.units, *setup.sources, pseudonyms, std::move(arrival),
                     Workshop{.open_scratch = spool.scratch()});
    return {};
  };
  // Copies begin with their arrival: the reader would have found them damaged.
  player.next_document = [&](auto context) { return pipeline->next_document(context); };
  player.feed = [&](std::string_view bytes) { return pipeline->feed(bytes); };
  if (auto played = spool.play({head.run, head.part}, player); !played) {
    if (played.error().fault != base::Fault::gone) return base::fail_within(head.id, played);
    return base::fail(
        base::Fault::gone,
        fmt::format("delivery {}: no copy of it is kept, expected a source with spool: copy and a delivery "
                    "that is not older than spool_keep",
                    head.id));
  }
  if (!pipeline) return base::fail(base::Fault::bad_data, fmt::format("delivery {}: its copy is empty", head.id));
  return pipeline->finish();
}

}  // namespace ntmd::engine
