#include "daemon/publish/publisher.h"

#include <sys/stat.h>

#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/publish/index_html.h"
#include "daemon/publish/metrics_text.h"
#include "daemon/publish/status_json.h"
#include "tests/unit/base/hands.h"
#include "tests/unit/publish/sample.h"

namespace ntmd::publish {
namespace {

namespace fs = std::filesystem;
using test::Folder;

/// Files that notes what is replaced and, when told to, has no room for a file.
class WatchedFiles final : public base::Files {
 public:
  std::vector<std::string> replaced;
  std::string full_at;       ///< the end of a path
  std::uint64_t copied = 0;  ///< bytes that were taken from what was written before

  base::Result<std::string> read_all(const base::Path& path, std::uint64_t cap) override {
    return real_->read_all(path, cap);
  }
  base::Result<std::unique_ptr<base::ReadFile>> open_read(const base::Path& path) override {
    return real_->open_read(path);
  }
  base::Result<base::FileState> state(const base::Path& path) override { return real_->state(path); }
  base::Result<std::vector<std::string>> list(const base::Path& folder) override { return real_->list(folder); }
  base::Status make_folders(const base::Path& folder, std::uint32_t mode) override {
    return real_->make_folders(folder, mode);
  }
  base::Status remove(const base::Path& path) override { return real_->remove(path); }
  base::Status flush(const base::Path& folder) override { return real_->flush(folder); }
  base::Result<std::unique_ptr<base::ScratchFile>> scratch(const base::Path& folder) override {
    return real_->scratch(folder);
  }
  base::Status commit(std::span<const std::unique_ptr<base::Draft>> drafts) override {
    for (const auto& draft : drafts) {
      if (auto done = draft->commit(); !done) return done;
    }
    return {};
  }
  base::Result<std::unique_ptr<base::Draft>> replace(const base::Path& path, std::uint32_t mode,
                                                     base::Lasting lasting) override {
    auto draft = real_->replace(path, mode, lasting);
    if (!draft) return draft;
    return std::make_unique<Watched>(*this, path, std::move(*draft));
  }

 private:
  class Watched final : public base::Draft {
   public:
    Watched(WatchedFiles& owner, base::Path path, std::unique_ptr<base::Draft> real)
        : owner_(owner), path_(std::move(path)), real_(std::move(real)) {}
    base::Status write(std::string_view bytes) override {
      if (!owner_.full_at.empty() && path_.string().ends_with(owner_.full_at)) {
        return base::fail(base::Fault::retry_later,
                          path_.string() + ": cannot write: No space left on device (disk full)");
      }
      return real_->write(bytes);
    }
    base::Status copy(const base::Draft& from, std::uint64_t offset, std::uint64_t length) override {
      owner_.copied += length;
      return real_->copy(*dynamic_cast<const Watched&>(from).real_, offset, length);
    }
    [[nodiscard]] base::Result<base::FileState> state() const override { return real_->state(); }
    base::Status commit() override {
      auto done = real_->commit();
      if (done)
        owner_.replaced.push_back(path_
                                      .lexically_relative(path_.parent_path().filename() == "units"
                                                              ? path_.parent_path().parent_path()
                                                              : path_.parent_path())
                                      .string());
      return done;
    }

   private:
    WatchedFiles& owner_;
    base::Path path_;
    std::unique_ptr<base::Draft> real_;
  };
  std::unique_ptr<base::Files> real_ = base::make_system_files();
};

std::map<std::string, std::string> contents(const fs::path& folder) {
  std::map<std::string, std::string> all;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) all[entry.path().lexically_relative(folder).string()] = test::read(entry.path());
  }
  return all;
}

Snapshot next(const Snapshot& before, std::shared_ptr<rules::Verdicts> verdicts) {
  Snapshot snapshot = before;
  verdicts->generation = before.verdicts->generation + 1;
  snapshot.verdicts = std::move(verdicts);
  snapshot.generated_at = before.generated_at + std::chrono::minutes(15);
  return snapshot;
}

std::shared_ptr<rules::Verdicts> copy_of(const Snapshot& snapshot) {
  return std::make_shared<rules::Verdicts>(*snapshot.verdicts);
}

const std::vector<std::string> kWhole = {"sources.json", "alerts.json", "metrics.prom", "status.json", "index.html"};

std::vector<std::string> with_whole(std::vector<std::string> units) {
  units.insert(units.end(), kWhole.begin(), kWhole.end());
  return units;
}

