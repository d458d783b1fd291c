#include <sys/resource.h>
#include <sys/stat.h>

#include <array>
#include <catch2/catch.hpp>
#include <csignal>

#include "daemon/base/files.h"
#include "tests/unit/base/temp_folder.h"

using namespace ntmd::base;
using ntmd::test::bytes_of;
using ntmd::test::TempFolder;

namespace {

/// Files of this process may not grow past a size while this lives: writes get short, then fail.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit tight{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &tight);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int);
};

}  // namespace

TEST_CASE("a draft that is not committed leaves the old file and no other trace") {
  const TempFolder folder;
  const auto path = folder.put("status.json", "old");
  const auto files = make_system_files();
  {
    auto draft = files->replace(path, 0644, Lasting::synced);
    REQUIRE(draft);
    REQUIRE((*draft)->write("new"));
    CHECK(bytes_of(path) == "old");
  }
  CHECK(bytes_of(path) == "old");
  CHECK(files->list(folder.path()).value() == std::vector<std::string>{"status.json"});
}

TEST_CASE("a committed draft replaces the whole file with exactly the mode asked for") {
  const TempFolder folder;
  const auto path = folder.put("status.json", "a much longer old text", 0600);
  const auto files = make_system_files();
  const mode_t umask_before = ::umask(077);
  auto draft = files->replace(path, 0644, Lasting::synced);
  REQUIRE(draft);
  REQUIRE((*draft)->write("new"));
  REQUIRE((*draft)->write(" text"));
  const auto committed = (*draft)->commit();
  ::umask(umask_before);
  REQUIRE(committed);
  draft->reset();
  CHECK(bytes_of(path) == "new text");
  CHECK(files->state(path)->mode == 0644);
  CHECK(files->list(folder.path())->size() == 1);
  CHECK_THROWS_AS(
      [&] {
        auto again = files->replace(path, 0644, Lasting::synced).value();
        if (!again->commit()) return;
        (void)again->write("late");
      }(),
      std::logic_error);
}

