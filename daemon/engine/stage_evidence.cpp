#include <fmt/format.h>

#include "daemon/base/personal.h"
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

  base::Status add(const RecordBatch& batch, connectors::Quarantine& quarantine) override {
    for (std::size_t row = 0; row < batch.rows; ++row) {
      ++row_;
      if (batch.state[row] == RowState::filtered || batch.state[row] == RowState::skipped) ++filtered;
      if (batch.state[row] != RowState::good) continue;
      if (refuse_personal(batch, row, quarantine)) continue;
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
  /// What is kept as it stands must hold no number of a person. Whether the row was refused for one.
  bool refuse_personal(const RecordBatch& batch, std::size_t row, connectors::Quarantine& quarantine) const {
    for (const auto& field :
         {std::optional(load_.indicator), load_.number, std::optional(load_.issuer), load_.sha256}) {
      if (!field || batch.fields[*field].present[row] == 0) continue;
      const auto text = batch.fields[*field].text[row];
      if (is_sha256(text) || !base::holds_citizen_number(text)) continue;
      const auto& column = context_.plan.fields[*field].column;
      quarantine.add(batch.raw->line[row], batch.raw->byte[row], column, "personal",
                     fmt::format("column \"{}\" holds 12 digits like a citizen number, expected none; what names a "
                                 "person is not kept",
                                 column),
                     text);
      return true;
    }
    return false;
  }
  static bool is_sha256(std::string_view text) {
    return text.size() == 64 && text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
  }

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
