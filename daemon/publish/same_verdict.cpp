#include "daemon/publish/same_verdict.h"

#include <algorithm>
#include <vector>

namespace ntmd::publish {
namespace {

// Structured bindings must name every member, so the compiler notices a member that is left out.

template <class T, class Same>
bool all_same(const std::vector<T>& a, const std::vector<T>& b, Same same_one) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same_one);
}

bool same(const model::Evidence& a, const model::Evidence& b) {
  const auto& [unit1, indicator1, kind1, number1, issued1, issuer1, valid1, state1, confirmed1, sha1, source1,
               revision1, row1, recorded1] = a;
  const auto& [unit2, indicator2, kind2, number2, issued2, issuer2, valid2, state2, confirmed2, sha2, source2,
               revision2, row2, recorded2] = b;
  return revision1 == revision2 && row1 == row2 && kind1 == kind2 && state1 == state2 && issued1 == issued2 &&
         valid1 == valid2 && confirmed1 == confirmed2 && source1 == source2 && recorded1 == recorded2 &&
         unit1 == unit2 && number1 == number2 && indicator1 == indicator2 && issuer1 == issuer2 && sha1 == sha2;
}

bool same(const rules::Record& a, const rules::Record& b) {
  return a.has_value() == b.has_value() && (!a || &*a == &*b || same(*a, *b));
}

bool same(const rules::EvidenceFinding& a, const rules::EvidenceFinding& b) {
  const auto& [kind1, record1] = a;
  const auto& [kind2, record2] = b;
  return kind1 == kind2 && same(record1, record2);
}

bool same(const rules::Operand& a, const rules::Operand& b) {
  const auto& [element1, name1, value1, missing1, source1, period1, flow1, age1, limit1, stale1, disputed1, jumped1,
               previous1, deliveries1, added1] = a;
  const auto& [element2, name2, value2, missing2, source2, period2, flow2, age2, limit2, stale2, disputed2, jumped2,
               previous2, deliveries2, added2] = b;
  return element1 == element2 && value1 == value2 && missing1 == missing2 && period1 == period2 && flow1 == flow2 &&
         age1 == age2 && limit1 == limit2 && stale1 == stale2 && disputed1 == disputed2 && jumped1 == jumped2 &&
         previous1 == previous2 && deliveries1 == deliveries2 && added1 == added2 && source1 == source2 &&
         name1 == name2;
}

bool same(const rules::GroupFinding& a, const rules::GroupFinding& b) {
  const auto& [met1, open1, of1, word1] = a;
  const auto& [met2, open2, of2, word2] = b;
  return met1 == met2 && open1 == open2 && of1 == of2 && word1 == word2;
}

bool same(const rules::IndicatorVerdict& a, const rules::IndicatorVerdict& b) {
  const auto& [rule1, state1, measured1, official1, numerator1, denominator1, percent1, threshold1, gap1, slack1, last1,
               reasons1, flags1, operands1, evidence1, exemption1, group1, decision1] = a;
  const auto& [rule2, state2, measured2, official2, numerator2, denominator2, percent2, threshold2, gap2, slack2, last2,
               reasons2, flags2, operands2, evidence2, exemption2, group2, decision2] = b;
  return rule1 == rule2 && state1 == state2 && measured1 == measured2 && official1 == official2 &&
         numerator1 == numerator2 && denominator1 == denominator2 && gap1 == gap2 && slack1 == slack2 &&
         last1 == last2 && decision1 == decision2 && reasons1 == reasons2 && flags1 == flags2 && percent1 == percent2 &&
         threshold1 == threshold2 &&
         all_same(operands1, operands2, [](const auto& x, const auto& y) { return same(x, y); }) &&
         all_same(evidence1, evidence2, [](const auto& x, const auto& y) { return same(x, y); }) &&
         same(exemption1, exemption2) &&
         all_same(group1, group2, [](const auto& x, const auto& y) { return same(x, y); });
}

bool same(const rules::Tally& a, const rules::Tally& b) {
  const auto& [met1, possible1, of1] = a;
  const auto& [met2, possible2, of2] = b;
  return met1 == met2 && possible1 == possible2 && of1 == of2;
}

bool same(const rules::PillarVerdict& a, const rules::PillarVerdict& b) {
  const auto& [rule1, state1, measured1, official1, tally1, deciding1] = a;
  const auto& [rule2, state2, measured2, official2, tally2, deciding2] = b;
  return rule1 == rule2 && state1 == state2 && measured1 == measured2 && official1 == official2 &&
         same(tally1, tally2) && deciding1 == deciding2;
}

}  // namespace

bool same_verdict(const rules::UnitVerdict& a, const rules::UnitVerdict& b) {
  if (&a == &b) return true;
  const auto& [unit1, criteria1, state1, measured1, official1, tally1, deciding1, pillars1, indicators1] = a;
  const auto& [unit2, criteria2, state2, measured2, official2, tally2, deciding2, pillars2, indicators2] = b;
  return unit1 == unit2 && criteria1 == criteria2 && state1 == state2 && measured1 == measured2 &&
         official1 == official2 && same(tally1, tally2) && deciding1 == deciding2 &&
         all_same(pillars1, pillars2, [](const auto& x, const auto& y) { return same(x, y); }) &&
         all_same(indicators1, indicators2, [](const auto& x, const auto& y) { return same(x, y); });
}

}  // namespace ntmd::publish
