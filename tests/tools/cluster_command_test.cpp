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

using texts = std::vector<std::string>;

program_result run_in(const temporary_folder& folder,
                      std::vector<std::string> arguments) {
  auto asked = program_run{};
  asked.folder = folder.path();
  asked.arguments = std::move(arguments);
  return run_program(asked);
}

program_result init_cluster(const temporary_folder& folder,
                            std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"cluster", "init"});
  return run_in(folder, std::move(arguments));
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

TEST_CASE("a node is revoked, in a list that OpenSSL reads") {
  const auto folder = temporary_folder{};
  REQUIRE(init_cluster(folder, {"--nodes", "a,b", "--dir", "certs"}).exit_code
          == 0);
  const auto revoke
    = texts{"cluster", "revoke", "b", "--dir", "certs", "--output", "json"};
  const auto revoked = run_in(folder, revoke);
  REQUIRE(revoked.exit_code == 0);
  const auto shown = nlohmann::json::parse(revoked.out);
  CHECK(shown["new"] == true);
  CHECK(shown["list"] == "certs/crl.pem");
  CHECK(shown["revoked"] == 1);
  const auto again = run_in(folder, revoke);
  CHECK(nlohmann::json::parse(again.out)["new"] == false);

  auto openssl = program_run{};
  openssl.folder = folder.path();
  openssl.arguments = {"-c", "openssl crl -in certs/crl.pem -CAfile "
                             "certs/ca.pem -noout -text 2>&1"};
  const auto text = run_command("/bin/sh", openssl).out;
  CHECK(text.find("verify OK") != std::string::npos);
  CHECK(text.find("Serial Number: " + shown["serials"][0].get<std::string>())
        != std::string::npos);
  CHECK(text.find("X509v3 CRL Number") != std::string::npos);

  const auto examined = run_in(folder, {"doctor", "--certificates", "certs"});
  CHECK(examined.exit_code == 1);
  CHECK(examined.out.find("node a: until ") != std::string::npos);
  CHECK(examined.out.find("certs/b.pem: the certificate is revoked")
        != std::string::npos);
  REQUIRE(init_cluster(folder, {"--nodes", "b", "--dir", "certs", "--replace"})
            .exit_code
          == 0);
  const auto whole
    = run_in(folder, {"doctor", "--certificates", "certs", "--output", "json"});
  CHECK(whole.exit_code == 0);
  CHECK(nlohmann::json::parse(whole.out)["nodes"].size() == 2);
}

TEST_CASE("what cannot be revoked or examined is refused") {
  const auto folder = temporary_folder{};
  CHECK(run_in(folder, {"cluster", "revoke", "a", "--dir", "certs"}).exit_code
        == 3);
  CHECK(run_in(folder, {"cluster", "revoke", "A", "--dir", "certs"}).exit_code
        == 2);
  CHECK(run_in(folder, {"cluster", "revoke", "--dir", "certs"}).exit_code == 2);
  CHECK(run_in(folder, {"doctor", "--certificates", "certs"}).exit_code == 3);
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
