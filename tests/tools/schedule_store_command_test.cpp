#include "tests/tools/served_store.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <csignal>
#include <filesystem>
#include <map>
#include <string>

using namespace troupe::tests;

namespace {

using nlohmann::json;

/// A server that knows a workflow.
struct scheduled : served_store {
  scheduled() {
    const auto flow = folder().write(
      "job.yaml",
      "apiVersion: troupe/v1\nkind: Workflow\nid: job\n"
      "inputs: {n: {type: integer, default: 1}}\n"
      "steps: [{id: s, activity: noop, with: {n: \"${inputs.n}\"}}]\n");
    REQUIRE(troupe({"workflow", "apply", flow.string()}).exit_code == 0);
  }

  [[nodiscard]] std::string write(const std::string& id,
                                  const std::string& keys) const {
    return folder()
      .write(id + ".yaml", "apiVersion: troupe/v1\nkind: Schedule\nid: " + id
                             + "\nworkflow: job\n" + keys)
      .string();
  }

  /// The run that was started under a key like this, once it is over.
  [[nodiscard]] json finished_run(const std::string& schedule) const {
    for (auto i = 0; i < 500; ++i) {
      for (const auto& run : read({"run", "list"}))
        if (run["submitted_by"] == "schedule " + schedule
            && run["status"] == "completed")
          return run;
      if (i == 499)
        FAIL("no run of the schedule has ended");
    }
    return {};
  }
};

} // namespace

TEST_CASE_METHOD(scheduled,
                 "a schedule is added, started by hand and removed") {
  const auto file = write("yearly", "cron: 0 0 1 1 *\ninputs: {n: 7}\n");
  const auto added = read({"schedule", "add", file});
  CHECK(added["is_new"] == true);
  CHECK(added["next_check"].get<std::string>().ends_with("-01-01T00:00:00Z"));
  CHECK(read({"schedule", "add", file})["is_new"] == false);
  REQUIRE(troupe({"schedule", "trigger", "yearly"}).exit_code == 0);
  const auto run = finished_run("yearly");
  CHECK(read({"run", "show", run["run_id"].get<std::string>()})["inputs"]["n"]
        == 7);
  const auto listed = read({"schedule", "list"});
  REQUIRE(listed.size() == 1);
  CHECK(listed[0]["id"] == "yearly");
  CHECK(listed[0]["waiting_on"] == "timer");
  CHECK(listed[0]["fired"] == 0); // None of its due times.
  CHECK(read({"schedule", "show", "yearly"})["text"].get<std::string>().find(
          "cron:")
        != std::string::npos);
  CHECK(troupe({"schedule", "list"}).out.find("yearly") != std::string::npos);
  CHECK(troupe({"schedule", "remove", "yearly"}).exit_code == 0);
  CHECK(troupe({"schedule", "show", "yearly"}).exit_code == 3);
  CHECK(troupe({"schedule", "trigger", "yearly"}).exit_code == 3);
}

TEST_CASE_METHOD(scheduled, "a schedule is paused, resumed and backfilled") {
  REQUIRE(troupe({"schedule", "add",
                  write("daily", "every: 1d\noverlap: "
                                 "allow_all\n")})
            .exit_code
          == 0);
  CHECK(
    read({"schedule", "pause", "daily", "--reason", "holidays"})["next_check"]
      .is_null());
  CHECK(troupe({"schedule", "pause", "daily"}).exit_code == 4);
  CHECK(read({"schedule", "show", "daily"})["pause_reason"] == "holidays");
  CHECK(read({"schedule", "resume", "daily"})["next_check"].is_string());
  const auto filled
    = read({"schedule", "backfill", "daily", "--from", "2026-01-01T00:00:00Z",
            "--to", "2026-01-03T12:00:00Z"});
  CHECK(filled["starts"] == 3);
  CHECK(finished_run("daily")["workflow"] == "job");
  // What ran already is left out.
  CHECK(read({"schedule", "backfill", "daily", "--from", "2026-01-01T00:00:00Z",
              "--to", "2026-01-04T12:00:00Z"})["starts"]
        == 1);
  CHECK(troupe({"schedule", "backfill", "daily", "--from",
                "2026-01-01T00:00:00Z", "--to", "soon"})
          .exit_code
        == 2);
}

TEST_CASE_METHOD(scheduled,
                 "a run is stored before its time, and starts at it") {
  REQUIRE(troupe({"schedule", "add", write("often", "every: 1s\n")}).exit_code
          == 0);
  const auto run = finished_run("often");
  auto times = std::map<std::string, std::string>{};
  auto due = std::string{};
  // To the second: some times have a fraction.
  const auto second
    = [](const json& at) { return at.get<std::string>().substr(0, 19); };
  for (const auto& event :
       read({"run", "history", run["run_id"].get<std::string>()})) {
    times[event["event"]] = second(event["at"]);
    if (event["event"] == "submitted")
      due = second(event["not_before"]);
  }
  CHECK(times["submitted"] < due);
  CHECK(times["started"] >= due);
  CHECK(times["task_started"] >= due);
  CHECK(troupe({"schedule", "remove", "often"}).exit_code == 0);
  // What was ahead then was taken back.
  for (const auto& each : read({"run", "list", "--limit", "100"}))
    CHECK(each["status"] != "pending");
}

TEST_CASE_METHOD(scheduled, "wrong schedules are refused") {
  const auto refused
    = troupe({"schedule", "add", write("wrong", "evry: 1h\n")});
  CHECK(refused.exit_code == 2);
  CHECK(refused.err.find("wrong.yaml:5") != std::string::npos);
  const auto cycle
    = troupe({"schedule", "add", write("late", "every: 1h\nafter: [job]\n")});
  CHECK(cycle.exit_code == 4);
  CHECK(cycle.err.find("after itself") != std::string::npos);
  server.send(SIGTERM);
  CHECK(server.wait() == 0);
  CHECK(troupe({"schedule", "add", write("any", "every: 1h\n")}).exit_code
        == 6);
  CHECK(read({"schedule", "list"}).empty());
}
