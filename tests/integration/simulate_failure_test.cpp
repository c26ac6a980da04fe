#include "tests/integration/simulated_store.hpp"
#include "tests/support/program.hpp"

#include <catch2/catch.hpp>
#include <sys/mount.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

using namespace troupe::tests;

// What a simulation leaves that cannot write, and how it goes on.

namespace {

using texts = std::vector<std::string>;

/// A folder on a small disk of its own; needs the right to mount.
class simulation_disk {
public:
  explicit simulation_disk(std::filesystem::path path)
    : path_{std::move(path)} {
    std::filesystem::create_directory(path_);
    is_there_ = mount(0, "size=700k,mode=0777");
  }
  simulation_disk(const simulation_disk&) = delete;
  simulation_disk& operator=(const simulation_disk&) = delete;

  ~simulation_disk() {
    if (is_there_)
      ::umount2(path_.c_str(), MNT_DETACH);
  }

  [[nodiscard]] bool is_there() const noexcept {
    return is_there_;
  }

  void make_room() const {
    REQUIRE(mount(MS_REMOUNT, "size=64m,mode=0777"));
  }

private:
  [[nodiscard]] bool mount(unsigned long flags, const char* options) const {
    return ::mount("none", path_.c_str(), "tmpfs", flags, options) == 0;
  }

  std::filesystem::path path_;
  bool is_there_ = false;
};

/// Simulations in a folder, in which permissions hold.
struct failing_simulations {
  [[nodiscard]] program_result troupe(texts arguments,
                                      const std::string& store = "store.db",
                                      std::string input = {}) const {
    auto asked = program_run{};
    asked.folder = folder.path();
    asked.arguments = std::move(arguments);
    asked.input = std::move(input);
    if (!store.empty())
      asked.arguments.insert(asked.arguments.end(), {"--store", store});
    return run_program(asked);
  }

