#include "connectors/codec/zstd.h"

#include <zstd.h>

#include <new>
#include <vector>

#include <fmt/format.h>

namespace ntmd::connectors {
namespace {

constexpr int kLevel = 3;

base::Error bad(std::string_view fact) {
  return {base::Fault::bad_data, fmt::format("zstd: {}, expected one whole frame", fact)};
}

struct FreeWriter {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};
struct FreeReader {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

class Writer final : public ByteFilter {
 public:
  explicit Writer(ByteSink sink) : context_(ZSTD_createCCtx()), out_(ZSTD_CStreamOutSize()), sink_(std::move(sink)) {
    if (!context_) throw std::bad_alloc();
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, kLevel);
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
  }
  base::Status feed(std::string_view bytes) override { return drive(bytes, ZSTD_e_continue); }
  base::Status finish() override { return drive({}, ZSTD_e_end); }

 private:
  base::Status drive(std::string_view bytes, ZSTD_EndDirective how) {
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    while (true) {
      ZSTD_outBuffer out{out_.data(), out_.size(), 0};
      const auto left = ZSTD_compressStream2(context_.get(), &out, &in, how);
      if (ZSTD_isError(left) != 0)
        return base::fail(base::Fault::bug, fmt::format("zstd: {}", ZSTD_getErrorName(left)));
      if (auto taken = sink_({out_.data(), out.pos}); !taken) return taken;
      if (how == ZSTD_e_end ? left == 0 : in.pos == in.size) return {};
    }
  }

  std::unique_ptr<ZSTD_CCtx, FreeWriter> context_;
  std::vector<char> out_;
  ByteSink sink_;
};

class Reader final : public ByteFilter {
 public:
  Reader(std::uint64_t cap, ByteSink sink)
      : context_(ZSTD_createDCtx()), out_(ZSTD_DStreamOutSize()), left_(cap), sink_(std::move(sink)) {
    if (!context_) throw std::bad_alloc();
  }
  base::Status feed(std::string_view bytes) override {
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    while (in.pos < in.size) {
      if (whole_) return std::unexpected(bad("there is something behind its end"));
      ZSTD_outBuffer out{out_.data(), out_.size(), 0};
      const auto more = ZSTD_decompressStream(context_.get(), &out, &in);
      if (ZSTD_isError(more) != 0) return std::unexpected(bad(ZSTD_getErrorName(more)));
      if (out.pos > left_) return std::unexpected(bad("it holds more bytes than may be"));
      left_ -= out.pos;
      if (auto taken = sink_({out_.data(), out.pos}); !taken) return taken;
      whole_ = more == 0;
    }
    return {};
  }
  base::Status finish() override {
    if (whole_) return {};
    return std::unexpected(bad("it ends early"));
  }

 private:
  std::unique_ptr<ZSTD_DCtx, FreeReader> context_;
  std::vector<char> out_;
  std::uint64_t left_;
  bool whole_ = false;
  ByteSink sink_;
};

}  // namespace

std::unique_ptr<ByteFilter> make_zstd_writer(ByteSink sink) { return std::make_unique<Writer>(std::move(sink)); }
std::unique_ptr<ByteFilter> make_zstd_reader(std::uint64_t cap, ByteSink sink) {
  return std::make_unique<Reader>(cap, std::move(sink));
}

}  // namespace ntmd::connectors
