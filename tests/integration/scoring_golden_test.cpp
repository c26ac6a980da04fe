#include "tests/actors/scoring/golden_differences.hpp"
#include "tests/actors/scoring/golden_portfolio.hpp"
#include "tests/actors/scoring/simulated_scoring.hpp"
#include "tests/integration/program.hpp"
#include "tests/support/effort.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <sstream>

using namespace troupe;
using namespace troupe::scoring;
using namespace troupe::tests;

namespace {

/// The lines of a file, cells by column. No golden cell is quoted.
golden_table read_table(const std::filesystem::path& path) {
  auto text = std::istringstream{read_file(path)};
  auto line = std::string{};
  const auto split = [&] {
    auto cells = std::vector<std::string>{};
    auto rest = std::istringstream{line + ','};
    for (auto cell = std::string{}; std::getline(rest, cell, ',');)
      cells.push_back(cell);
    return cells;
  };
  std::getline(text, line);
  const auto names = split();
  auto rows = golden_table{};
  while (std::getline(text, line)) {
    const auto cells = split();
    REQUIRE(cells.size() == names.size());
    auto& row = rows.emplace_back();
    for (std::size_t i = 0; i < names.size(); ++i)
      row[names[i]] = cells[i];
  }
  return rows;
}

/// Numbers within the tolerance; everything else, ids and ranks to the letter.
void compare_tables(differences& found, const std::string& name,
                    const golden_table& actual, const golden_table& expected) {
  found.expect(actual.size() == expected.size(), name + " has other rows");
  for (std::size_t row = 0; row < std::min(actual.size(), expected.size());
       ++row)
    for (const auto& [column, cell] : expected[row]) {
      if (column == "case")
        continue;
      const auto cell_name = name + ' ' + std::to_string(row) + ' ' + column;
      const auto is = actual[row].find(column);
      if (is == actual[row].end())
        found.expect(false, cell_name + " is absent");
      else if (is->second != cell) {
        const auto is_exact
          = column.find("rank") != std::string::npos || column == "work_item_id"
            || cell.find_first_of("0123456789") == cell.npos
            || is->second.find_first_of("0123456789") == std::string::npos;
        if (is_exact)
          found.expect(false,
                       cell_name + " is " + is->second + ", not " + cell);
        else
          found.expect(cell_name, std::stod(is->second), std::stod(cell));
      }
    }
}

golden_table rows_of_case(const golden_table& all, const std::string& name) {
  auto rows = golden_table{};
  for (const auto& row : all)
    if (row.at("case") == name)
      rows.push_back(row);
  return rows;
}

} // namespace

TEST_CASE("the program reproduces every golden case in every file") {
  const auto config = read_golden_json("config.json");
  REQUIRE(config.at("cases").size() == 11);
  const auto financial = read_golden_table("expected_financial.csv");
  for (const std::string reading : {"resolved", "shipped"}) {
    const auto from = "expected_" + reading + '/';
    const auto totals = read_golden_table(from + "totals.csv");
    const auto categories = read_golden_table(from + "categories.csv");
    const auto criteria = read_golden_table(from + "criteria.csv");
    const auto summaries = read_golden_json(from + "summary.json");
    for (const auto& entry : config["cases"]) {
      const std::string name = entry.at("name");
      CAPTURE(reading, name);
      const auto folder = temporary_folder{};
      auto run = program{
        {"score", "--items", golden("qvf/items.jsonl").string(), "--config",
         golden("qvf/config.json").string(), "--rules", "compat",
         "--custom-fields", reading, "--case", name, "--no-store",
         "--batch-size", "64", "--workers", "2", "--out", folder.path()},
        folder / "printed"};
      REQUIRE(run.wait() == 0);
      auto found = differences{};
      compare_tables(found, "totals", read_table(folder / "totals.csv"),
                     rows_of_case(totals, name));
      compare_tables(found, "criteria", read_table(folder / "criteria.csv"),
                     criteria);
      compare_tables(found, "financial", read_table(folder / "financial.csv"),
                     financial);
      // Only for cases that have weights of their own.
      if (const auto rows = rows_of_case(categories, name); !rows.empty())
        compare_tables(found, "categories",
                       read_table(folder / "categories.csv"), rows);
      compare_json(found, "summary",
                   nlohmann::json::parse(read_file(folder / "summary.json")),
                   summaries.at(name));
      CHECK(found.text() == "");
    }
  }
}

TEST_CASE("any number of workers and any batch size gives the same files") {
  const auto folder = temporary_folder{};
  const auto items
    = folder.write("items.jsonl", golden_lines_text(effort(3'000)));
  const auto config = golden("qvf/config.json").string();
  const auto names = {"totals.csv", "categories.csv", "criteria.csv",
                      "financial.csv", "summary.json"};
  for (const std::string rules : {"compat", "standard"}) {
    auto expected = std::map<std::string, std::string>{};
    for (const std::string workers : {"1", "2", "4"})
      for (const std::string batch : {"1", "7", "64", "100000"}) {
        CAPTURE(rules, workers, batch);
        const auto out = folder / (rules + workers + '-' + batch);
        const auto scores = out.string() + ".csv";
        auto run = program{{"score", "--items", items, "--config", config,
                            "--rules", rules, "--as-of", "2026-01-31T00:00:00Z",
                            "--no-store", "--workers", workers, "--batch-size",
                            batch, "--out", out, "--scores", scores},
                           folder / "printed"};
        if (run.wait() != 0)
          FAIL(run.output());
        auto files = std::map<std::string, std::string>{};
        files["scores.csv"] = read_file(scores);
        for (const auto* name : names)
          files[name] = read_file(out / name);
        if (expected.empty())
          expected = files;
        REQUIRE(files == expected);
      }
  }
}
