#include "daemon/engine/chain_check.h"

#include <fmt/format.h>

#include "daemon/base/digest.h"
#include "daemon/engine/published_head.h"

namespace ntmd::engine {
namespace {

constexpr std::uint64_t kLookedAt = 2000;

}  // namespace

base::Result<std::optional<std::string>> chain_fault(store::Store& store, base::Files& files,
                                                     const base::Path& publish_dir) {
  const auto head = store.chain_head();
  if (!head) return std::unexpected(head.error());
  std::optional<std::string> fault;
  const auto note = [&](std::string text) {
    if (!fault) fault = std::move(text);
  };
  store::ChainHead last;
  const auto from = head->seq > kLookedAt ? head->seq - kLookedAt + 1 : 1;
  const auto read = store.read_decisions(from, [&](const store::DecisionRow& row) -> base::Status {
    if (last.seq == 0 && from > 1) last = {row.seq - 1, row.prev_hash};
    if (row.seq != last.seq + 1 || row.prev_hash != last.hash)
      note(fmt::format("decision {} does not follow decision {}", row.seq, last.seq));
    if (row.hash != base::sha256_hex(row.prev_hash + row.body)) note(fmt::format("decision {} was edited", row.seq));
    last = {row.seq, row.hash};
    return {};
  });
  if (!read) return std::unexpected(read.error());
  if (last.seq != head->seq || last.hash != head->hash)
    note(fmt::format("it ends at decision {}, its head names {}", last.seq, head->seq));

  const auto published = read_published_head(files, publish_dir);
  if (!published && published.error().fault == base::Fault::bad_data) {
    note("the published head cannot be read");
  } else if (!published) {
    return std::unexpected(published.error());
  } else if (*published && (*published)->seq > head->seq) {
    note(fmt::format("decision {} was published, the store ends at {}", (*published)->seq, head->seq));
  } else if (*published && (*published)->seq > 0) {
    const auto row = store.decision((*published)->seq);
    if (!row) return std::unexpected(row.error());
    if (!*row || (*row)->hash != (*published)->hash)
      note(fmt::format("decision {} has another hash than was published", (*published)->seq));
  }
  return fault;
}

}  // namespace ntmd::engine
