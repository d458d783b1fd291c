#include "daemon/base/log.h"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <sys/stat.h>

#include <cstdio>
#include <memory>
#include <mutex>
#include <system_error>
#include <utility>
#include <vector>

namespace ntmd::base::log {
namespace {

constexpr mode_t kFileMode = 0640;

struct Output {
  std::shared_ptr<spdlog::logger> logger;
  Format format = Format::text;
  Level level = Level::info;
};

spdlog::level::level_enum spdlog_level(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warn:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

std::shared_ptr<spdlog::logger> make_logger(std::vector<spdlog::sink_ptr> sinks) {
  auto logger = std::make_shared<spdlog::logger>("ntmd", sinks.begin(), sinks.end());
  logger->set_pattern("%v");
  logger->set_level(spdlog::level::trace);
  logger->flush_on(spdlog::level::info);
  return logger;
}

spdlog::sink_ptr file_sink(const Settings& settings) {
  spdlog::file_event_handlers handlers;
  handlers.after_open = [](const spdlog::filename_t& name, std::FILE* file) {
    if (fchmod(fileno(file), kFileMode) != 0) {
      throw std::system_error(errno, std::generic_category(), fmt::format("cannot set mode 0640 of {}", name));
    }
  };
  return std::make_shared<spdlog::sinks::rotating_file_sink_mt>(settings.file, settings.rotate_bytes,
                                                                settings.keep_files, false, handlers);
}

class Current {
 public:
  Current() { output_.logger = make_logger({std::make_shared<spdlog::sinks::stderr_sink_mt>()}); }
  Output get() {
    const std::lock_guard lock(mutex_);
    return output_;
  }
  void set(Output output) {
    const std::lock_guard lock(mutex_);
    output_ = std::move(output);
  }

 private:
  std::mutex mutex_;
  Output output_;
};

Current& current() {
  static Current* const only = new Current;  // never destroyed: threads may log while the process ends
  return *only;
}

}  // namespace

Status configure(const Settings& settings) {
  std::vector<spdlog::sink_ptr> sinks{std::make_shared<spdlog::sinks::stderr_sink_mt>()};
  if (!settings.file.empty()) {
    try {
      sinks.push_back(file_sink(settings));
    } catch (const std::exception& failed) {  // spdlog's own type, or the handler's above
      return fail(Fault::bad_config,
                  fmt::format("log file {}: {}, expected a file that can be written", settings.file, failed.what()));
    }
  }
  current().set(Output{make_logger(std::move(sinks)), settings.format, settings.level});
  return {};
}

void write(Level level, std::string_view event, std::initializer_list<Field> fields, std::string_view text) {
  const Output output = current().get();
  if (level < output.level) return;
  const auto line = render(output.format, SystemClock().now(), level, event, fields, text);
  output.logger->log(spdlog_level(level), spdlog::string_view_t(line));
}

void flush() { current().get().logger->flush(); }

}  // namespace ntmd::base::log
