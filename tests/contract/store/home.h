#pragma once
// A store of its own in a folder of its own, gone with the test.

#include <catch2/catch.hpp>
#include <filesystem>
#include <memory>
#include <utility>
#include <vector>

#include "daemon/base/digest.h"
#include "daemon/store/sqlite_store.h"

namespace ntmd::test {

/// Subjects that are all there.
class GivenSubjects final : public store::SubjectReader {
 public:
  explicit GivenSubjects(std::vector<store::SubjectRecord> records) : records_(std::move(records)) {}
  base::Result<const store::SubjectRecord*> next() override {
    return given_ == records_.size() ? nullptr : &records_[given_++];
  }

 private:
  std::vector<store::SubjectRecord> records_;
  std::size_t given_ = 0;
};

struct Home {
  std::filesystem::path folder;
  base::ManualClock clock{base::Instant(std::chrono::hours(500000))};
  std::unique_ptr<model::NameTable> elements;
  std::unique_ptr<model::NameTable> sources;
  std::unique_ptr<store::Store> store;

  Home() {
    folder = std::filesystem::temp_directory_path() /
             ("ntmd-store-" + base::sha256_hex(base::random_bytes(16)).substr(0, 16));
    open();
  }
  ~Home() {
    store.reset();
    std::filesystem::remove_all(folder);
  }
  void open() {
    store.reset();
    elements = std::make_unique<model::NameTable>();
    sources = std::make_unique<model::NameTable>();
    auto opened = store::open_sqlite(folder, store::Access::owner, clock, *elements, *sources);
    if (!opened) FAIL(opened.error().what);
    store = std::move(*opened);
  }
};

}  // namespace ntmd::test