TEST_CASE("a write that fails half-way keeps the old file, and the draft cannot be committed any more") {
  const TempFolder folder;
  const auto path = folder.put("status.json", "old");
  const auto files = make_system_files();
  auto draft = files->replace(path, 0644, Lasting::synced);
  REQUIRE(draft);
  Status written;
  {
    const FileSizeLimit limit(4096);
    written = (*draft)->write(std::string(10'000, 'x'));
  }
  REQUIRE_FALSE(written);
  CHECK(written.error().fault == Fault::retry_later);
  CHECK_THAT(written.error().what, Catch::StartsWith(path.string() + ": cannot write: "));
  CHECK_FALSE((*draft)->write("more"));
  CHECK_FALSE((*draft)->commit());
  draft->reset();
  CHECK(bytes_of(path) == "old");
  CHECK(files->list(folder.path())->size() == 1);
}

TEST_CASE("a draft takes over what a committed one holds, also when the name leads elsewhere by then") {
  const TempFolder folder;
  const auto path = folder / "status.json";
  const auto files = make_system_files();
  for (const auto lasting : {Lasting::synced, Lasting::rebuilt}) {
    std::vector<std::unique_ptr<Draft>> drafts;
    drafts.push_back(files->replace(path, 0644, lasting).value());
    REQUIRE(drafts[0]->write("0123456789"));
    REQUIRE(files->commit(drafts));
    CHECK(bytes_of(path) == "0123456789");
    CHECK(drafts[0]->state().value() == files->state(path).value());
    std::filesystem::remove(path);
    auto next = files->replace(path, 0600, lasting).value();
    REQUIRE(next->copy(*drafts[0], 0, 3));
    REQUIRE(next->write("-new-"));
    REQUIRE(next->copy(*drafts[0], 6, 4));
    REQUIRE(next->commit());
    CHECK(bytes_of(path) == "012-new-6789");
    CHECK(files->state(path)->mode == 0600);
    CHECK(files->list(folder.path())->size() == 1);
    auto too_much = files->replace(path, 0644, lasting).value();
    const auto copied = too_much->copy(*drafts[0], 6, 5);
    REQUIRE_FALSE(copied);
    CHECK(copied.error().fault == Fault::bad_data);
    CHECK_FALSE(too_much->commit());
    CHECK(bytes_of(path) == "012-new-6789");
  }
}

TEST_CASE("a long stretch is copied whole, and one that finds no room keeps the old file") {
  const TempFolder folder;
  const auto path = folder / "status.json";
  const auto files = make_system_files();
  std::string text(3 << 20, 'x');
  for (std::size_t at = 0; at < text.size(); at += 1000) text[at] = static_cast<char>('a' + at / 1000 % 26);
  std::vector<std::unique_ptr<Draft>> drafts;
  drafts.push_back(files->replace(path, 0644, Lasting::rebuilt).value());
  REQUIRE(drafts[0]->write(text));
  REQUIRE(files->commit(drafts));
  auto next = files->replace(path, 0644, Lasting::rebuilt).value();
  REQUIRE(next->write("head"));
  REQUIRE(next->copy(*drafts[0], 10, text.size() - 20));
  REQUIRE(next->write("tail"));
  REQUIRE(next->commit());
  CHECK(bytes_of(path) == "head" + text.substr(10, text.size() - 20) + "tail");
  auto full = files->replace(path, 0644, Lasting::rebuilt).value();
  Status copied;
  {
    const FileSizeLimit limit(1 << 20);
    copied = full->copy(*drafts[0], 0, text.size());
  }
  REQUIRE_FALSE(copied);
  CHECK(copied.error().fault == Fault::retry_later);
  CHECK_FALSE(full->commit());
  CHECK(bytes_of(path).starts_with("head"));
}

TEST_CASE("replacing in a folder that is not there is gone and names the path") {
  const TempFolder folder;
  const auto draft = make_system_files()->replace(folder / "missing/status.json", 0644, Lasting::synced);
  REQUIRE_FALSE(draft);
  CHECK(draft.error().fault == Fault::gone);
  CHECK_THAT(draft.error().what, Catch::Contains("missing/status.json"));
}

TEST_CASE("only a regular file with one link is opened for reading") {
  const TempFolder folder;
  const auto files = make_system_files();
  const auto path = folder.put("bank.csv", "ma_don_vi\n");
  REQUIRE(files->open_read(path));

  SECTION("a symbolic link is refused") {
    std::filesystem::create_symlink(path, folder / "link.csv");
    const auto opened = files->open_read(folder / "link.csv");
    REQUIRE_FALSE(opened);
    CHECK(opened.error().fault == Fault::bad_data);
    CHECK_THAT(opened.error().what, Catch::Contains("link.csv") && Catch::Contains("symbolic link"));
  }
  SECTION("a file with a second hard link is refused under both names") {
    std::filesystem::create_hard_link(path, folder / "second.csv");
    for (const auto* name : {"bank.csv", "second.csv"}) {
      const auto opened = files->open_read(folder / name);
      REQUIRE_FALSE(opened);
      CHECK(opened.error().fault == Fault::bad_data);
      CHECK_THAT(opened.error().what, Catch::Contains("2 hard links"));
    }
  }
  SECTION("a pipe is refused at once, without waiting for a writer") {
    REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
    CHECK(files->open_read(folder / "pipe").error().fault == Fault::bad_data);
    CHECK(files->read_all(folder / "pipe", 10).error().fault == Fault::bad_data);
  }
  SECTION("a folder is refused") { CHECK(files->open_read(folder.path()).error().fault == Fault::bad_data); }
  SECTION("a missing file is gone") { CHECK(files->open_read(folder / "none").error().fault == Fault::gone); }
}

TEST_CASE("an open file is read in pieces to its end") {
  const TempFolder folder;
  const auto files = make_system_files();
  auto file = files->open_read(folder.put("a", "0123456789")).value();
  std::array<char, 4> piece{};
  std::string all;
  for (auto got = file->read(piece).value(); got > 0; got = file->read(piece).value()) all.append(piece.data(), got);
  CHECK(all == "0123456789");
}

TEST_CASE("a file that changes while it is open shows it by its state") {
  const TempFolder folder;
  const auto path = folder.put("a", "one");
  auto file = make_system_files()->open_read(path).value();
  const auto before = file->state().value();
  CHECK(before == file->state().value());
  folder.put("a", "three");
  const auto after = file->state().value();
  CHECK_FALSE(before == after);
  CHECK(before.inode == after.inode);
  CHECK(after.size == 5);
}

TEST_CASE("a whole file is read up to the cap and refused one byte beyond it") {
  const TempFolder folder;
  const auto files = make_system_files();
  const auto path = folder.put("a", "12345");
  CHECK(files->read_all(path, 5).value() == "12345");
  CHECK(files->read_all(folder.put("empty", ""), 5).value().empty());
  const auto refused = files->read_all(path, 4);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().fault == Fault::bad_data);
  CHECK_THAT(refused.error().what, Catch::Contains("over 4 bytes"));
  CHECK(files->read_all("/proc/self/status", 1 << 20).value().starts_with("Name:"));  // its size is told as 0
}

TEST_CASE("the state of a symbolic link is its own: it is no regular file") {
  const TempFolder folder;
  const auto files = make_system_files();
  std::filesystem::create_symlink(folder.put("a", "1"), folder / "b");
  CHECK(files->state(folder / "a")->regular);
  CHECK_FALSE(files->state(folder / "b")->regular);
}

TEST_CASE("a folder's names come in byte order") {
  const TempFolder folder;
  for (const auto* name : {"b", "a", "C", ".hidden"}) folder.put(name, "");
  CHECK(make_system_files()->list(folder.path()).value() == std::vector<std::string>{".hidden", "C", "a", "b"});
  CHECK(make_system_files()->list(folder / "none").error().fault == Fault::gone);
}

TEST_CASE("missing folders are made with the mode asked for, and a file in the way is named") {
  const TempFolder folder;
  const auto files = make_system_files();
  const mode_t umask_before = ::umask(077);
  const auto made = files->make_folders(folder / "var/spool", 0750);
  ::umask(umask_before);
  REQUIRE(made);
  CHECK(files->state(folder / "var/spool")->mode == 0750);
  REQUIRE(files->make_folders(folder / "var/spool", 0700));
  CHECK(files->state(folder / "var/spool")->mode == 0750);
  folder.put("taken", "");
  const auto refused = files->make_folders(folder / "taken", 0750);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().fault == Fault::bad_config);
  CHECK_THAT(refused.error().what, Catch::Contains("taken"));
}

