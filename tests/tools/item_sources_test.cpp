#include "tests/support/azure_devops_double.hpp"
#include "tests/support/http_server.hpp"
#include "tests/support/places.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/program.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

using namespace troupe;
using namespace troupe::tests;
using nlohmann::json;

namespace {

const auto example = source_dir() / "tools/examples/portfolio-1000.jsonl";
const auto token = std::string{"a-token-nobody-may-see"};

/// Keys of the example, and their types in SQL.
const auto columns = std::vector<std::pair<std::string, std::string>>{
  {"work_item_id", "bigint"},  {"title", "text"},
  {"work_item_type", "text"},  {"state", "text"},
  {"parent_id", "bigint"},     {"business_value_raw", "double precision"},
  {"story_points", "numeric"}, {"complexity_score", "double precision"},
  {"risk_score", "real"},      {"strategy_pillar", "text"},
  {"custom_fields", "json"},   {"financial", "text"},
};

std::vector<json> read_items() {
  auto items = std::vector<json>{};
  auto lines = std::istringstream{read_file(example)};
  for (auto line = std::string{}; std::getline(lines, line);)
    items.push_back(json::parse(line));
  return items;
}

std::string quoted(const std::string& text) {
  auto result = std::string{"'"};
  for (const auto c : text)
    result += c == '\'' ? std::string{"''"} : std::string{c};
  return result + "'";
}

std::string sql_of(const json& value) {
  if (value.is_null())
    return "NULL";
  return value.is_string() ? quoted(value.get<std::string>())
                           : quoted(value.dump());
}

/// Statements that make a table of the example, in a mixed order.
std::string table_of(std::vector<json> items) {
  auto sql = std::string{"BEGIN; CREATE TABLE items ("};
  for (const auto& [name, type] : columns)
    sql += name + " " + type + (name == "financial" ? ");\n" : ", ");
  std::reverse(items.begin(), items.end());
  for (const auto& item : items) {
    sql += "INSERT INTO items VALUES (";
    for (const auto& [name, type] : columns)
      sql += sql_of(item.value(name, json{}))
             + (name == "financial" ? ");\n" : ", ");
  }
  return sql + "COMMIT;";
}

void make_sqlite(const std::filesystem::path& path, const std::string& sql) {
  auto* database = static_cast<sqlite3*>(nullptr);
  REQUIRE(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
  CHECK(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr)
        == SQLITE_OK);
  sqlite3_close(database);
}

class fixture {
public:
  [[nodiscard]] program_result
  run(std::vector<std::string> arguments,
      std::map<std::string, std::string> environment = {}) const {
    auto asked = program_run{};
    asked.arguments = std::move(arguments);
    asked.folder = folder.path();
    asked.environment = std::move(environment);
    asked.environment.emplace("ADO_PAT", token);
    asked.environment.emplace("TROUPE_STORE_PATH", "store/store.db");
    return run_program(asked);
  }

  /// Scores items from somewhere; the totals.
  [[nodiscard]] std::string
  totals(std::vector<std::string> source,
         const std::map<std::string, std::string>& environment = {}) const {
    auto arguments = std::vector<std::string>{
      "score", "--no-store", "--out", "results", "--as-of", "2026-01-31"};
    arguments.insert(arguments.end(), source.begin(), source.end());
    const auto result = run(std::move(arguments), environment);
    INFO(result.err);
    REQUIRE(result.exit_code == 0);
    return read_file(folder / "results/totals.csv");
  }

  /// Checks that a scoring is refused, and leaves nothing behind.
  void refuses(std::vector<std::string> source, int exit_code,
               const std::string& message,
               const std::map<std::string, std::string>& environment
               = {}) const {
    source.insert(source.begin(), "score");
    const auto result = run(source, environment);
    CAPTURE(source, result.err);
    CHECK(result.exit_code == exit_code);
    CHECK(result.out.empty());
    CHECK(result.err.find(message) != std::string::npos);
    CHECK(result.err.find("\n  hint: ") != std::string::npos);
    CHECK(result.err.find("secret word") == std::string::npos);
    CHECK(result.err.find(token) == std::string::npos);
    CHECK(run({"score", "runs", "--output", "json"}).out == "{\"runs\":[]}\n");
    check_store_keeps_secrets_out();
  }

  void check_store_keeps_secrets_out() const {
    if (!std::filesystem::exists(folder / "store"))
      return;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator{folder / "store"}) {
      if (!entry.is_regular_file())
        continue;
      const auto bytes = read_file(entry.path());
      for (const auto* secret : {"secret word", "secret%20word", token.c_str()})
        CHECK(bytes.find(secret) == std::string::npos);
    }
  }

  temporary_folder folder;
};

} // namespace

TEST_CASE_METHOD(fixture, "items of SQLite score as those of a file") {
  make_sqlite(folder / "items.db", table_of(read_items()));
  folder.write("items.sql", "SELECT *\nFROM items\nORDER BY work_item_id;\n");
  const auto expected = totals({"--items", example.string()});
  CHECK(totals({"--items", "sqlite:items.db", "--query-file", "items.sql",
                "--batch-size", "77", "--workers", "3"})
        == expected);
  CHECK(totals({"--items", "sqlite:items.db", "--query",
                "SELECT * FROM items ORDER BY work_item_id"})
        == expected);
}