TEST_CASE("Publishing writes every file, units first and the index last, readable by all") {
  const Folder folder;
  WatchedFiles files;
  Publisher publisher(files, folder.path() / "public");
  const auto snapshot = test::make_snapshot(test::make_verdicts(test::make_lines(3), 1));
  const auto done = publisher.publish(snapshot);
  REQUIRE(done);
  const std::vector<std::string> expected = {
      "page.css",         "page.js",          "units/07900.json", "units/07900.html", "units/07903.json",
      "units/07903.html", "units/07906.json", "units/07906.html", "sources.json",     "alerts.json",
      "metrics.prom",     "status.json",      "index.html"};
  CHECK(files.replaced == expected);
  CHECK(done->written == expected.size());
  const auto all = contents(folder.path() / "public");
  CHECK(all.size() == expected.size());
  std::uint64_t bytes = 0;
  for (const auto& [name, text] : all) {
    bytes += text.size();
    struct stat st = {};
    REQUIRE(::stat((folder.path() / "public" / name).c_str(), &st) == 0);
    CHECK((st.st_mode & 07777) == 0644);
  }
  CHECK(done->bytes == bytes);
  CHECK(all.at("status.json") == status_json(snapshot));
  CHECK(all.at("index.html") == index_html(snapshot));
  CHECK(all.at("metrics.prom") == metrics_text(snapshot));
}

TEST_CASE("A unit's files are written again only when the unit changed") {
  const Folder folder;
  WatchedFiles files;
  Publisher publisher(files, folder.path());
  const auto first = test::make_snapshot(test::make_verdicts(test::make_lines(200), 1));
  REQUIRE(publisher.publish(first));

  files.replaced.clear();
  const auto same = next(first, copy_of(first));
  REQUIRE(publisher.publish(same));
  CHECK(files.replaced == kWhole);
  CHECK(boost::json::parse(test::read(folder.path() / "units/07900.json")).at("generation") == 1);

  files.replaced.clear();
  auto changed = copy_of(same);
  changed->by_unit.change(150).indicators[0].numerator = 12345;
  const auto third = next(same, changed);
  REQUIRE(publisher.publish(third));
  CHECK(files.replaced == with_whole({"units/08350.json", "units/08350.html"}));
  CHECK(test::read(folder.path() / "status.json") == status_json(third));
  CHECK(test::read(folder.path() / "index.html") == index_html(third));
  CHECK(test::read(folder.path() / "metrics.prom") == metrics_text(third));
  CHECK(boost::json::parse(test::read(folder.path() / "units/08350.json")).at("generation") == 3);
}

TEST_CASE("Being told which units may differ gives the same files as comparing all") {
  const Folder told_folder;
  const Folder compared_folder;
  WatchedFiles files;
  Publisher told(files, told_folder.path());
  Publisher compared(files, compared_folder.path());
  auto snapshot = test::make_snapshot(test::make_verdicts(test::make_lines(90), 1));
  REQUIRE(told.publish(snapshot));
  REQUIRE(compared.publish(snapshot));
  for (std::size_t step = 0; step < 5; ++step) {
    auto verdicts = copy_of(snapshot);
    std::vector<model::UnitCode> touched;
    for (std::size_t i = step; i < verdicts->by_unit.size(); i += 17) {
      verdicts->by_unit.change(i).state = rules::State::stale;
      verdicts->by_unit.change(i).indicators[step].state = rules::State::error;
      touched.push_back(verdicts->units->at(verdicts->by_unit[i].unit).code);
    }
    auto after = next(snapshot, verdicts);
    REQUIRE(compared.publish(after));
    after.touched = Touched{snapshot.verdicts->generation, touched};
    REQUIRE(told.publish(after));
    snapshot = after;
    CHECK(contents(told_folder.path()) == contents(compared_folder.path()));
  }
}

TEST_CASE("Every file about the whole has the newest generation; what is the same under the same one stays untouched") {
  const Folder folder;
  WatchedFiles files;
  Publisher publisher(files, folder.path());
  const auto first = test::make_snapshot(test::make_verdicts(test::make_lines(3), 1));
  REQUIRE(publisher.publish(first));
  REQUIRE(publisher.publish(next(first, copy_of(first))));
  const auto generation_of = [&](const char* name) {
    return boost::json::parse(test::read(folder.path() / name)).at("generation").as_int64();
  };
  for (const char* name : {"status.json", "sources.json", "alerts.json"}) CHECK(generation_of(name) == 2);
  CHECK(test::read(folder.path() / "metrics.prom").find("ntmd_generation 2\n") != std::string::npos);
  CHECK(test::read(folder.path() / "index.html").find("data-generation=2>") != std::string::npos);

  files.replaced.clear();
  auto later = next(first, copy_of(first));
  later.sources[0].loaded += 1;
  REQUIRE(publisher.publish(later));
  CHECK(files.replaced == std::vector<std::string>{"sources.json", "metrics.prom", "status.json", "index.html"});
}

