#include "daemon/engine/told_otherwise.h"

namespace ntmd::engine {

bool numbered_otherwise(const rules::Operand& a, const rules::Operand& b) {
  return a.value != b.value || a.missing != b.missing || a.jumped != b.jumped || a.added_from != b.added_from;
}

bool dated_otherwise(const rules::Operand& a, const rules::Operand& b) {
  return a.source != b.source || a.period != b.period;
}

bool told_otherwise(const rules::Record& a, const rules::Record& b) {
  if (!a || !b) return a.has_value() != b.has_value();
  return a->number != b->number || a->issued_on != b->issued_on || a->issuer != b->issuer ||
         a->valid_to != b->valid_to || a->state != b->state || a->confirmed_value != b->confirmed_value ||
         a->sha256 != b->sha256;
}

bool told_otherwise(const rules::GroupFinding& a, const rules::GroupFinding& b) {
  return a.met != b.met || a.open != b.open || a.of != b.of || a.word != b.word;
}

}  // namespace ntmd::engine
