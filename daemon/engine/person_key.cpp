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

std::string meta_name(const Config& config) { return fmt::format("key_check.{}", config.person_key_id); }

/// `gone` when there is none.
base::Result<base::Secret> look_for(base::Files& files, const Config& config) {
  base::Result<base::Secret> secret = base::fail(base::Fault::gone, "not looked for");
  if (!config.secrets_dir.empty()) secret = base::SecretFolder(files, config.secrets_dir).read(kName);
  if (!secret && secret.error().fault == base::Fault::gone)
    secret = base::SecretFolder(files, config.data_dir).read(kName);
  if (!secret && secret.error().fault != base::Fault::gone) return base::fail_within("person key", secret);
  if (secret && secret->empty()) {
    return base::fail(base::Fault::bad_config,
                      fmt::format("person key {}: the secret \"person_key\" is empty, expected at least one byte",
                                  config.person_key_id));
  }
  return secret;
}

base::Error lost(const Config& config) {
  return {base::Fault::bad_config,
          fmt::format("person key {}: the store was made with a key that is no longer there, expected the secret "
                      "\"person_key\" in {} or {}; put the key back (a new one would count everybody twice)",
                      config.person_key_id, config.secrets_dir.empty() ? "secrets_dir" : config.secrets_dir.string(),
                      (config.data_dir / kName).string())};
}

base::Status check_same(const Config& config, const base::Secret& secret, const std::string& known) {
  if (known == check_value(secret)) return {};
  return base::fail(base::Fault::bad_config, fmt::format("person key {}: differs from the key that this store was "
                                                         "made with, expected the same; put the old key back or "
                                                         "give the new one another person_key_id",
                                                         config.person_key_id));
}

}  // namespace

base::Result<connectors::Pseudonyms> open_person_key(base::Files& files, const Config& config, store::Store& store) {
  const auto known = store.get_meta(meta_name(config));
  if (!known) return base::fail_within("person key", known);
  auto secret = look_for(files, config);
  if (!secret && secret.error().fault == base::Fault::gone) {
    if (*known) return std::unexpected(lost(config));
    secret = mint(files, config.data_dir / kName);
  }
  if (!secret) return std::unexpected(secret.error());
  if (*known) {
    if (auto same = check_same(config, *secret, **known); !same) return std::unexpected(same.error());
  } else if (auto put = store.put_meta(meta_name(config), check_value(*secret)); !put) {
    return base::fail_within("person key", put);
  }
  return connectors::Pseudonyms(derive(*secret), config.person_key_id);
}

base::Result<connectors::Pseudonyms> borrow_person_key(base::Files& files, const Config& config, store::Store* store) {
  std::optional<std::string> known;
  if (store != nullptr) {
    auto found = store->get_meta(meta_name(config));
    if (!found) return base::fail_within("person key", found);
    known = std::move(*found);
  }
  auto secret = look_for(files, config);
  if (!secret && secret.error().fault == base::Fault::gone) {
    if (known) return std::unexpected(lost(config));
    secret = base::Secret(base::random_bytes(32));
  }
  if (!secret) return std::unexpected(secret.error());
  if (known) {
    if (auto same = check_same(config, *secret, *known); !same) return std::unexpected(same.error());
  }
  return connectors::Pseudonyms(derive(*secret), config.person_key_id);
}

base::Result<std::optional<connectors::Pseudonyms>> find_person_key(base::Files& files, const Config& config,
                                                                    store::Store& store) {
  const auto known = store.get_meta(meta_name(config));
  if (!known) return base::fail_within("person key", known);
  auto secret = look_for(files, config);
  const bool missing = !secret && secret.error().fault == base::Fault::gone;
  if (missing && known->has_value()) return std::unexpected(lost(config));
  if (!secret && !missing) return std::unexpected(secret.error());
  if (!known->has_value()) return std::nullopt;
  if (auto same = check_same(config, *secret, **known); !same) return std::unexpected(same.error());
  return connectors::Pseudonyms(derive(*secret), config.person_key_id);
}

}  // namespace ntmd::engine