TEST_CASE("A list of touched units since another generation is not trusted") {
  const Folder folder;
  WatchedFiles files;
  Publisher publisher(files, folder.path());
  const auto first = test::make_snapshot(test::make_verdicts(test::make_lines(3), 5));
  REQUIRE(publisher.publish(first));
  auto changed = copy_of(first);
  changed->by_unit.change(1).indicators[0].numerator = 1;
  auto second = next(first, changed);
  second.touched = Touched{4, {}};
  REQUIRE(publisher.publish(second));
  CHECK(test::read(folder.path() / "status.json") == status_json(second));
}

TEST_CASE("After a restart only what lags is written") {
  const Folder folder;
  const auto first = test::make_snapshot(test::make_verdicts(test::make_lines(4), 1));
  {
    WatchedFiles files;
    REQUIRE(Publisher(files, folder.path()).publish(first));
  }
  auto changed = copy_of(first);
  changed->by_unit.change(2).indicators[0].numerator = 12345;
  test::write(folder.path() / "units/07900.html", "damaged");
  fs::remove(folder.path() / "units/07903.json");
  WatchedFiles files;
  Publisher restarted(files, folder.path());
  const auto second = next(first, changed);
  REQUIRE(restarted.publish(second));
  CHECK(files.replaced == with_whole({"units/07900.html", "units/07903.json", "units/07906.json", "units/07906.html"}));
  const Folder fresh;
  WatchedFiles other;
  REQUIRE(Publisher(other, fresh.path()).publish(second));
  CHECK(test::read(folder.path() / "index.html") == test::read(fresh.path() / "index.html"));
}

TEST_CASE("What a power cut left short, empty or full of zeros is whole after the first publication") {
  const auto first = test::make_snapshot(test::make_verdicts(test::make_lines(4), 1));
  for (const std::string name : {"status.json", "index.html", "units/07903.json", "units/07903.html", "sources.json",
                                 "alerts.json", "metrics.prom", "page.css"}) {
    INFO(name);
    const Folder folder;
    WatchedFiles files;
    REQUIRE(Publisher(files, folder.path()).publish(first));
    const auto whole = contents(folder.path());
    const auto& text = whole.at(name);
    for (const auto& left : {std::string(), text.substr(0, text.size() / 2), std::string(text.size(), '\0')}) {
      test::write(folder.path() / name, left);
      REQUIRE(Publisher(files, folder.path()).publish(first));
      CHECK(contents(folder.path()) == whole);
    }
  }
}

TEST_CASE("What did not change is taken from the file as it was written, unless someone else wrote to it") {
  const Folder folder;
  WatchedFiles files;
  Publisher publisher(files, folder.path());
  auto snapshot = test::make_snapshot(test::make_verdicts(test::make_lines(400), 1));
  REQUIRE(publisher.publish(snapshot));
  CHECK(files.copied == 0);
  for (const std::size_t place : {std::size_t{0}, std::size_t{200}, std::size_t{399}}) {
    auto changed = copy_of(snapshot);
    changed->by_unit.change(place).indicators[0].numerator = 123456789 + static_cast<std::int64_t>(place);
    snapshot = next(snapshot, changed);
    files.copied = 0;
    REQUIRE(publisher.publish(snapshot));
    const auto text = test::read(folder.path() / "status.json");
    CHECK(files.copied > text.size() * 9 / 10);
    CHECK(text == status_json(snapshot));
    CHECK(test::read(folder.path() / "index.html") == index_html(snapshot));
  }
  const auto path = folder.path() / "status.json";
  std::string damaged = test::read(path);
  damaged[damaged.size() / 2] = '#';
  test::write(path, damaged);
  fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::hours(1));
  fs::remove(folder.path() / "index.html");
  snapshot = next(snapshot, copy_of(snapshot));
  files.copied = 0;
  REQUIRE(publisher.publish(snapshot));
  CHECK(files.copied == 0);
  CHECK(test::read(path) == status_json(snapshot));
  CHECK(test::read(folder.path() / "index.html") == index_html(snapshot));
}

