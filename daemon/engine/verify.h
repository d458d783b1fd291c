#pragma once
// `ntmd verify`: the store is sound, the chain of decisions is whole, and every decision judged again gives the same
// answer.

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/model/element.h"
#include "daemon/store/store.h"

namespace ntmd::engine {

struct VerifyReport {
  std::uint64_t decisions = 0;
  std::vector<std::string> differences;  ///< one line each; empty: all holds
};

/// Reads only. `published_head` is the chain's head as it was published outside (status.json); empty: not compared.
base::Result<VerifyReport> verify(store::Store& store, const model::ElementTable& elements,
                                  const store::ChainHead* published_head);

}  // namespace ntmd::engine
