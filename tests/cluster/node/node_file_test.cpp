#include "cluster/node/node_file.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::cluster;

namespace {

constexpr auto whole_file = R"(apiVersion: troupe/v1
kind: Node
name: a
roles: [coordinator, worker]
listen: 10.0.0.1:7400
certificates: certs
data: data/a
store: postgresql://troupe@db/troupe
peers:
  b: 10.0.0.2:7400
  c: "[fd00::3]:7401"
  d: node-d.internal:7400
jobs: 8
resources: {memory: 2GiB, gpu: 1}
labels: {gpu: true, zone: eu-1}
rebind_window: 5s
lease_length: 4s
stop_grace: 0s
http: "[::1]:7070"
)";

auto parse(const std::string& text) {
  const auto document = runtime::yaml_document::parse(text, "node.yaml");
  REQUIRE(document);
  return parse_node_file(document->root(), "/etc/troupe");
}

/// The file without the line of that key, and with another one.
std::string with(const std::string& key, const std::string& line) {
  auto text = std::string{whole_file};
  const auto begin = text.find(key + ":");
  const auto end = text.find('\n', begin);
  return text.replace(begin, end - begin + 1, line.empty() ? "" : line + "\n");
}

std::string refusal(const std::string& text) {
  const auto read = parse(text);
  REQUIRE_FALSE(read);
  REQUIRE(read.error().size() == 1);
  return runtime::render(read.error().front());
}

} // namespace

TEST_CASE("a node is told who it is, and who the others are") {
  const auto read = parse(whole_file);
  REQUIRE(read);
  CHECK(read->name == "a");
  CHECK(read->roles == node_roles{true, true});
  CHECK(read->listen == node_address{"10.0.0.1", 7400});
  CHECK(read->certificates == "/etc/troupe/certs");
  CHECK(read->data == "/etc/troupe/data/a");
  CHECK(read->store == "postgresql://troupe@db/troupe");
  CHECK(
    read->peers
    == std::map<std::string, node_address>{{"b", {"10.0.0.2", 7400}},
                                           {"c", {"fd00::3", 7401}},
                                           {"d", {"node-d.internal", 7400}}});
  CHECK(read->jobs == 8);
  CHECK(read->resources == std::vector<std::string>{"memory=2GiB", "gpu=1"});
  CHECK(read->labels
        == engine::worker_labels{{"gpu", "true"}, {"zone", "eu-1"}});
  CHECK(read->rebind_window == 5s);
  CHECK(read->lease_length == 4s);
  CHECK(read->stop_grace == 0s);
  CHECK(read->http == runtime::listen_address{"::1", 7070});
}

TEST_CASE("what a node is not told has a usual value") {
  const auto read = parse("apiVersion: troupe/v1\nkind: Node\nname: a\n"
                          "roles: [worker]\nlisten: 127.0.0.1:0\n"
                          "data: /var/lib/troupe\n");
  REQUIRE(read);
  CHECK(read->data == "/var/lib/troupe");
  CHECK(read->certificates.empty());
  CHECK(read->store.empty());
  CHECK(read->peers.empty());
  CHECK(read->jobs == 16);
  CHECK(read->rebind_window == 3s);
  CHECK(read->lease_length == 1'200ms);
  CHECK(read->stop_grace == 10s);
  CHECK_FALSE(read->http);
}

TEST_CASE("a store that is a file is found beside the node's file") {
  const auto read = parse(with("store", "store: troupe.db"));
  REQUIRE(read);
  CHECK(read->store == "/etc/troupe/troupe.db");
}

TEST_CASE("what a node cannot be is refused at its place") {
  CHECK(refusal(with("name", "name: A_1")).starts_with("node.yaml:3:7: "));
  CHECK(refusal(with("roles", "roles: []")).find("does nothing")
        != std::string::npos);
  CHECK(refusal(with("roles", "roles: [leader]")).starts_with("node.yaml:4:"));
  CHECK(refusal(with("roles", "roles: [worker]")).starts_with("node.yaml:8:"));
  CHECK(refusal(with("store", "")).find("a coordinator needs a store")
        != std::string::npos);
  CHECK(refusal(with("listen", "listen: here:7400"))
          .starts_with("node.yaml:5:9: where a node listens is a number"));
  CHECK(refusal(with("certificates", ""))
          .find("other machines could reach the node without a proof")
        != std::string::npos);
  CHECK(refusal(with("  b", "  a: 10.0.0.2:7400")).find("its own peer")
        != std::string::npos);
  CHECK(refusal(with("  b", "  b: 10.0.0.2")).find("is no address")
        != std::string::npos);
  CHECK(refusal(with("jobs", "jobs: 0")).starts_with("node.yaml:13:7: "));
  for (const auto* wrong : {"[gpu]", "{gpu: ''}", "{'g pu': x}", "{a: 'x y'}"})
    CHECK(refusal(with("labels", std::string{"labels: "} + wrong))
            .starts_with("node.yaml:15:"));
  CHECK(refusal(with("labels", "labels: {a: 'x y'}"))
        == "node.yaml:15:13: not a value of the label a: \"x y\" (key "
           "labels.a)\n  hint: letters and digits, with - _ . / between them, "
           "for example gpu=true or zone=eu-1");
  for (const auto* wrong : {"599ms", "61s", "a while"})
    CHECK(refusal(with("lease_length", std::string{"lease_length: "} + wrong))
            .starts_with("node.yaml:17:15: "));
  for (const auto* wrong : {"61m", "-1s", "soon"})
    CHECK(refusal(with("stop_grace", std::string{"stop_grace: "} + wrong))
            .starts_with("node.yaml:18:13: "));
  for (const auto* wrong : {"10.0.0.1:7070", "127.0.0.1", "7070"})
    CHECK(refusal(with("http", std::string{"http: "} + wrong))
            .starts_with("node.yaml:19:7: "));
  CHECK(refusal(with("kind", "kind: Workflow")).starts_with("node.yaml:2:7: "));
  CHECK(refusal(with("jobs", "job: 8")).starts_with("node.yaml:13:1: "));
}

TEST_CASE("all that is wrong is told at once, in order of the file") {
  const auto read
    = parse("apiVersion: troupe/v1\nkind: Node\nname: ''\nroles: [worker]\n"
            "listen: 127.0.0.1:70000\ndata: d\npeers: {b: '7400'}\n");
  REQUIRE_FALSE(read);
  REQUIRE(read.error().size() == 3);
  CHECK(read.error()[0].line == 3);
  CHECK(read.error()[1].line == 5);
  CHECK(read.error()[2].line == 7);
}

TEST_CASE("an address is a host and a port") {
  CHECK(parse_node_address("10.0.0.1:7400") == node_address{"10.0.0.1", 7400});
  CHECK(parse_node_address("[::1]:0") == node_address{"::1", 0});
  for (const auto* wrong : {"", ":", "a:", ":1", "a", "a:b", "a:1b", "a:65536",
                            "a:-1", "::1:7400", "[]:1", "a: 1"})
    CHECK_FALSE(parse_node_address(wrong));
}
