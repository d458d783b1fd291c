#include "daemon/engine/published_head.h"

#include <charconv>

#include <fmt/format.h>

#include "connectors/codec/json_value.h"
#include "daemon/base/json_writer.h"

namespace ntmd::engine {
namespace {

constexpr std::string_view kName = "chain.json";
constexpr std::uint64_t kMaxBytes = 4096;
constexpr std::uint32_t kMode = 0644;

}  // namespace

base::Status publish_head(base::Files& files, const base::Path& publish_dir, const store::ChainHead& head) {
  base::JsonWriter json;
  json.begin_object().field("seq", head.seq).field("hash", head.hash).end_object();
  const auto path = publish_dir / kName;
  if (const auto now = files.read_all(path, kMaxBytes); now && *now == json.str()) return {};
  auto draft = files.replace(path, kMode, base::Lasting::synced);
  if (!draft) return std::unexpected(draft.error());
  if (auto written = (*draft)->write(json.str()); !written) return written;
  return (*draft)->commit();
}

base::Result<std::optional<store::ChainHead>> read_published_head(base::Files& files, const base::Path& publish_dir) {
  const auto path = publish_dir / kName;
  const auto text = files.read_all(path, kMaxBytes);
  if (!text && text.error().fault == base::Fault::gone) return std::nullopt;
  if (!text) return std::unexpected(text.error());
  const auto json = connectors::parse_json(*text);
  if (!json) return base::fail_within(path.string(), json);
  const auto* seq = json->find("seq");
  const auto* hash = json->find("hash");
  store::ChainHead head;
  const bool whole = seq != nullptr && hash != nullptr &&
                     std::from_chars(seq->text.data(), seq->text.data() + seq->text.size(), head.seq).ec == std::errc{};
  if (!whole)
    return base::fail(base::Fault::bad_data, fmt::format("{}: is no chain head, expected seq and hash", path.string()));
  head.hash = hash->text;
  return head;
}

}  // namespace ntmd::engine
