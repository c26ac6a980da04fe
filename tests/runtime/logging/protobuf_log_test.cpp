#include "messages/store.pb.h"
#include "runtime/logging/logging.hpp"
#include "runtime/logging/protobuf_log.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>
#include <google/protobuf/stubs/logging.h>
#include <nlohmann/json.hpp>

#include <string>

using namespace troupe;
using namespace troupe::runtime;

namespace {

/// A log in a file, and what protobuf did before.
struct logged {
  logged() {
    route_protobuf_log();
    auto options = logging_options{};
    options.level = log_level::trace;
    options.file = file;
    REQUIRE(start_logging(options));
  }

  logged(const logged&) = delete;
  logged& operator=(const logged&) = delete;

  ~logged() {
    stop_logging();
    google::protobuf::SetLogHandler(before);
  }

  [[nodiscard]] nlohmann::json only_line() const {
    flush_logs();
    return nlohmann::json::parse(tests::read_file(file));
  }

  tests::temporary_folder folder;
  std::string file = folder / "log.jsonl";
  google::protobuf::LogHandler* before
    = google::protobuf::SetLogHandler(nullptr);
};

} // namespace

TEST_CASE("a text that is not UTF-8 is a warning of the log") {
  const auto with = logged{};
  auto message = messages::CommitTransaction{};
  message.set_label("caf\xe9");
  CHECK(message.SerializeAsString().find("caf\xe9") != std::string::npos);
  const auto line = with.only_line();
  CHECK(line.at("level") == "warning");
  CHECK(line.at("logger") == "protobuf");
  CHECK(line.at("message").get<std::string>().find("UTF-8")
        != std::string::npos);
}

TEST_CASE("protobuf's levels are those of the log") {
  const auto with = logged{};
  GOOGLE_LOG(INFO) << "all is well";
  const auto line = with.only_line();
  CHECK(line.at("level") == "debug");
  CHECK(line.at("message") == "all is well");
}