  [[nodiscard]] texts simulate(const texts& more,
                               std::string census = {}) const {
    if (census.empty())
      census = golden("simulation/census.csv").string();
    auto arguments
      = texts{"simulate", "--census", std::move(census), "--config",
              golden("simulation/scenario.yaml").string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }

  /// Says what is wrong, where, and what to do.
  static void check_refused(const program_result& result, int exit_code,
                            const std::string& file) {
    CAPTURE(result.err);
    CHECK(result.exit_code == exit_code);
    CHECK(result.out.empty());
    CHECK(result.err.find(file + ":") != std::string::npos);
    CHECK(result.err.find("\n  hint: ") != std::string::npos);
  }

  void check_reference(const std::string& out) const {
    for (const auto* name : {"events.csv", "snapshots.csv", "years.json"}) {
      CAPTURE(name);
      const auto is_equal = read_file(folder / out / name)
                            == read_file(golden("simulation") / name);
      CHECK(is_equal);
    }
  }

  [[nodiscard]] bool is_empty(const std::string& out) const {
    return !std::filesystem::exists(folder / out)
           || std::filesystem::is_empty(folder / out);
  }

  [[nodiscard]] std::string simulations() const {
    return troupe({"simulate", "runs"}).out;
  }

  void close(const std::string& name) const {
    namespace fs = std::filesystem;
    fs::create_directory(folder / name);
    fs::permissions(folder / name,
                    fs::perms::owner_read | fs::perms::owner_exec);
  }

  temporary_folder folder;
};

} // namespace

TEST_CASE_METHOD(failing_simulations,
                 "a folder that cannot be written begins no simulation") {
  close("closed");
  folder.write("file", "");
  check_refused(troupe(simulate({"--out", "closed"})), 7, "closed/events.csv");
  check_refused(troupe(simulate({"--out", "closed/new"})), 7, "closed/new");
  check_refused(troupe(simulate({"--out", "file"})), 2, "file");
  check_refused(troupe(simulate({"--out", "closed", "--no-store"}), ""), 7,
                "closed/events.csv");
  CHECK(simulations() == "no simulations are stored yet\n");
  // The results are there all the same, for whoever asks elsewhere.
  REQUIRE(troupe(simulate({})).exit_code == 0);
  check_refused(troupe({"simulate", "--resume", "last", "--out", "closed"}), 7,
                "closed/events.csv");
  const auto resumed
    = troupe({"simulate", "--resume", "last", "--out", "elsewhere"});
  CAPTURE(resumed.err);
  REQUIRE(resumed.exit_code == 0);
  check_reference("elsewhere");
}

TEST_CASE_METHOD(failing_simulations,
                 "results on a full disk leave nothing, and can be had later") {
  const auto disk = simulation_disk{folder / "disk"};
  if (!disk.is_there()) {
    WARN("skipped: this user must not mount a small disk");
    return;
  }
  folder.write("disk/filler", std::string(600'000, 'x'));
  check_refused(troupe(simulate({"--out", "disk/out"})), 6, ".csv");
  CHECK(is_empty("disk/out"));
  check_refused(troupe({"simulate", "--resume", "last", "--out", "disk/out"}),
                6, ".csv");
  CHECK(is_empty("disk/out"));
  disk.make_room();
  const auto resumed
    = troupe({"simulate", "--resume", "last", "--out", "disk/out"});
  CAPTURE(resumed.err);
  REQUIRE(resumed.exit_code == 0);
  check_reference("disk/out");
}

TEST_CASE_METHOD(failing_simulations,
                 "a simulation whose store is full says so, and goes on") {
  const auto world = simulated_world{4'000};
  const auto disk = simulation_disk{folder / "disk"};
  if (!disk.is_there()) {
    WARN("skipped: this user must not mount a small disk");
    return;
  }
  const auto store = std::string{"disk/store.db"};
  const auto failed = troupe(simulate({"--out", "out"}, world.census()), store);
  check_refused(failed, 6, "store.db");
  // Smaller blocks would not help.
  CHECK(failed.err.find("lower level") == std::string::npos);
  CHECK(is_empty("out"));
  disk.make_room();
  // Perhaps there was room for its people, perhaps not.
  const auto resumed
    = troupe({"simulate", "--resume", "last", "--out", "out"}, store);
  CAPTURE(resumed.err);
  if (resumed.exit_code != 0) {
    REQUIRE(resumed.exit_code == 3);
    REQUIRE(troupe(simulate({"--out", "out"}, world.census()), store).exit_code
            == 0);
  }
  REQUIRE(troupe(simulate({"--out", "other"}, world.census()), "").exit_code
          == 0);
  for (const auto* name : {"events.csv", "snapshots.csv", "years.json"}) {
    CAPTURE(name);
    const auto is_equal
      = read_file(folder / "out" / name) == read_file(folder / "other" / name);
    CHECK(is_equal);
  }
}

TEST_CASE_METHOD(failing_simulations,
                 "a census may come through a pipe, with a store or without") {
  const auto census = read_file(golden("simulation/census.csv"));
  const auto stored
    = troupe(simulate({"--out", "one"}, "-"), "store.db", census);
  CAPTURE(stored.err);
  REQUIRE(stored.exit_code == 0);
  check_reference("one");
  REQUIRE(
    troupe(simulate({"--out", "two", "--no-store"}, "-"), "", census).exit_code
    == 0);
  check_reference("two");
  const auto resumed
    = troupe({"simulate", "--resume", "last", "--out", "three"});
  REQUIRE(resumed.exit_code == 0);
  check_reference("three");
  check_refused(troupe(simulate({"--out", "four"}, "-")), 2,
                "(standard input)");
  CHECK(is_empty("four"));
}

TEST_CASE_METHOD(failing_simulations,
                 "results of which a kill left some are made whole") {
  REQUIRE(troupe(simulate({"--out", "out"})).exit_code == 0);
  // As when it comes between the names of two files.
  std::filesystem::remove(folder / "out/snapshots.csv");
  std::filesystem::remove(folder / "out/years.json");
  folder.write("out/run.json", "{}\n");
  REQUIRE(troupe({"simulate", "--resume", "last", "--out", "out"}).exit_code
          == 0);
  check_reference("out");
  CHECK(read_file(folder / "out/run.json").find("\"seed\": 42")
        != std::string::npos);
}

TEST_CASE_METHOD(failing_simulations, "there has to be something to resume") {
  check_refused(troupe({"simulate", "--resume", "last"}), 3, "store.db");
  REQUIRE(troupe(simulate({})).exit_code == 0);
  const auto unknown = troupe({"simulate", "--resume", "7"});
  CHECK(unknown.exit_code == 3);
  CHECK(unknown.err.find("hint: ") != std::string::npos);
}

TEST_CASE_METHOD(failing_simulations, "flags are named as they are typed") {
  const auto refused = troupe(simulate({"--max-workers", "5000"}));
  CHECK(refused.exit_code == 2);
  CHECK(refused.err.find("(key --max-workers)") != std::string::npos);
  CHECK(refused.err.find("hint: ") != std::string::npos);
}