TEST_CASE("A unit that is no longer assessed leaves, and so do drafts of a killed process; other files stay") {
  const Folder folder;
  WatchedFiles files;
  {
    Publisher before(files, folder.path());
    REQUIRE(before.publish(test::make_snapshot(test::make_verdicts(test::make_lines(3), 1))));
  }
  test::write(folder.path() / "units/.07900.json.AbC123", "half");
  test::write(folder.path() / ".status.json.AbC123", "half");
  test::write(folder.path() / ".chain.json.AbC123", "half");
  test::write(folder.path() / "chain.json", "another room's");
  test::write(folder.path() / ".htaccess", "an operator's");
  test::write(folder.path() / "units/README.txt", "an operator's");
  Publisher publisher(files, folder.path());
  const auto done = publisher.publish(test::make_snapshot(test::make_verdicts(test::make_lines(2), 2)));
  REQUIRE(done);
  CHECK(done->removed == 5);
  CHECK_FALSE(fs::exists(folder.path() / "units/07906.json"));
  CHECK_FALSE(fs::exists(folder.path() / "units/07906.html"));
  CHECK_FALSE(fs::exists(folder.path() / "units/.07900.json.AbC123"));
  CHECK_FALSE(fs::exists(folder.path() / ".status.json.AbC123"));
  CHECK(fs::exists(folder.path() / "units/07903.json"));
  CHECK(fs::exists(folder.path() / "chain.json"));
  CHECK(fs::exists(folder.path() / ".htaccess"));
  CHECK(fs::exists(folder.path() / "units/README.txt"));
}

TEST_CASE(
    "With the disk full at any file the error names it, it stays the old one, and the next publication is whole") {
  const auto first = test::make_snapshot(test::make_verdicts(test::make_lines(3), 1));
  auto changed = copy_of(first);
  for (std::size_t i = 0; i < changed->by_unit.size(); ++i) changed->by_unit.change(i).indicators[0].numerator = 12345;
  auto second = next(first, changed);
  second.alerts.clear();
  second.sources[0].loaded = 7;
  for (const std::string full : {"units/07900.json", "units/07903.html", "sources.json", "alerts.json", "metrics.prom",
                                 "status.json", "index.html"}) {
    INFO(full);
    const Folder folder;
    WatchedFiles files;
    Publisher publisher(files, folder.path());
    REQUIRE(publisher.publish(first));
    const auto before = contents(folder.path());
    files.full_at = full;
    const auto failed = publisher.publish(second);
    REQUIRE_FALSE(failed);
    CHECK(failed.error().what.find(full) != std::string::npos);
    const auto between = contents(folder.path());
    CHECK(between.size() == before.size());
    CHECK(between.at(full) == before.at(full));
    CHECK(between.at("index.html") == before.at("index.html"));
    files.full_at.clear();
    REQUIRE(publisher.publish(second));
    CHECK(test::read(folder.path() / "status.json") == status_json(second));
    CHECK(test::read(folder.path() / "index.html") == index_html(second));
    CHECK(boost::json::parse(test::read(folder.path() / "alerts.json")).at("firing") == 0);
    CHECK(test::read(folder.path() / "units/07906.json").find("12345") != std::string::npos);
  }
}

TEST_CASE("A new day, other boundaries or another language reach the units' files") {
  const Folder folder;
  WatchedFiles files;
  Publisher publisher(files, folder.path());
  const auto first = test::make_snapshot(test::make_verdicts(test::make_lines(2), 1));
  REQUIRE(publisher.publish(first));
  auto tomorrow = copy_of(first);
  tomorrow->as_of = tomorrow->as_of + 1;
  const auto second = next(first, tomorrow);
  REQUIRE(publisher.publish(second));
  CHECK(boost::json::parse(test::read(folder.path() / "units/07903.json")).at("as_of") == "2024-12-21");
  auto third = next(second, copy_of(second));
  third.language = "en";
  REQUIRE(publisher.publish(third));
  CHECK(test::read(folder.path() / "units/07903.html").find("<html lang=en>") != std::string::npos);
}

TEST_CASE("The same snapshot is published as the same bytes, in the same order, whoever helps") {
  const Folder one;
  const Folder two;
  WatchedFiles files;
  // More text than is made at a time.
  const auto snapshot = test::make_snapshot(test::make_verdicts(test::make_lines(300), 1));
  REQUIRE(Publisher(files, one.path()).publish(snapshot));
  const auto alone = std::exchange(files.replaced, {});
  base::Hands hands(2);
  Publisher helped(files, two.path());
  helped.set_help(hands.share());
  REQUIRE(helped.publish(test::make_snapshot(test::make_verdicts(test::make_lines(300), 1))));
  CHECK(files.replaced == alone);
  CHECK(contents(one.path()) == contents(two.path()));
  std::uint64_t bytes = 0;
  for (const auto& name : alone) bytes += fs::file_size(one.path() / name);
  CHECK(bytes > (std::uint64_t{1} << 20U));
}

}  // namespace
}  // namespace ntmd::publish
