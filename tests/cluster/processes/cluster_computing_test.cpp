#include "tests/cluster/processes/process_cluster.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <string>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::tests;

namespace {

namespace fs = std::filesystem;

constexpr auto as_of = "2026-01-31T00:00:00Z";

void run_to_end(const std::vector<std::string>& arguments,
                const fs::path& output) {
  auto run = program{arguments, output};
  const auto code = run.wait();
  INFO(run.output());
  REQUIRE(code == 0);
}

std::string scoring_of(const fs::path& items, const fs::path& out) {
  return "apiVersion: troupe/v1\nkind: Workflow\nid: spread\nsteps:\n"
         "- {id: score, activity: score, with: {items: '"
         + items.string() + "', as_of: '" + as_of + "', out: '" + out.string()
         + "'}}\n";
}

bool says(const std::string& log, const std::string& what,
          const std::string& node) {
  auto lines = log;
  for (std::size_t at = 0; (at = lines.find(what, at)) != std::string::npos;
       ++at) {
    const auto line = lines.substr(at, lines.find('\n', at) - at);
    if (line.find("\"" + node + "\"") != std::string::npos
        || line.find("node=" + node) != std::string::npos)
      return true;
  }
  return false;
}

} // namespace

TEST_CASE("a worker killed in the middle of a scoring costs only its tasks") {
  auto& cluster = whole_cluster();
  const auto& folder = cluster.folder();
  const auto items = folder / "portfolio.jsonl";
  run_to_end({"generate", "portfolio", "--items", "60000", "--out",
              items.string()},
             folder / "generate.txt");
  const auto alone = folder / "alone";
  run_to_end({"score", "--items", items.string(), "--as-of", as_of, "--out",
              alone.string(), "--no-store"},
             folder / "alone.txt");
  const auto leader = cluster.leader();
  const auto spread = folder / "spread";
  const auto run = cluster.submit(scoring_of(items, spread), "spread", leader);
  for (const std::string node : {"v", "w"})
    cluster.await("the leader uses node " + node, [&] {
      return says(cluster.process(leader).output(), "a run uses another node",
                  node);
    });
  cluster.kill("v");
  const auto ended = cluster.await({run});
  INFO(ended.why);
  REQUIRE(ended.completed == 1);
  const auto log = cluster.process(leader).output();
  CHECK(says(log, "runs lose another node", "v"));
  CHECK_FALSE(says(log, "runs lose another node", "w"));
  for (const auto* name : {"totals.csv", "categories.csv", "criteria.csv",
                           "financial.csv", "summary.json"}) {
    INFO(name);
    // Not both texts: they have thousands of lines.
    const auto is_equal = read_file(spread / name) == read_file(alone / name);
    CHECK(is_equal);
  }
  cluster.heal();
  CHECK(cluster.doctor().empty());
}
