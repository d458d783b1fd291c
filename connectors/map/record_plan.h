#pragma once
// A connector's decode, map, check and load, compiled once per source.

namespace ntmd::connectors {

struct RecordPlan;

}  // namespace ntmd::connectors
