#pragma once
// Answers on standard output: tables for people, JSON for programs.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/app/options.h"
#include "daemon/app/session.h"
#include "daemon/base/json_writer.h"
#include "daemon/engine/key_rotation.h"
#include "daemon/engine/preview.h"
#include "daemon/publish/snapshot.h"
#include "daemon/publish/words.h"
#include "daemon/store/delivery.h"

namespace ntmd::app {

publish::Language language_of(const Options& options, const engine::Setup& setup);
void print_verdicts(const publish::Snapshot& snapshot, const Options& options, const engine::Setup& setup);
void print_runs(const std::vector<store::RunRow>& runs, const Options& options);
/// One object of a list of runs, or of deliveries.
void write_run(base::JsonWriter& out, const store::RunRow& run);
void write_delivery(base::JsonWriter& out, const store::DeliveryHead& head);
void print_deliveries(const std::vector<store::DeliveryHead>& deliveries, const Options& options);
void print_preview(const engine::Preview& preview, const Options& options);
void print_lines(std::string_view text);
/// Columns in line, header first.
std::string table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows);

/// What became of a delivery that was accepted, retracted or replayed. Exit code.
int print_changed(store::Store& store, const engine::Engine::Changed& changed, const Options& options);

/// How far the replacement of the person key has come; as the store says it, beside a possible owner. Exit code.
int print_rotation(const engine::KeyRotation& rotation, const Options& options);
int print_rotation(Outside& outside, const engine::Setup& setup, const Options& options);

/// Posts a request to the daemon that holds the store and waits for its answer. Exit code.
int ask_daemon(Outside& outside, const Options& options, std::string_view kind, std::string_view argument);

/// Judges from what was recorded by `--known-at`; only prints. Exit code.
int assess_as_known(Outside& outside, const engine::Setup& setup, const Options& options);
/// The verdicts of a day from the store as it is, beside a possible owner; nothing is written. Exit code.
int print_day(Outside& outside, const engine::Setup& setup, const Options& options, model::Day day,
              std::optional<base::Instant> known_at);

}  // namespace ntmd::app
