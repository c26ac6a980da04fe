#include "runtime/logging/protobuf_log.hpp"

#include "runtime/logging/log.hpp"

#include <google/protobuf/stubs/logging.h>

#include <string>

namespace troupe::runtime {

namespace {

log_level level_of(google::protobuf::LogLevel level) noexcept {
  switch (level) {
    case google::protobuf::LOGLEVEL_INFO:
      return log_level::debug;
    case google::protobuf::LOGLEVEL_FATAL:
      return log_level::error;
    case google::protobuf::LOGLEVEL_WARNING:
    case google::protobuf::LOGLEVEL_ERROR:
      break;
  }
  return log_level::warning;
}

void write(google::protobuf::LogLevel level, const char* file, int line,
           const std::string& message) {
  log(level_of(level), "protobuf", message, {{"file", file}, {"line", line}});
}

} // namespace

void route_protobuf_log() {
  google::protobuf::SetLogHandler(write);
}

} // namespace troupe::runtime
