#include "daemon/engine/stage.h"

namespace ntmd::engine {
namespace {

using connectors::FieldId;
using connectors::RecordBatch;
using connectors::RowState;

/// A register of documents: each delivery is the whole truth of its source.
class EvidenceStage final : public Stage {
 public:
  EvidenceStage(const StageContext& context, const connectors::EvidenceLoad& load) : context_(context), load_(load) {}

  base::Status add(const RecordBatch& batch, connectors::Quarantine&) override {
    for (std::size_t row = 0; row < batch.rows; ++row) {
      ++row_;
      if (batch.state[row] == RowState::filtered || batch.state[row] == RowState::skipped) ++filtered;
      if (batch.state[row] != RowState::good) continue;
      ++loaded;
      const auto has = [&](const std::optional<FieldId>& field) {
        return field && batch.fields[*field].present[row] != 0;
      };
      auto& record = records_.emplace_back();
      record.unit = context_.units.code(batch.fields[load_.unit].unit[row]);
      record.indicator = batch.fields[load_.indicator].text[row];
      record.kind = load_.kinds[batch.fields[load_.kind].code[row]];
      record.issued_on = batch.fields[load_.issued_on].day[row];
      record.issuer = batch.fields[load_.issuer].text[row];
      record.state = load_.states[batch.fields[load_.state].code[row]];
      if (has(load_.number)) record.number = batch.fields[*load_.number].text[row];
      if (has(load_.valid_to)) record.valid_to = batch.fields[*load_.valid_to].day[row];
      if (has(load_.confirmed_value)) record.confirmed_value = batch.fields[*load_.confirmed_value].number[row];
      if (has(load_.sha256)) record.sha256 = batch.fields[*load_.sha256].text[row];
      record.source = context_.source;
      record.row = row_;
      if (record.issued_on > context_.variables.today) later.add(batch.raw->line[row]);
    }
    return {};
  }

  void finish(store::StagedDelivery& delivery) override {
    delivery.head.kind = store::LoadKind::evidence;
    delivery.head.partition = delivery.head.source;
    delivery.evidence = std::move(records_);
  }

 private:
  const StageContext context_;
  const connectors::EvidenceLoad& load_;
  std::uint32_t row_ = 0;
  std::vector<model::Evidence> records_;
};

}  // namespace

std::unique_ptr<Stage> make_evidence_stage(const StageContext& context, const connectors::EvidenceLoad& load) {
  return std::make_unique<EvidenceStage>(context, load);
}

}  // namespace ntmd::engine
