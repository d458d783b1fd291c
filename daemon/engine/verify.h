#pragma once
// `ntmd verify`: the store is sound, the chain of decisions is whole, every decision judged again gives the same
// answer, and so does the last assessed day, judged again from the store.

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/engine/setup.h"
#include "daemon/store/store.h"

namespace ntmd::engine {

struct VerifyReport {
  std::uint64_t decisions = 0;
  std::uint64_t judged_again = 0;        ///< subjects of the last pass, units and groups, under a criteria set
  std::uint64_t unwitnessed = 0;         ///< deliveries without a digest: of an ntmd that kept none
  std::vector<std::string> notes;        ///< what could not be looked at, and why
  std::vector<std::string> differences;  ///< one line each; empty: all holds
};

/// Reads only. The last day is judged under the criteria and limits of its own pass; what changed since and waits for
/// the next is left out. `published_head` is the chain's head as it was published outside (status.json); empty: not
/// compared.
base::Result<VerifyReport> verify(const Setup& setup, store::Store& store, const store::ChainHead* published_head);

}  // namespace ntmd::engine
