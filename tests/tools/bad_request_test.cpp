#include "tests/tools/refusal.hpp"

#include <catch2/catch.hpp>
#include <sqlite3.h>
#include <sys/mount.h>

#include <filesystem>
#include <string>

using namespace troupe::tests;

namespace fs = std::filesystem;

namespace {

/// A database that somebody else made.
void make_database(const fs::path& path, const std::string& sql) {
  auto* database = static_cast<sqlite3*>(nullptr);
  REQUIRE(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
  CHECK(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr)
        == SQLITE_OK);
  sqlite3_close(database);
}

/// A folder on a disk of 64 KiB of its own; needs the right to mount.
class small_disk {
public:
  explicit small_disk(fs::path path) : path_{std::move(path)} {
    fs::create_directory(path_);
    is_there_
      = ::mount("none", path_.c_str(), "tmpfs", 0, "size=64k,mode=0777") == 0;
  }
  small_disk(const small_disk&) = delete;
  small_disk& operator=(const small_disk&) = delete;

  ~small_disk() {
    if (is_there_)
      ::umount2(path_.c_str(), MNT_DETACH);
  }

  [[nodiscard]] bool is_there() const noexcept {
    return is_there_;
  }

private:
  fs::path path_;
  bool is_there_ = false;
};

} // namespace

TEST_CASE_METHOD(refusing_program, "an unknown key of a configuration is "
                                   "refused") {
  folder().write("qvf.yaml", "preset: agile\nscoring:\n  risk_penalty: 0.3\n");
  refuses_items("good.jsonl", {2, "qvf.yaml", 3, "scoring.risk_penalty", ""},
                {"--config", "qvf.yaml"});
}

TEST_CASE_METHOD(refusing_program, "weights that do not sum to 1 are refused") {
  folder().write("qvf.yaml", "preset: agile\ncategory_weights:\n"
                             "  business_value: 0.9\n"
                             "  strategic_alignment: 0.2\n"
                             "  customer_value: 0.2\n"
                             "  implementation_complexity: 0.1\n"
                             "  risk_assessment: 0.1\n");
  refuses_items("good.jsonl", {2, "qvf.yaml", 3, "category_weights", "1.5"},
                {"--config", "qvf.yaml"});
}

TEST_CASE_METHOD(refusing_program, "an inconsistent matrix is refused") {
  folder().write("qvf.yaml",
                 "category_weights: {value: 1}\n"
                 "criteria:\n"
                 "- {criterion_id: a, category: value, data_source: a}\n"
                 "- {criterion_id: b, category: value, data_source: b}\n"
                 "- {criterion_id: c, category: value, data_source: c}\n"
                 "weights:\n"
                 "  method: pairwise\n"
                 "  matrix: [[1, 9, 0.125], [0.11111111111111111, 1, 9],"
                 " [8, 0.11111111111111111, 1]]\n");
  refuses_items("good.jsonl", {2, "qvf.yaml", 8, "weights.matrix", "consisten"},
                {"--config", "qvf.yaml"});
}

TEST_CASE_METHOD(refusing_program, "a configuration that is no document is "
                                   "refused") {
  folder().write("qvf.yaml", "criteria: [\n");
  refuses_items("good.jsonl", {2, "qvf.yaml", 2, "", ""},
                {"--config", "qvf.yaml"});
  refuses_items("good.jsonl", {3, "none.yaml", 0, "", ""},
                {"--config", "none.yaml"});
  refuses_items("good.jsonl", {2, "out", 0, "", ""}, {"--config", "out"});
}

TEST_CASE_METHOD(refusing_program, "unknown names are refused") {
  refuses_items("good.jsonl", {3, "", 0, "--preset", "agil"},
                {"--preset", "agil"});
  refuses_items("good.jsonl", {3, "", 0, "--case", "none"}, {"--case", "none"});
  refuses_items("good.jsonl", {2, "", 0, "--as-of", "yesterday"},
                {"--as-of", "yesterday"});
  refuses_items("good.jsonl", {2, "", 0, "--mode", "half"}, {"--mode", "half"});
  refuses_items("good.jsonl", {2, "", 0, "--base", ""}, {"--base", "1"});
  refuses_items("good.jsonl", {3, "", 0, "--base", "run \"7\""},
                {"--base", "7", "--mode", "incremental"});
  refuses_items("good.jsonl", {2, "", 0, "--base", "another configuration"},
                {"--base", "1", "--mode", "real_time", "--preset",
                 "enterprise"});
  refuses(run({"score"}), {2, "", 0, "--items", ""});
}

TEST_CASE_METHOD(refusing_program, "bad settings are refused") {
  refuses_items("good.jsonl", {2, "command line", 0, "--workers", "many"},
                {"--workers", "many"});
  folder().write("bad.yaml", "workers: 2\nworker: 3\n");
  refuses_items("good.jsonl", {2, "bad.yaml", 2, "worker", ""},
                {"--settings", "bad.yaml"});
  auto misspelt = run({"score", "--items", "good.jsonl"});
  misspelt.environment.emplace("TROUPE_WORKER", "2");
  refuses(misspelt, {2, "environment", 0, "TROUPE_WORKER", ""});
}

