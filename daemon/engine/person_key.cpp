#include "daemon/engine/person_key.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "daemon/base/digest.h"
#include "daemon/base/log.h"
#include "daemon/base/secret.h"

namespace ntmd::engine {
namespace {

using store::KeyState;
using store::PersonKeyRow;

constexpr std::string_view kName = "person_key";
constexpr std::string_view kCheckText = "ntmd person key check";
/// Of a key that is given; 12 digits are tried through under a shorter one.
constexpr std::size_t kShortest = 16;

/// Any text is a key: 16 bytes are drawn from it.
connectors::PersonKey derive(const base::Secret& secret, std::uint32_t id) {
  const auto digest = base::hmac_sha256(secret.reveal(), "ntmd person hash");
  connectors::PersonKey key;
  key.id = id;
  std::copy_n(digest.begin(), key.key.size(), key.key.begin());
  return key;
}

std::string check_value(const base::Secret& secret) {
  return base::to_hex(base::hmac_sha256(secret.reveal(), kCheckText));
}

base::Result<base::Secret> mint(base::Files& files, const base::Path& path) {
  const auto text = base::to_hex(base::sha256(base::random_bytes(32)));
  auto draft = files.replace(path, 0600, base::Lasting::synced);
  if (!draft) return base::fail_within("person key", draft);
  if (auto done = (*draft)->write(text); !done) return base::fail_within("person key", done);
  if (auto done = (*draft)->commit(); !done) return base::fail_within("person key", done);
  base::log::warn(
      "person_key.made", {{"file", path.string()}},
      "made a key for the person hashes; keep it safe and out of backups: without it the store cannot be used");
  return base::Secret(text);
}

std::vector<base::Path> folders(const Config& config) {
  std::vector<base::Path> all;
  if (!config.secrets_dir.empty()) all.push_back(config.secrets_dir);
  all.push_back(config.data_dir);
  return all;
}

base::Error empty(std::uint32_t id, std::string_view name) {
  return {base::Fault::bad_config,
          fmt::format("person key {}: the secret \"{}\" is empty, expected at least one byte", id, name)};
}

/// `gone` when there is none.
base::Result<base::Secret> look_for(base::Files& files, const Config& config, std::string_view name, std::uint32_t id) {
  base::Result<base::Secret> secret = base::fail(base::Fault::gone, "not looked for");
  for (const auto& folder : folders(config)) {
    secret = base::SecretFolder(files, folder).read(name);
    if (secret || secret.error().fault != base::Fault::gone) break;
  }
  if (!secret && secret.error().fault != base::Fault::gone) return base::fail_within("person key", secret);
  if (secret && secret->empty()) return std::unexpected(empty(id, name));
  return secret;
}

base::Error lost(const Config& config, std::uint32_t id, std::string_view name, bool comes) {
  const auto where = config.secrets_dir.empty() ? "secrets_dir" : config.secrets_dir.string();
  const auto expected =
      fmt::format("expected the secret \"{}\" in {} or {}", name, where, (config.data_dir / name).string());
  if (comes) {
    return {
        base::Fault::bad_config,
        fmt::format("person key {}: the key that is to replace the one in force is no longer there, {}; put it back, "
                    "or keep the one in force: ntmd rotate-key --cancel --reason … (nobody is counted by the new one "
                    "yet)",
                    id, expected)};
  }
  return {base::Fault::bad_config, fmt::format("person key {}: the store was made with a key that is no longer there, "
                                               "{}; put the key back (a new one would count everybody twice)",
                                               id, expected)};
}

base::Error differs(std::uint32_t id, bool comes) {
  return {base::Fault::bad_config,
          fmt::format("person key {}: differs from the key that {}, expected the same; put the {} back{}", id,
                      comes ? "was given to replace the old one" : "this store was made with",
                      comes ? "one that was given" : "old key",
                      comes ? ", or keep the one in force: ntmd rotate-key --cancel --reason …"
                            : "; ntmd rotate-key replaces a key")};
}

/// The secret of a key that the store knows.
base::Result<connectors::PersonKey> key_of(base::Files& files, const Config& config, const PersonKeyRow& row) {
  const bool comes = row.state == KeyState::incoming;
  std::optional<base::Error> other;
  for (const auto name : {std::string_view(row.secret), kName}) {
    for (const auto& folder : folders(config)) {
      const auto secret = base::SecretFolder(files, folder).read(name);
      if (!secret && secret.error().fault != base::Fault::gone) return base::fail_within("person key", secret);
      if (!secret) continue;
      if (check_value(*secret) == row.check_value) return derive(*secret, row.id);
      if (other || name != row.secret) continue;
      other = secret->empty() && !comes ? empty(row.id, name) : differs(row.id, comes);
    }
  }
  if (other) return std::unexpected(*other);
  return std::unexpected(lost(config, row.id, row.secret, comes));
}

const PersonKeyRow* in_state(const std::vector<PersonKeyRow>& rows, KeyState state) {
  const auto row = std::ranges::find(rows, state, &PersonKeyRow::state);
  return row == rows.end() ? nullptr : &*row;
}

bool has(const std::vector<PersonKeyRow>& rows, std::uint32_t id) {
  return std::ranges::find(rows, id, &PersonKeyRow::id) != rows.end();
}

/// What the store says of its keys.
struct Known {
  std::vector<PersonKeyRow> rows;
  std::optional<std::string> check;  ///< of the configured id, in a store of before rotation
  /// The configured id is one of the store's.
  [[nodiscard]] bool settled(const Config& config) const {
    return in_state(rows, KeyState::in_force) != nullptr && has(rows, config.person_key_id);
  }
};

base::Result<Known> read_known(const Config& config, store::Store& store) {
  Known known;
  auto rows = store.person_keys();
  if (!rows) return base::fail_within("person key", rows);
  known.rows = std::move(*rows);
  auto check = store.get_meta(fmt::format("key_check.{}", config.person_key_id));
  if (!check) return base::fail_within("person key", check);
  if (known.rows.empty()) known.check = std::move(*check);
  return known;
}

base::Result<connectors::Pseudonyms> settled_keys(base::Files& files, const Config& config, const Known& known) {
  auto key = key_of(files, config, *in_state(known.rows, KeyState::in_force));
  if (!key) return std::unexpected(key.error());
  const auto* row = in_state(known.rows, KeyState::incoming);
  if (row == nullptr) return connectors::Pseudonyms(*key);
  auto incoming = key_of(files, config, *row);
  if (!incoming) return std::unexpected(incoming.error());
  return connectors::Pseudonyms(*key, *incoming);
}

/// The secret `person_key` under an id that the store does not know; `gone` when there is none.
base::Result<base::Secret> unsettled_secret(base::Files& files, const Config& config, const Known& known) {
  const auto id = config.person_key_id;
  if (in_state(known.rows, KeyState::incoming) != nullptr) {
    return base::fail(
        base::Fault::bad_config,
        fmt::format("person key {}: person_key_id was changed while another key is on its way, expected it "
                    "as it was; put it back",
                    id));
  }
  auto secret = look_for(files, config, kName, id);
  if (!secret && secret.error().fault == base::Fault::gone) {
    if (known.check || !known.rows.empty()) return std::unexpected(lost(config, id, kName, false));
    return secret;
  }
  if (!secret) return secret;
  const auto value = check_value(*secret);
  if (known.check && *known.check != value) return std::unexpected(differs(id, false));
  const auto same = std::ranges::find(known.rows, value, &PersonKeyRow::check_value);
  if (same != known.rows.end()) {
    return base::fail(base::Fault::bad_config, fmt::format("person key {}: is key {} of this store, expected "
                                                           "person_key_id: {}; put it back",
                                                           id, same->id, same->id));
  }
  return secret;
}

}  // namespace

base::Result<connectors::Pseudonyms> open_person_key(base::Files& files, const Config& config, store::Store& store) {
  const auto known = read_known(config, store);
  if (!known) return std::unexpected(known.error());
  if (known->settled(config)) return settled_keys(files, config, *known);
  auto secret = unsettled_secret(files, config, *known);
  if (!secret && secret.error().fault == base::Fault::gone) secret = mint(files, config.data_dir / kName);
  if (!secret) return std::unexpected(secret.error());
  PersonKeyRow row;
  row.id = config.person_key_id;
  row.secret = kName;
  row.check_value = check_value(*secret);
  row.reason = known->rows.empty() ? "the first" : "person_key_id was changed";
  if (auto added = store.add_person_key(row); !added) return base::fail_within("person key", added);
  return connectors::Pseudonyms(derive(*secret, row.id));
}

base::Result<connectors::Pseudonyms> borrow_person_key(base::Files& files, const Config& config, store::Store* store) {
  Known known;
  if (store != nullptr) {
    auto found = read_known(config, *store);
    if (!found) return std::unexpected(found.error());
    known = std::move(*found);
  }
  if (known.settled(config)) {
    const auto keys = settled_keys(files, config, known);
    if (!keys) return std::unexpected(keys.error());
    return connectors::Pseudonyms(keys->key());
  }
  auto secret = unsettled_secret(files, config, known);
  if (!secret && secret.error().fault == base::Fault::gone) secret = base::Secret(base::random_bytes(32));
  if (!secret) return std::unexpected(secret.error());
  return connectors::Pseudonyms(derive(*secret, config.person_key_id));
}

base::Result<std::optional<connectors::Pseudonyms>> find_person_key(base::Files& files, const Config& config,
                                                                    store::Store& store) {
  const auto known = read_known(config, store);
  if (!known) return std::unexpected(known.error());
  if (known->settled(config)) {
    auto keys = settled_keys(files, config, *known);
    if (!keys) return std::unexpected(keys.error());
    return *keys;
  }
  const auto secret = unsettled_secret(files, config, *known);
  if (!secret && secret.error().fault != base::Fault::gone) return std::unexpected(secret.error());
  return std::nullopt;
}

base::Status check_key_in_force(base::Files& files, const Config& config, store::Store& store) {
  const auto rows = store.person_keys();
  if (!rows) return base::fail_within("person key", rows);
  const auto* row = in_state(*rows, KeyState::in_force);
  if (row == nullptr) return {};
  if (const auto key = key_of(files, config, *row); !key) return std::unexpected(key.error());
  return {};
}

base::Result<std::optional<connectors::Pseudonyms>> fit_person_key(const connectors::Pseudonyms& held,
                                                                   store::Store& store) {
  const auto rows = store.person_keys();
  if (!rows) return base::fail_within("person key", rows);
  const auto* in_force = in_state(*rows, KeyState::in_force);
  if (in_force == nullptr) return held;
  const auto have = [&](std::uint32_t id) -> std::optional<connectors::PersonKey> {
    if (held.key_id() == id) return held.key();
    if (held.incoming() && held.incoming()->id == id) return held.incoming();
    return std::nullopt;
  };
  const auto key = have(in_force->id);
  if (!key) return std::nullopt;
  const auto* comes = in_state(*rows, KeyState::incoming);
  if (comes == nullptr) return connectors::Pseudonyms(*key);
  const auto incoming = have(comes->id);
  if (!incoming) return std::nullopt;
  return connectors::Pseudonyms(*key, *incoming);
}

base::Result<std::string> person_key_name(base::Files& files, const Config& config, const std::string& given) {
  const base::Path path(given);
  auto name = path.filename().string();
  const auto all = folders(config);
  const auto where = all.front().string();
  const auto refused = [](std::string what) { return base::fail(base::Fault::bad_config, std::move(what)); };
  if (!base::is_secret_name(name)) {
    return refused(
        fmt::format("--new: is no name for a secret, expected characters of A-Z a-z 0-9 _ . -; give the name of the "
                    "key's file in {}, not the key",
                    where));
  }
  const auto folder = (std::filesystem::absolute(path).parent_path() / "").lexically_normal();
  const auto is_folder = [&](const base::Path& each) { return (each / "").lexically_normal() == folder; };
  if (path.has_parent_path() && std::ranges::none_of(all, is_folder))
    return refused(
        fmt::format("--new: is not where keys are looked for, expected a file in {}; put it there, mode 0600", where));
  const bool hex = name.find_first_not_of("0123456789ABCDEFabcdef") == std::string::npos;
  const bool like_key = name.size() >= (hex ? kShortest : 2 * kShortest);
  const auto is_there = [&](const base::Path& each) { return files.state(each / name).has_value(); };
  if (like_key && std::ranges::none_of(all, is_there))
    return refused(
        fmt::format("--new: names no file in {}, expected one; give the name of the key's file, not the key", where));
  return name;
}

base::Result<NewPersonKey> read_new_person_key(base::Files& files, const Config& config, store::Store& store,
                                               const std::string& name) {
  const auto rows = store.person_keys();
  if (!rows) return base::fail_within("person key", rows);
  NewPersonKey made;
  for (const auto& row : *rows) made.row.id = std::max(made.row.id, row.id);
  ++made.row.id;
  made.row.state = KeyState::incoming;
  made.row.secret = name.empty() ? fmt::format("{}_{}", kName, made.row.id) : name;
  // One that was made for a rotation that did not begin is taken.
  auto secret = name.empty() ? base::SecretFolder(files, config.data_dir).read(made.row.secret)
                             : look_for(files, config, made.row.secret, made.row.id);
  if (name.empty() && !secret && secret.error().fault == base::Fault::gone)
    secret = mint(files, config.data_dir / made.row.secret);
  if (!secret && secret.error().fault == base::Fault::gone) {
    const auto where = config.secrets_dir.empty() ? config.data_dir : config.secrets_dir;
    return base::fail(
        base::Fault::bad_config,
        fmt::format("secret \"{}\": is not there, expected the new key in {}, mode 0600; put it there, or "
                    "have one made with --make",
                    made.row.secret, (where / made.row.secret).string()));
  }
  if (!secret) return std::unexpected(secret.error());
  if (secret->reveal().size() < kShortest) {
    return base::fail(base::Fault::bad_config,
                      fmt::format("secret \"{}\": has {} bytes, expected a key of at least {}; make one with --make or "
                                  "from /dev/urandom",
                                  made.row.secret, secret->reveal().size(), kShortest));
  }
  made.row.check_value = check_value(*secret);
  const auto same = std::ranges::find(*rows, made.row.check_value, &PersonKeyRow::check_value);
  if (same != rows->end()) {
    return base::fail(
        base::Fault::bad_config,
        fmt::format("secret \"{}\": is key {} of this store, which {}, expected a key that it has not seen; give "
                    "another file",
                    made.row.secret, same->id,
                    same->state == KeyState::in_force   ? "is in force"
                    : same->state == KeyState::incoming ? "is on its way already"
                                                        : "was replaced before"));
  }
  made.key = derive(*secret, made.row.id);
  return made;
}

}  // namespace ntmd::engine
