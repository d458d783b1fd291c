#include "daemon/engine/person_key.h"

#include <algorithm>

#include <fmt/format.h>

#include "daemon/base/digest.h"
#include "daemon/base/log.h"
#include "daemon/base/secret.h"

namespace ntmd::engine {
namespace {

constexpr std::string_view kName = "person_key";
constexpr std::string_view kCheckText = "ntmd person key check";

/// Any text is a key: 16 bytes are drawn from it.
base::SipKey derive(const base::Secret& secret) {
  const auto digest = base::hmac_sha256(secret.reveal(), "ntmd person hash");
  base::SipKey key{};
  std::copy_n(digest.begin(), key.size(), key.begin());
  return key;
}

std::string check_value(const base::Secret& secret) {
  return base::to_hex(base::hmac_sha256(secret.reveal(), kCheckText));
}

base::Result<base::Secret> mint(base::Files& files, const base::Path& path) {
  const auto text = base::to_hex(base::sha256(base::random_bytes(32)));
  auto draft = files.replace(path, 0600);
  if (!draft) return base::fail_within("person key", draft);
  if (auto done = (*draft)->write(text); !done) return base::fail_within("person key", done);
  if (auto done = (*draft)->commit(); !done) return base::fail_within("person key", done);
  base::log::warn(
      "person_key.made", {{"file", path.string()}},
      "made a key for the person hashes; keep it safe and out of backups: without it the store cannot be used");
  return base::Secret(text);
}

}  // namespace

base::Result<connectors::Pseudonyms> open_person_key(base::Files& files, const Config& config, store::Store& store) {
  const auto meta_name = fmt::format("key_check.{}", config.person_key_id);
  const auto known = store.get_meta(meta_name);
  if (!known) return base::fail_within("person key", known);

  base::Result<base::Secret> secret = base::fail(base::Fault::gone, "not looked for");
  if (!config.secrets_dir.empty()) secret = base::SecretFolder(files, config.secrets_dir).read(kName);
  if (!secret && secret.error().fault == base::Fault::gone)
    secret = base::SecretFolder(files, config.data_dir).read(kName);
  if (!secret && secret.error().fault != base::Fault::gone) return base::fail_within("person key", secret);
  if (!secret) {
    if (known->has_value()) {
      return base::fail(
          base::Fault::bad_config,
          fmt::format("person key {}: the store was made with a key that is no longer there, expected the secret "
                      "\"person_key\" in "
                      "{} or {}; put the key back (a new one would count everybody twice)",
                      config.person_key_id, config.secrets_dir.empty() ? "secrets_dir" : config.secrets_dir.string(),
                      (config.data_dir / kName).string()));
    }
    secret = mint(files, config.data_dir / kName);
    if (!secret) return std::unexpected(secret.error());
  }
  if (secret->empty()) {
    return base::fail(base::Fault::bad_config,
                      fmt::format("person key {}: the secret \"person_key\" is empty, expected at least one byte",
                                  config.person_key_id));
  }
  const auto check = check_value(*secret);
  if (!known->has_value()) {
    if (auto put = store.put_meta(meta_name, check); !put) return base::fail_within("person key", put);
  } else if (**known != check) {
    return base::fail(base::Fault::bad_config, fmt::format("person key {}: differs from the key that this store was "
                                                           "made with, expected the same; put the old key back or "
                                                           "give the new one another person_key_id",
                                                           config.person_key_id));
  }
  return connectors::Pseudonyms(derive(*secret), config.person_key_id);
}

}  // namespace ntmd::engine
