#include "daemon/publish/parted_file.h"

#include <utility>

namespace ntmd::publish {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 18U;

/// Printed text and copied stretches, in order, each in as few calls as may be.
class Output {
 public:
  Output(base::Draft& draft, const base::Draft* from) : draft_(draft), from_(from) {}

  [[nodiscard]] std::uint64_t size() const { return size_; }

  base::Status print(const std::function<void(std::string&)>& text) {
    if (auto done = finish_copy(); !done) return done;
    const auto before = text_.size();
    text(text_);
    size_ += text_.size() - before;
    return text_.size() < kBlock ? base::Status{} : finish_text();
  }

  base::Status copy(std::uint64_t offset, std::uint64_t length) {
    if (auto done = finish_text(); !done) return done;
    if (offset != offset_ + length_) {
      if (auto done = finish_copy(); !done) return done;
      offset_ = offset;
    }
    length_ += length;
    size_ += length;
    return {};
  }

  base::Status finish() {
    if (auto done = finish_copy(); !done) return done;
    return finish_text();
  }

 private:
  base::Status finish_text() {
    if (text_.empty()) return {};
    auto done = draft_.write(text_);
    text_.clear();
    return done;
  }
  base::Status finish_copy() {
    const auto length = std::exchange(length_, 0);
    if (length == 0) return {};
    return draft_.copy(*from_, std::exchange(offset_, 0), length);
  }

  base::Draft& draft_;
  const base::Draft* from_;
  std::string text_;
  std::uint64_t offset_ = 0;  // of the copy that waits
  std::uint64_t length_ = 0;
  std::uint64_t size_ = 0;
};

}  // namespace

void PartedFile::arrange(std::size_t parts) {
  kept_.reset();
  places_.assign(parts, {});
}

base::Result<std::uint64_t> PartedFile::write(base::Draft& draft, std::span<const Stretch> stretches,
                                              const Print& print) {
  const auto now = kept_ ? kept_->state() : base::Result<base::FileState>{};
  if (!kept_ || !now || *now != left_) arrange(places_.size());
  next_.resize(places_.size());
  Output out(draft, kept_.get());
  for (const auto& stretch : stretches) {
    auto done = out.print([&](std::string& text) { text += stretch.text; });
    for (auto part = stretch.first; done && part < stretch.last; ++part) {
      const auto begin = out.size();
      const auto& [offset, length] = places_[part];
      done = length == 0 ? out.print([&](std::string& text) { print(part, text); }) : out.copy(offset, length);
      next_[part] = {begin, out.size() - begin};
    }
    if (!done) return std::unexpected(done.error());
  }
  if (auto done = out.finish(); !done) return std::unexpected(done.error());
  return out.size();
}

void PartedFile::keep(std::unique_ptr<base::Draft> committed) {
  const auto state = committed->state();
  if (!state) return arrange(places_.size());
  kept_ = std::move(committed);
  left_ = *state;
  places_.swap(next_);
}

}  // namespace ntmd::publish
