#include "connectors/rest/resolve_auth.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "tests/unit/base/temp_folder.h"

namespace ntmd::connectors {
namespace {

using test::TempFolder;

AuthSpec spec_of(AuthKind kind) {
  AuthSpec spec;
  spec.kind = kind;
  spec.user = "u";
  spec.client_id = "c";
  spec.secret = settings::SecretName{"key", {}};
  return spec;
}

struct Folder {
  base::Result<ResolvedAuth> resolve(AuthKind kind) const {
    return resolve_auth(spec_of(kind), base::SecretFolder(*files, folder.path()), clock);
  }
  TempFolder folder;
  std::unique_ptr<base::Files> files = base::make_system_files();
  base::ManualClock clock{base::Instant{}};
};

TEST_CASE("A login gets its secret, and OAuth2 a place for its token") {
  const Folder at;
  at.folder.put("key", "t0k\n", 0600);
  CHECK(at.resolve(AuthKind::bearer)->secret.reveal() == "t0k");
  CHECK_FALSE(at.resolve(AuthKind::basic)->cache);
  CHECK(at.resolve(AuthKind::oauth2_client_credentials)->cache);
}

TEST_CASE("Without a login no secret is read") {
  const Folder at;
  CHECK(at.resolve(AuthKind::none));
}

TEST_CASE("A secret that is missing, loose, empty or several lines is refused by name, not by value") {
  const Folder at;
  CHECK(at.resolve(AuthKind::bearer).error().what.find("key") != std::string::npos);
  at.folder.put("key", "t0k", 0644);
  CHECK(at.resolve(AuthKind::bearer).error().fault == base::Fault::bad_config);
  for (const auto* bytes : {"", "\n", "t0k\r\nX: 1", "t0k\n\n", "t0k\x7f"}) {
    at.folder.put("key", bytes, 0600);
    const auto refused = at.resolve(AuthKind::basic);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().fault == base::Fault::bad_config);
    CHECK(refused.error().what.find("\"key\"") != std::string::npos);
    CHECK(refused.error().what.find("t0k") == std::string::npos);
  }
}

}  // namespace
}  // namespace ntmd::connectors
