#include "tests/support/places.hpp"
#include "tests/support/program.hpp"
#include "tests/tools/refusal.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

using namespace troupe::tests;

namespace {

using nlohmann::json;
using texts = std::vector<std::string>;

constexpr auto nightly = R"(apiVersion: troupe/v1
kind: Schedule
id: nightly
workflow: finance/nightly-portfolio
frequency: daily
at: "02:30"
zone: Europe/Berlin
)";

/// `troupe schedule next` with these arguments; it must succeed.
std::string next_of(const refusing_program& program, const texts& more,
                    const std::string& output) {
  auto arguments = texts{"schedule", "next", "--output", output};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const auto result = run_program(program.run(arguments));
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  return result.out;
}

} // namespace

TEST_CASE_METHOD(refusing_program, "due times are printed in every format") {
  const auto asked
    = texts{"--cron", "30 2 * * *",           "--zone", "Europe/Berlin",
            "--from", "2026-03-28T12:00:00Z", "-n",     "2"};
  CHECK(next_of(*this, asked, "json")
        == "[\"2026-03-29T01:00:00Z\",\"2026-03-30T00:30:00Z\"]\n");
  CHECK(next_of(*this, asked, "jsonl")
        == "\"2026-03-29T01:00:00Z\"\n\"2026-03-30T00:30:00Z\"\n");
  CHECK(next_of(*this, asked, "text")
        == "2026-03-29T01:00:00Z  2026-03-29 03:00:00 +02:00\n"
           "2026-03-30T00:30:00Z  2026-03-30 02:30:00 +02:00\n");
  CHECK(next_of(*this,
                {"--cron", "@hourly", "--from", "2026-03-28T12:00:00Z",
                 "--count", "1"},
                "text")
        == "2026-03-28T13:00:00Z\n");
}

TEST_CASE_METHOD(refusing_program, "due times of an interval are counted") {
  CHECK(next_of(*this,
                {"--every", "36h", "--anchor", "2026-01-01T06:00:00Z", "--from",
                 "2026-01-01T06:00:00Z", "-n", "1"},
                "json")
        == "[\"2026-01-02T18:00:00Z\"]\n");
  // By default counted from 1970, after now.
  const auto due = json::parse(next_of(*this, {"--every", "1h"}, "json"));
  REQUIRE(due.size() == 10);
  CHECK(due[0].get<std::string>().substr(13) == ":00:00Z");
}

TEST_CASE_METHOD(refusing_program, "due times of a file are those it says") {
  const auto file = folder().write("nightly.yaml", nightly).string();
  const auto asked
    = texts{"--file", file, "--from", "2026-10-24T12:00:00Z", "-n", "2"};
  CHECK(json::parse(next_of(*this, asked, "json"))
        == json::parse(R"(["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"])"));
  const auto jittered
    = folder()
        .write("jitter.yaml", std::string{nightly} + "jitter: 10m\n")
        .string();
  const auto text
    = next_of(*this,
              {"--file", jittered, "--from", "2026-10-24T12:00:00Z", "-n", "1"},
              "text");
  CHECK(text.find("2026-10-25T00:30:00Z  2026-10-25 02:30:00 +02:00  starts "
                  "2026-10-25T00:3")
        == 0);
  const auto over = folder()
                      .write("over.yaml", std::string{nightly}
                                            + "until: 2020-01-01T00:00:00Z"
                                              "\n")
                      .string();
  CHECK(next_of(*this, {"--file", over}, "json") == "[]\n");
  CHECK(
    run_program(run({"schedule", "next", "--file", over})).err.find("never due")
    != std::string::npos);
}

TEST_CASE_METHOD(refusing_program, "what says no due times is refused") {
  const auto next = [&](texts more) {
    more.insert(more.begin(), {"schedule", "next"});
    return run(std::move(more));
  };
  refuses(next({}), {2, "", 0, "", "nothing says when it is due"});
  refuses(next({"--cron", "61 * * * *"}), {2, "", 0, "minute", "61"});
  refuses(next({"--cron", "@dialy"}), {2, "", 0, "--cron", "@dialy"});
  refuses(next({"--cron", "@daily", "--zone", "Europe/Berln"}),
          {2, "", 0, "--zone", "unknown time zone"});
  refuses(next({"--every", "often"}), {2, "", 0, "--every", "often"});
  refuses(next({"--every", "10ms"}), {2, "", 0, "--every", "10ms"});
  refuses(next({"--every", "1h", "--cron", "@daily"}),
          {2, "", 0, "", "--cron and --every together"});
  refuses(next({"--every", "1h", "--zone", "UTC"}),
          {2, "", 0, "--zone", "--zone without --cron"});
  refuses(next({"--cron", "@daily", "--anchor", "2026-01-01T00:00:00Z"}),
          {2, "", 0, "--anchor", "--anchor without --every"});
  refuses(next({"--cron", "@daily", "--from", "now"}),
          {2, "", 0, "--from", "not an instant"});
  const auto zero = run_program(next({"--cron", "@daily", "-n", "0"}));
  CHECK(zero.exit_code == 2);
  CHECK(run_program(next({"--file", "none.yaml"})).exit_code == 3);
  // Never due is an answer, not a mistake.
  CHECK(next_of(*this, {"--cron", "0 0 30 2 *"}, "json") == "[]\n");
}

TEST_CASE_METHOD(refusing_program, "schedules are validated together") {
  const auto good = folder().write("good.yaml", nightly).string();
  const auto bad
    = folder()
        .write("bad.yaml", std::string{nightly} + "overlap: bufer_one\n")
        .string();
  const auto text = run_program(run({"schedule", "validate", good, good}));
  CHECK(text.exit_code == 0);
  CHECK(text.out.find(good
                      + ": valid, nightly starts "
                        "finance/nightly-portfolio, next due 20")
        == 0);
  const auto read = json::parse(
    run_program(run({"schedule", "validate", good, "--output", "json"})).out);
  REQUIRE(read.size() == 1);
  CHECK(read[0]["valid"] == true);
  CHECK(read[0]["id"] == "nightly");
  refuses(run({"schedule", "validate", bad}),
          {2, bad, 8, "overlap", "bufer_one"});
  const auto mixed = run_program(run({"schedule", "validate", bad, good}));
  CHECK(mixed.exit_code == 2);
  CHECK(mixed.out.find("good.yaml: valid") != std::string::npos);
}

TEST_CASE_METHOD(refusing_program, "the example schedule is what it says") {
  const auto file
    = (source_dir() / "tools/examples/nightly-schedule.yaml").string();
  CHECK(run_program(run({"schedule", "validate", file})).exit_code == 0);
  // Not on the holidays, nor on the weekend after them.
  CHECK(json::parse(next_of(
          *this, {"--file", file, "--from", "2026-12-23T12:00:00Z", "-n", "1"},
          "json"))
        == json::parse(R"(["2026-12-28T01:30:00Z"])"));
  const auto schema = run_program(run({"schema", "schedule"}));
  CHECK(schema.exit_code == 0);
  CHECK(json::parse(schema.out)["title"] == "Troupe schedule");
}
