#include <catch2/catch.hpp>

#include "daemon/base/secret.h"
#include "tests/unit/base/temp_folder.h"

using namespace ntmd::base;
using ntmd::test::TempFolder;

TEST_CASE("a secret file that group or others can reach is refused with the way to mend it") {
  const TempFolder folder;
  const auto files = make_system_files();
  const SecretFolder secrets(*files, folder.path());
  for (const mode_t mode : {0640U, 0604U, 0660U, 0666U, 0610U}) {
    folder.put("portal", "s3cr3t\n", mode);
    const auto read = secrets.read("portal");
    REQUIRE_FALSE(read);
    CHECK(read.error().fault == Fault::bad_config);
    CHECK_THAT(read.error().what, Catch::Contains("chmod 600") && Catch::Contains("portal"));
    CHECK_THAT(read.error().what, !Catch::Contains("s3cr3t"));
  }
  for (const mode_t mode : {0600U, 0400U}) {
    folder.put("fine", "s3cr3t", mode);
    CHECK(secrets.read("fine").value().reveal() == "s3cr3t");
  }
}

TEST_CASE("one trailing newline is not part of a secret, a second one is") {
  const TempFolder folder;
  const auto files = make_system_files();
  const SecretFolder secrets(*files, folder.path());
  const auto value = [&](std::string_view bytes) {
    folder.put("key", bytes, 0600);
    return std::string(secrets.read("key").value().reveal());
  };
  CHECK(value("abc") == "abc");
  CHECK(value("abc\n") == "abc");
  CHECK(value("abc\r\n") == "abc");
  CHECK(value("abc\n\n") == "abc\n");
  CHECK(value("abc\r") == "abc\r");
  CHECK(value("\n").empty());
  CHECK(value(std::string_view("a\0b\n", 4)) == std::string("a\0b", 3));
}

TEST_CASE("a secret's name cannot lead out of the folder") {
  const TempFolder folder;
  const auto files = make_system_files();
  folder.put("outside", "x", 0600);
  REQUIRE(files->make_folders(folder / "secrets", 0700));
  const SecretFolder secrets(*files, folder / "secrets");
  for (const auto* name : {"", ".", "..", "../outside", "a/b", "a b", "a\nb"}) {
    const auto read = secrets.read(name);
    REQUIRE_FALSE(read);
    CHECK(read.error().fault == Fault::bad_config);
  }
}

TEST_CASE("a secret that has no file is gone, a link or an oversized file is refused") {
  const TempFolder folder;
  const auto files = make_system_files();
  const SecretFolder secrets(*files, folder.path());
  CHECK(secrets.read("none").error().fault == Fault::gone);
  std::filesystem::create_symlink(folder.put("real", "x", 0600), folder / "link");
  CHECK(secrets.read("link").error().fault == Fault::bad_data);
  folder.put("large", std::string(70'000, 'x'), 0600);
  CHECK(secrets.read("large").error().fault == Fault::bad_config);
}

TEST_CASE("a secret can be copied and moved, and what was moved from is empty") {
  Secret first(std::string("short"));
  Secret second(first);
  const Secret third(std::move(first));
  CHECK(third.reveal() == "short");
  CHECK(first.empty());  // NOLINT(bugprone-use-after-move): that is the promise under test
  second = Secret(std::string(100, 'k'));
  CHECK(second.reveal().size() == 100);
  second = third;
  CHECK(second.reveal() == "short");
}
