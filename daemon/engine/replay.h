#pragma once
// A delivery's kept bytes run again through today's connector.

#include "connectors/map/pseudonym.h"
#include "daemon/engine/setup.h"
#include "daemon/engine/spool.h"
#include "daemon/store/delivery.h"

namespace ntmd::engine {

/// What the kept bytes of `head` give now: same source, partition, part and time of receipt. `gone` when no copy is
/// kept or the source is configured no more.
base::Result<store::StagedDelivery> stage_again(const Setup& setup, Spool& spool,
                                                const connectors::Pseudonyms& pseudonyms,
                                                const store::DeliveryHead& head, model::Day today);

}  // namespace ntmd::engine
