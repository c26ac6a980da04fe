#include "cluster/certificates/node_credentials.hpp"
#include "runtime/clock.hpp"
#include "tests/support/places.hpp"
#include "tests/support/program.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::tests;

namespace {

program_result init_cluster(const temporary_folder& folder,
                            std::vector<std::string> arguments) {
  auto asked = program_run{};
  asked.folder = folder.path();
  asked.arguments = {"cluster", "init"};
  asked.arguments.insert(asked.arguments.end(), arguments.begin(),
                         arguments.end());
  return run_program(asked);
}

} // namespace

TEST_CASE("a cluster gets certificates that its nodes can use") {
  const auto folder = temporary_folder{};
  const auto made = init_cluster(folder, {"--nodes", "a,b", "--dir", "certs",
                                          "--output", "json"});
  REQUIRE(made.exit_code == 0);
  CHECK(made.err.empty());
  const auto shown = nlohmann::json::parse(made.out);
  CHECK(shown["new_authority"] == true);
  CHECK(shown["authority"] == "certs/ca.pem");
  CHECK(shown["nodes"][1]["key"] == "certs/b.key");
  for (const auto* node : {"a", "b"})
    CHECK(cluster::read_node_credentials(
      cluster::certificates_in(folder / "certs", node), node,
      runtime::real_clock{}.now()));
}

TEST_CASE("a node is added to a cluster, and never made anew by accident") {
  const auto folder = temporary_folder{};
  REQUIRE(init_cluster(folder, {"--nodes", "a", "--dir", "certs"}).exit_code
          == 0);
  const auto added = init_cluster(folder, {"--nodes", "b", "--dir", "certs"});
  CHECK(added.exit_code == 0);
  CHECK(added.out.starts_with("used the authority certs/ca.pem\n"
                              "made certs/b.pem and its key for node b\n"));
  const auto again = init_cluster(folder, {"--nodes", "a", "--dir", "certs"});
  CHECK(again.exit_code == 4);
  CHECK(again.err.find("certs/a.pem: the file is there already")
        != std::string::npos);
  CHECK(init_cluster(folder, {"--nodes", "a", "--dir", "certs", "--replace"})
          .exit_code
        == 0);
}

TEST_CASE("a cluster of wrong names is refused") {
  const auto folder = temporary_folder{};
  CHECK(init_cluster(folder, {"--nodes", "A", "--dir", "certs"}).exit_code
        == 2);
  CHECK(init_cluster(folder, {"--dir", "certs"}).exit_code == 2);
  CHECK(init_cluster(folder, {"--nodes", "a", "--dir", "certs", "--days", "0"})
          .exit_code
        == 2);
  CHECK(init_cluster(folder, {"--help"}).out.find("ca.key")
        != std::string::npos);
}

TEST_CASE("how busy nodes are is asked at sensible intervals, of somebody") {
  const auto folder = temporary_folder{};
  const auto top = [&](std::vector<std::string> arguments) {
    auto asked = program_run{};
    asked.folder = folder.path();
    asked.arguments = {"cluster", "top", "--socket", "none.sock"};
    asked.arguments.insert(asked.arguments.end(), arguments.begin(),
                           arguments.end());
    return run_program(asked);
  };
  for (const auto* wrong : {"soon", "1ms", "2h"}) {
    const auto refused = top({"--interval", wrong});
    INFO(refused.err);
    CHECK(refused.exit_code == 2);
    CHECK(refused.err.find(wrong) != std::string::npos);
    CHECK(refused.err.find("--interval") != std::string::npos);
  }
  CHECK(top({"--once"}).exit_code == 6);
  CHECK(top({"--help"}).out.find("--output jsonl") != std::string::npos);
}
