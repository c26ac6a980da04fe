#include "tests/tools/refusal.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <utility>

namespace troupe::tests {

namespace fs = std::filesystem;

namespace {

/// Larger files are not compared by content.
constexpr auto compared_bytes_max = std::uintmax_t{1} << 20;

std::size_t count(std::string_view text, std::string_view part) {
  auto found = std::size_t{0};
  for (auto at = text.find(part); at != std::string_view::npos;
       at = text.find(part, at + part.size()))
    ++found;
  return found;
}

std::string place_of(const refusal& expected) {
  auto place = expected.file;
  if (expected.line != 0)
    place += ":" + std::to_string(expected.line);
  return place;
}

/// How many runs a store has. Its bytes say nothing: opening it writes.
std::string stored_runs(const fs::path& path) {
  auto* database = static_cast<sqlite3*>(nullptr);
  auto* query = static_cast<sqlite3_stmt*>(nullptr);
  auto runs = std::string{"no store"};
  if (sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READONLY, nullptr)
        == SQLITE_OK
      && sqlite3_prepare_v2(database, "SELECT count(*) FROM scoring_runs", -1,
                            &query, nullptr)
           == SQLITE_OK
      && sqlite3_step(query) == SQLITE_ROW)
    runs = std::to_string(sqlite3_column_int(query, 0)) + " runs";
  sqlite3_finalize(query);
  sqlite3_close(database);
  return runs;
}

/// "name: before -> after" for all that changed.
std::string differences(const std::map<std::string, std::string>& before,
                        const std::map<std::string, std::string>& after) {
  auto text = std::string{};
  for (const auto& [name, state] : before)
    if (const auto now = after.find(name); now == after.end())
      text += name + " is gone; ";
    else if (now->second != state)
      text += name + ": " + state + " -> " + now->second + "; ";
  for (const auto& [name, state] : after)
    if (before.count(name) == 0)
      text += name + " is new; ";
  return text;
}

} // namespace

refusing_program::refusing_program() {
  folder_.write("good.jsonl",
                R"({"work_item_id":1,"story_points":3,"financial":{}})"
                "\n");
  folder_.write("scores.csv", "kept\n");
  fs::create_directory(folder_ / "out");
  folder_.write("out/totals.csv", "kept\n");
  const auto stored = run_program(run({"score", "--items", "good.jsonl"}));
  INFO(stored.err);
  REQUIRE(stored.exit_code == 0);
  REQUIRE(content().at("store.db") == "1 runs");
}

program_run refusing_program::run(std::vector<std::string> arguments) const {
  auto asked = program_run{};
  asked.arguments = std::move(arguments);
  asked.folder = folder_.path();
  asked.environment["TROUPE_STORE_PATH"] = (folder_ / "store.db").string();
  return asked;
}

std::map<std::string, std::string> refusing_program::content() const {
  auto files = std::map<std::string, std::string>{};
  for (const auto& entry : fs::recursive_directory_iterator{
         folder_.path(), fs::directory_options::skip_permission_denied}) {
    auto name = fs::relative(entry.path(), folder_.path()).string();
    auto state = std::string{"other"};
    if (entry.is_regular_file())
      state = std::to_string(entry.file_size());
    const auto is_readable
      = entry.is_regular_file() && entry.file_size() < compared_bytes_max
        && (entry.status().permissions() & fs::perms::owner_read)
             != fs::perms::none;
    if (name == "store.db")
      state = stored_runs(entry.path());
    else if (is_readable)
      state = read_file(entry.path());
    if (!name.starts_with("store.db-") && name != "store.db.lock")
      files.emplace(std::move(name), std::move(state));
  }
  return files;
}

void refusing_program::check_text(const program_run& run,
                                  const refusal& expected) const {
  const auto before = content();
  const auto result = run_program(run);
  CAPTURE(result.err, result.out);
  CHECK(result.exit_code == expected.exit_code);
  CHECK(result.out.empty());
  CHECK(result.err.starts_with("troupe: " + place_of(expected)));
  CHECK(count(result.err, "troupe: ") == 1);
  CHECK(count(result.err, "\n  hint: ") == 1);
  CHECK(count(result.err, "\n") == 2);
  CHECK(result.err.find(expected.message) != std::string::npos);
  if (!expected.key.empty())
    CHECK(result.err.find("(key " + expected.key + ")") != std::string::npos);
  CHECK(differences(before, content()) == "");
}

void refusing_program::check_json(program_run run,
                                  const refusal& expected) const {
  const auto before = content();
  run.arguments.insert(run.arguments.end(), {"--output", "json"});
  const auto result = run_program(run);
  CAPTURE(result.err, result.out);
  CHECK(result.exit_code == expected.exit_code);
  CHECK(result.out.empty());
  CHECK(count(result.err, "\n") == 1);
  const auto error = nlohmann::json::parse(result.err, nullptr, false);
  REQUIRE(error.is_object());
  CHECK_FALSE(error.value("kind", "").empty());
  CHECK_FALSE(error.value("hint", "").empty());
  CHECK(error.value("file", "") == expected.file);
  CHECK(error.value("line", std::size_t{0}) == expected.line);
  CHECK(error.value("key", "") == expected.key);
  CHECK(error.value("message", "").find(expected.message) != std::string::npos);
  CHECK(differences(before, content()) == "");
}

void refusing_program::refuses(const program_run& run,
                               const refusal& expected) const {
  check_text(run, expected);
  check_json(run, expected);
}

void refusing_program::refuses_items(const std::string& file,
                                     const refusal& expected,
                                     std::vector<std::string> flags) const {
  auto arguments = std::vector<std::string>{"score", "--items", file};
  for (const auto& [flag, value] :
       {std::pair{"--scores", "scores.csv"}, std::pair{"--out", "out"}})
    if (std::find(flags.begin(), flags.end(), flag) == flags.end())
      arguments.insert(arguments.end(), {flag, value});
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  refuses(run(std::move(arguments)), expected);
}

void refusing_program::refuses_text(const std::string& items,
                                    const refusal& expected) const {
  folder_.write("items.jsonl", items);
  refuses_items("items.jsonl", expected);
}

} // namespace troupe::tests