TEST_CASE_METHOD(fixture, "a wrong query of SQLite is refused with its place") {
  make_sqlite(folder / "items.db", "CREATE TABLE items (id, size);"
                                   "INSERT INTO items VALUES (1, 2)");
  const auto query
    = [&](const std::string& sql, int code, const std::string& message) {
        refuses({"--items", "sqlite:items.db", "--query", sql}, code, message);
      };
  query("SELECT * FROM missing", 2, "sqlite:items.db: no such table: missing");
  query("SELEC 1", 2, "syntax error");
  query("SELECT size FROM items", 2, "there is no column for the id");
  query("SELECT id AS work_item_id FROM items", 2, "no column for any crit");
  query("SELECT 1 AS a; SELECT 2 AS b", 2, "not exactly one SQL statement");
  query("DELETE FROM items", 2, "writes to the database");
  refuses({"--items", "sqlite:no.db", "--query", "SELECT 1"}, 3,
          "sqlite:no.db");
  refuses({"--items", "sqlite:items.db"}, 2, "no query");
  refuses({"--items", "sqlite:items.db", "--query", "a", "--query-file", "b"},
          2, "two queries");
  refuses({"--items", "sqlite:items.db", "--query-file", "none.sql"}, 3,
          "none.sql");
}

TEST_CASE_METHOD(fixture, "items of PostgreSQL score as those of a file") {
  const auto server = postgres_server{};
  server.execute(table_of(read_items()) + "GRANT SELECT ON items TO guest;");
  const auto query = std::vector<std::string>{
    "--query", "SELECT * FROM items ORDER BY work_item_id"};
  const auto from = [&](const std::string& address) {
    return std::vector<std::string>{"--items", address, query[0], query[1]};
  };
  const auto expected = totals({"--items", example.string()});
  CHECK(totals(from(server.address())) == expected);
  const auto guest = server.address("guest");
  CHECK(totals(from(guest), {{"PGPASSWORD", "guest's secret"}}) == expected);
  CHECK(totals(from(guest + "&password=secret://env/MINE"),
               {{"MINE", "guest's secret"}})
        == expected);
  refuses(from(guest + "&password=secret+word"), 7, "postgresql://guest@/post");
  refuses({"--items", server.address(), "--query", "DELETE FROM items"}, 2,
          "read-only transaction");
  refuses({"--items", server.address(), "--query", "SELECT size FROM items"}, 2,
          "line 1, column 8 of the query");
  refuses({"--items", server.address(), "--query", "SELECT 1 AS a"}, 2,
          "no column for the id");
  refuses(
    from("postgresql://guest:secret%20word@/d?host=" + folder.path().string()),
    6, "postgresql://guest@/d");
}

TEST_CASE_METHOD(fixture, "items of Azure DevOps score as those of a file") {
  auto project = azure_devops_double{};
  project.token = token;
  project.ids_listed_max = 300;
  // Throttled, failing, and with a wait asked for with an answer.
  project.troubles[3] = error_reply(429, "TF400733", {{"Retry-After", "0"}});
  project.troubles[6] = error_reply(503, "busy");
  project.troubles[7] = sign_in_page(502);
  auto lines = std::string{};
  for (auto& item : read_items()) {
    project.items[item["work_item_id"]] = fields_of(item);
    item.erase("financial");
    if (item["state"] != "Closed" && item["state"] != "Resolved"
        && item["state"] != "Removed")
      lines += item.dump() + "\n";
  }
  folder.write("items.jsonl", lines);
  const auto server = http_server{
    [&](const runtime::http_request& asked) { return project.answer(asked); }};
  const auto given = totals(
    {"--items", "azure-devops:contoso/My Shop", "--endpoint", server.url()});
  CHECK(given == totals({"--items", "items.jsonl"}));
  CHECK(std::count(given.begin(), given.end(), '\n') > 500);
  CHECK(project.requests().front().url.starts_with(
    "/contoso/My%20Shop/_apis/wit/wiql?"));
  CHECK(project.requests().size() > 10);
}

TEST_CASE_METHOD(fixture, "a refusing Azure DevOps is reported") {
  auto project = azure_devops_double{};
  project.token = token;
  const auto server = http_server{
    [&](const runtime::http_request& asked) { return project.answer(asked); }};
  const auto source = std::vector<std::string>{
    "--items", "azure-devops:contoso/Shop", "--endpoint", server.url()};
  auto empty = std::vector<std::string>{"score", "--no-store"};
  empty.insert(empty.end(), source.begin(), source.end());
  const auto result = run(empty);
  CHECK(result.exit_code == 2);
  CHECK(result.err.find("azure-devops:contoso/Shop: no items to score")
        != std::string::npos);
  refuses(source, 7, "token is not accepted", {{"ADO_PAT", "secret word"}});
  refuses(source, 3, "ADO_PAT is not set", {{"ADO_PAT", ""}});
  auto other = source;
  other.insert(other.end(), {"--token", "secret word"});
  refuses(other, 2, "not a reference to a secret");
  refuses({"--items", "azure-devops:contoso/Shop", "--endpoint",
           "http://example.org"},
          2, "unencrypted");
  refuses({"--items", "azure-devops:contoso/Shop", "--endpoint",
           "http://127.0.0.1:1"},
          6, "azure-devops:contoso/Shop");
  auto condition = source;
  condition.insert(condition.end(), {"--query", "SELECT [System.Id]"});
  refuses(condition, 2, "not a condition");
}