TEST_CASE("a removed file is gone, and removing it again says so") {
  const TempFolder folder;
  const auto files = make_system_files();
  const auto path = folder.put("a", "1");
  REQUIRE(files->remove(path));
  CHECK(files->state(path).error().fault == Fault::gone);
  CHECK(files->remove(path).error().fault == Fault::gone);
}

TEST_CASE("a file system is flushed by any folder of it, and a folder that is not there is named") {
  const TempFolder folder;
  const auto files = make_system_files();
  auto draft = files->replace(folder / "made", 0600, Lasting::rebuilt);
  REQUIRE(draft);
  REQUIRE((*draft)->write("again"));
  REQUIRE((*draft)->commit());
  CHECK(files->flush(folder.path()));
  const auto none = files->flush(folder / "none");
  REQUIRE_FALSE(none);
  CHECK(none.error().fault == Fault::gone);
  CHECK(none.error().what.find("none: cannot sync") != std::string::npos);
}

TEST_CASE("a scratch file has no name, gives back what was added, and tells when there is less") {
  const TempFolder folder;
  const auto files = make_system_files();
  auto scratch = files->scratch(folder.path());
  REQUIRE(scratch);
  CHECK(files->list(folder.path())->empty());
  REQUIRE((*scratch)->append("abc"));
  REQUIRE((*scratch)->append("defgh"));
  std::array<char, 4> four{};
  REQUIRE((*scratch)->read(2, four));
  CHECK(std::string_view(four.data(), four.size()) == "cdef");
  const auto beyond = (*scratch)->read(5, four);
  REQUIRE_FALSE(beyond);
  CHECK(beyond.error().fault == Fault::bad_data);
  CHECK(files->scratch(folder / "none").error().fault == Fault::gone);
}

TEST_CASE("a scratch file that finds no room says so") {
  const TempFolder folder;
  auto scratch = make_system_files()->scratch(folder.path());
  REQUIRE(scratch);
  const FileSizeLimit limit(10);
  REQUIRE((*scratch)->append("12345678"));
  const auto full = (*scratch)->append("12345678");
  REQUIRE_FALSE(full);
  CHECK(full.error().fault == Fault::retry_later);
  CHECK(full.error().what.find("cannot write a temporary file in it") != std::string::npos);
  CHECK(full.error().what.find("ulimit") != std::string::npos);
}
