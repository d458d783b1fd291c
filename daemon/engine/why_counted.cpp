#include "daemon/engine/why_counted.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <set>

#include "daemon/engine/last_verdicts.h"

namespace ntmd::engine {
namespace {

using store::DeliveryHead;
using store::Standing;
using store::Touch;
using store::Toucher;

bool newer(const DeliveryHead& a, const DeliveryHead& b) {
  return a.dated != b.dated ? a.dated > b.dated : store::later_of_part(a, b);
}

class Why {
 public:
  Why(const Setup& setup, store::Store& store, model::ElementId element) : store_(store) {
    for (const auto& plan : setup.plans) {
      if (std::ranges::find(plan->counted, element) != plan->counted.end()) configured_.insert(plan->id);
    }
  }

  base::Status read_last_pass() {
    const auto frame = last_frame(store_);
    if (!frame) return std::unexpected(frame.error());
    if (*frame) {
      for (const auto& source : (*frame)->sources) configured_then_.insert(source.id);
    }
    const auto revision = store_.get_meta("assessed_revision");
    if (!revision) return std::unexpected(revision.error());
    if (*revision) std::from_chars((*revision)->data(), (*revision)->data() + (*revision)->size(), assessed_);
    return {};
  }

  base::Result<std::map<model::Revision, Touchers>> run(std::span<const DeliveryHead> known,
                                                        std::span<const model::Revision> before,
                                                        std::span<const model::Revision> now) {
    std::vector<model::Revision> left;
    std::vector<model::Revision> entered;
    std::ranges::set_difference(before, now, std::back_inserter(left));
    std::ranges::set_difference(now, before, std::back_inserter(entered));
    for (const auto& head : known) heads_.emplace(head.revision, head);
    if (std::ranges::any_of(left, [&](auto revision) { return !heads_.contains(revision); })) {
      const auto all = store_.deliveries();  // of a source that is configured no more
      if (!all) return std::unexpected(all.error());
      for (const auto& head : *all) heads_.emplace(head.revision, head);
    }
    for (const auto revision : left) {
      const auto& head = heads_.at(revision);
      if (head.standing != Standing::in_force) taken_out_[head.source].push_back(&head);
    }
    std::map<model::Revision, Touchers> why;
    std::map<std::string, Touchers> of_entered;
    for (const auto revision : entered) {
      const auto& head = heads_.at(revision);
      why[revision] = why_entered(head);
      unite(of_entered[head.source], why[revision]);
    }
    for (const auto revision : left) {
      const auto& head = heads_.at(revision);
      if (head.standing != Standing::in_force) {
        why[revision] = {{head.id, Touch::retracted}};
      } else if (!configured_.contains(head.source)) {
        why[revision] = {{head.id, Touch::configured}};
      } else if (const auto& newer_ones = of_entered[head.source]; !newer_ones.empty()) {
        why[revision] = newer_ones;
      } else {
        why[revision] = {{head.id, Touch::loaded}};
      }
    }
    return why;
  }

 private:
  [[nodiscard]] Touchers why_entered(const DeliveryHead& head) {
    Touchers freed;
    for (const auto* gone : taken_out_[head.source]) {
      if (newer(*gone, head)) freed.push_back({gone->id, Touch::retracted});
    }
    if (!freed.empty()) return freed;
    const bool was_there = head.revision <= assessed_;
    if (was_there && !configured_then_.contains(head.source)) return {{head.id, Touch::configured}};
    return {{head.id, head.outcome == store::Outcome::held ? Touch::accepted : Touch::loaded}};
  }

  store::Store& store_;
  std::set<std::string> configured_;
  std::set<std::string> configured_then_;
  model::Revision assessed_ = 0;
  std::map<model::Revision, DeliveryHead> heads_;
  std::map<std::string, std::vector<const DeliveryHead*>> taken_out_;  // by source
};

}  // namespace

base::Result<std::map<model::Revision, Touchers>> why_counted(const Setup& setup, store::Store& store,
                                                              model::ElementId element,
                                                              std::span<const store::DeliveryHead> known,
                                                              std::span<const model::Revision> before,
                                                              std::span<const model::Revision> now) {
  Why why(setup, store, element);
  if (auto read = why.read_last_pass(); !read) return std::unexpected(read.error());
  return why.run(known, before, now);
}

void unite(Touchers& into, const Touchers& more) {
  for (const auto& each : more) {
    if (std::ranges::find(into, each) == into.end()) into.push_back(each);
  }
}

}  // namespace ntmd::engine