TEST_CASE_METHOD(refusing_program, "files that cannot be written are refused") {
  refuses_items("good.jsonl", {3, "none/scores.csv", 0, "", ""},
                {"--scores", "none/scores.csv"});
  refuses_items("good.jsonl", {2, "out", 0, "", ""}, {"--scores", "out"});
  fs::create_directory(folder() / "closed");
  fs::permissions(folder() / "closed",
                  fs::perms::owner_read | fs::perms::owner_exec);
  refuses_items("good.jsonl", {7, "closed/new", 0, "", ""},
                {"--out", "closed/new"});
  refuses_items("good.jsonl", {7, "closed/scores.csv", 0, "", ""},
                {"--scores", "closed/scores.csv"});
  refuses_items("good.jsonl", {7, "closed/totals.csv", 0, "", ""},
                {"--out", "closed"});
  refuses_items("good.jsonl", {2, "good.jsonl", 0, "", ""},
                {"--out", "good.jsonl"});
}

TEST_CASE_METHOD(refusing_program, "a full disk is reported") {
  refuses(run({"score", "--items", "good.jsonl", "--scores", "/dev/full",
               "--out", "out"}),
          {6, "/dev/full", 0, "", "No space left"});
  refuses(run({"generate", "portfolio", "--out", "/dev/full"}),
          {6, "/dev/full", 0, "", "No space left"});
  auto full = run({"score", "--items", "good.jsonl", "--no-store"});
  full.output = program_output::full;
  refuses(full, {6, "(standard output)", 0, "", ""});
}

TEST_CASE_METHOD(refusing_program, "a store on a full disk is reported") {
  const auto disk = small_disk{folder() / "disk"};
  if (!disk.is_there()) {
    WARN("skipped: this user must not mount a small disk");
    return;
  }
  const auto made = run_program(
    run({"generate", "portfolio", "--items", "1000", "--out", "items.jsonl"}));
  REQUIRE(made.exit_code == 0);
  const auto result = run_program(
    run({"score", "--items", "items.jsonl", "--store", "disk/store.db"}));
  CAPTURE(result.err);
  CHECK(result.exit_code == 6);
  CHECK(result.out.empty());
  CHECK(result.err.find("hint: ") != std::string::npos);
  CHECK_FALSE(run_program(run({"score", "--items", "items.jsonl", "--store",
                               "new.db", "--out", "disk"}))
                .exit_code
              == 0);
  for (const auto& entry : fs::directory_iterator{folder() / "disk"})
    CHECK(entry.path().filename().string().starts_with("store.db"));
}

TEST_CASE_METHOD(refusing_program, "a store that is none is refused") {
  refuses_items("good.jsonl", {2, "scores.csv", 0, "", "not a database"},
                {"--store", "scores.csv"});
  refuses_items("good.jsonl", {2, "out", 0, "", ""}, {"--store", "out"});
  make_database(folder() / "foreign.db", "CREATE TABLE t (a);");
  refuses_items("good.jsonl", {2, "foreign.db", 0, "", ""},
                {"--store", "foreign.db"});
  fs::copy_file(folder() / "store.db", folder() / "newer.db");
  make_database(folder() / "newer.db",
                "UPDATE troupe_schema SET version = version + 1000");
  refuses_items("good.jsonl", {2, "newer.db", 0, "", ""},
                {"--store", "newer.db"});
}

TEST_CASE_METHOD(refusing_program, "a store that is read-only is refused") {
  fs::create_directory(folder() / "closed");
  fs::copy_file(folder() / "store.db", folder() / "closed/store.db");
  fs::permissions(folder() / "closed/store.db", fs::perms::owner_read);
  fs::permissions(folder() / "closed",
                  fs::perms::owner_read | fs::perms::owner_exec);
  refuses_items("good.jsonl", {6, "closed/store.db", 0, "", ""},
                {"--store", "closed/store.db"});
  refuses_items("good.jsonl", {6, "closed/deeper", 0, "", ""},
                {"--store", "closed/deeper/store.db"});
}

TEST_CASE_METHOD(refusing_program,
                 "a reader that has seen enough is not an error") {
  auto cut = run({"score", "--items", "good.jsonl"});
  cut.output = program_output::closed;
  const auto scored = run_program(cut);
  CHECK(scored.exit_code == 0);
  CHECK(scored.err.empty());
  auto made = run({"generate", "portfolio", "--items", "100000000"});
  made.output = program_output::closed;
  const auto generated = run_program(made);
  CHECK(generated.exit_code == 0);
  CHECK(generated.err.empty());
}
