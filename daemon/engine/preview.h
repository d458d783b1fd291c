#pragma once
// `ntmd sync --dry-run`: what a poll would bring, told without keeping anything of it.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/engine/poller.h"
#include "daemon/engine/setup.h"
#include "daemon/store/delivery.h"

namespace ntmd::engine {

/// All rows of one element, or of one kind of evidence, in a delivery.
struct PreviewGroup {
  std::string what;
  std::uint64_t rows = 0;             ///< figures, or pieces of evidence
  std::uint64_t units = 0;            ///< distinct
  std::optional<std::int64_t> total;  ///< of the values; nullopt for evidence
};

/// One figure or piece of evidence.
struct PreviewRow {
  std::string unit;
  std::string what;
  std::string when;
  std::string value;  ///< of evidence: its state
};

struct PreviewDelivery {
  store::DeliveryHead head;
  bool known = false;  ///< it is in the store already: loading it would change nothing
  std::vector<PreviewGroup> groups;
  std::vector<PreviewRow> sample;             ///< the first few
  std::vector<store::QuarantineRow> refused;  ///< the first few
};

struct Preview {
  store::RunRow run;  ///< without an id: it is not recorded
  std::vector<PreviewDelivery> deliveries;
  std::vector<std::string> refused_files;  ///< that would be refused whole
};

/// Polls like a sync, by the ledger and the cursor of the store where there is one, also beside a running daemon.
/// Nothing is written in data_dir. Without a person key people are hashed with one for this once. The mass-change guard
/// is not asked: a delivery that it would hold is shown as one that would be in force.
base::Result<Preview> preview(const Setup& setup, const World& world, const SourcePlan& plan);

}  // namespace ntmd::engine
