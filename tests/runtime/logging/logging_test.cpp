#include "runtime/logging/logging.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

using namespace troupe::runtime;

namespace {

/// Collects what goes to stderr in a file, and stops logging at the end.
struct fixture {
  troupe::tests::temporary_folder folder;
  int original = ::dup(STDERR_FILENO);

  fixture() {
    const auto to = ::open((folder / "stderr").c_str(),
                           O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    std::fflush(stderr);
    ::dup2(to, STDERR_FILENO);
    ::close(to);
  }

  fixture(const fixture&) = delete;
  fixture& operator=(const fixture&) = delete;

  ~fixture() {
    stop_logging();
    std::fflush(stderr);
    ::dup2(original, STDERR_FILENO);
    ::close(original);
  }

  [[nodiscard]] std::string console() const {
    std::fflush(stderr);
    return troupe::tests::read_file(folder / "stderr");
  }

  [[nodiscard]] logging_options options(log_level level) const {
    auto made = logging_options{};
    made.level = level;
    made.file = (folder / "log.jsonl").string();
    return made;
  }

  [[nodiscard]] std::vector<nlohmann::json> lines() const {
    flush_logs();
    auto in
      = std::istringstream{troupe::tests::read_file(folder / "log.jsonl")};
    auto read = std::vector<nlohmann::json>{};
    for (auto line = std::string{}; std::getline(in, line);)
      read.push_back(nlohmann::json::parse(line));
    return read;
  }
};

} // namespace

TEST_CASE_METHOD(fixture, "before logging starts, warnings go to stderr") {
  log_info("test", "unheard");
  log_warning("test", "heard");
  CHECK(console().find("unheard") == std::string::npos);
  CHECK(console().find(" warning test: heard\n") != std::string::npos);
}

TEST_CASE_METHOD(fixture, "a message goes to the console and to the file") {
  REQUIRE(start_logging(options(log_level::info)));
  log_info("scoring", "run stored", {{"run", "r1"}, {"items", 3}});
  CHECK(console().find("info    scoring: run stored run=r1 items=3\n")
        != std::string::npos);
  const auto read = lines();
  REQUIRE(read.size() == 1);
  CHECK(read[0]["message"] == "run stored");
  CHECK(read[0]["fields"]["items"] == 3);
}

TEST_CASE_METHOD(fixture, "each line of a node says which one it is") {
  REQUIRE(start_logging(options(log_level::info)));
  log_as_node("a");
  log_info("cluster.node", "another node leads", {{"node", "b"}});
  CHECK(console().find("info    [a] cluster.node: another node leads node=b\n")
        != std::string::npos);
  REQUIRE(lines().size() == 1);
  CHECK(lines()[0]["node"] == "a");
  CHECK(lines()[0]["fields"]["node"] == "b");
  stop_logging();
  log_warning("test", "nobody's");
  CHECK(console().find("warning test: nobody's\n") != std::string::npos);
}

TEST_CASE_METHOD(fixture, "a message below the level goes nowhere") {
  REQUIRE(start_logging(options(log_level::warning)));
  CHECK_FALSE(is_logged(log_level::info));
  CHECK(is_logged(log_level::error));
  log_info("test", "unheard");
  log_debug("test", "unheard");
  CHECK(console().empty());
  CHECK(lines().empty());

  auto off = options(log_level::off);
  REQUIRE(start_logging(off));
  log_error("test", "unheard");
  CHECK(console().empty());
}

TEST_CASE_METHOD(fixture, "a secret reaches neither console nor file") {
  REQUIRE(start_logging(options(log_level::debug)));
  hide_in_logs("correct horse battery");
  log_error("test", "refused: correct horse battery",
            {{"header", "Authorization: Bearer hunter2"},
             {"password", "hunter2"},
             {"body", "{\"token\": \"hunter2\"}"}});
  const auto all = console() + troupe::tests::read_file(folder / "log.jsonl");
  CHECK(all.find("horse") == std::string::npos);
  CHECK(all.find("hunter2") == std::string::npos);
  CHECK(all.find("[redacted]") != std::string::npos);
}

TEST_CASE_METHOD(fixture, "log files rotate and stay within their bounds") {
  auto bounded = options(log_level::info);
  bounded.file_bytes_max = 4096;
  bounded.files_max = 3;
  REQUIRE(start_logging(bounded));
  for (auto i = 0; i < 400; ++i)
    log_info("test", "a message of some length", {{"number", i}});
  flush_logs();
  auto files = 0;
  for (const auto& entry : std::filesystem::directory_iterator{folder.path()}) {
    if (entry.path().filename() == "stderr")
      continue;
    ++files;
    CHECK(entry.file_size() <= 4096);
  }
  CHECK(files == 3);
  CHECK(lines().back()["fields"]["number"] == 399);
}

TEST_CASE_METHOD(fixture, "a full disk loses neither program nor console") {
  if (!std::filesystem::exists("/dev/full")) {
    WARN("skipped: no /dev/full");
    return;
  }
  auto full = options(log_level::info);
  full.file = "/dev/full";
  REQUIRE(start_logging(full));
  const auto lost_before = lost_log_messages();
  log_info("test", "one");
  log_info("test", "two");
  CHECK(lost_log_messages() == lost_before + 2);
  const auto text = console();
  CHECK(text.find("test: one\n") != std::string::npos);
  CHECK(text.find("test: two\n") != std::string::npos);
  const auto notice = text.find("cannot write the log file");
  REQUIRE(notice != std::string::npos);
  CHECK(text.find("cannot write the log file", notice + 1)
        == std::string::npos);
}

TEST_CASE_METHOD(fixture, "a file that cannot be opened changes nothing") {
  REQUIRE(start_logging(options(log_level::info)));
  auto wrong = options(log_level::error);
  wrong.file = (folder / "none" / "log.jsonl").string();
  const auto refused = start_logging(wrong);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == problem_kind::not_found);
  CHECK(refused.error().file == wrong.file);
  log_info("test", "still here");
  CHECK(lines().size() == 1);

  wrong = options(log_level::error);
  wrong.files_max = 0;
  CHECK(start_logging(wrong).error().kind == problem_kind::invalid_input);
}

TEST_CASE_METHOD(fixture, "messages of many threads do not mix") {
  REQUIRE(start_logging(options(log_level::info)));
  auto threads = std::vector<std::thread>{};
  for (auto thread = 0; thread < 4; ++thread)
    threads.emplace_back([=] {
      for (auto i = 0; i < 50; ++i)
        log_info("test", std::string(200, static_cast<char>('a' + thread)));
    });
  for (auto& thread : threads)
    thread.join();
  const auto read = lines();
  CHECK(read.size() == 200);
  for (const auto& line : read) {
    const auto message = line["message"].get<std::string>();
    CHECK(message == std::string(200, message.at(0)));
  }
}

TEST_CASE("each log level has a name that is read back") {
  for (const auto level :
       {log_level::trace, log_level::debug, log_level::info, log_level::warning,
        log_level::error, log_level::off})
    CHECK(parse_log_level(to_string(level)) == level);
  CHECK(parse_log_level("loud").error().kind == problem_kind::invalid_input);
}

TEST_CASE("colours need a terminal and the user's consent") {
  CHECK(choose_color("auto", true, "") == log_color::always);
  CHECK(choose_color("auto", false, "") == log_color::never);
  CHECK(choose_color("auto", true, "1") == log_color::never);
  CHECK(choose_color("always", false, "1") == log_color::always);
  CHECK(choose_color("never", true, "") == log_color::never);
}
