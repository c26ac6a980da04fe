#include "cluster/node/node_file.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <set>
#include <string>

using namespace troupe;
using namespace troupe::cluster;
using namespace troupe::tests;
using nlohmann::json;

TEST_CASE("the schema of nodes has the keys that the reader knows") {
  const auto schema
    = json::parse(read_file(source_dir() / "tools/schema/node.schema.json"));
  auto in_schema = std::set<std::string>{};
  for (const auto& [name, rest] : schema.at("properties").items())
    in_schema.insert(name);
  CHECK(in_schema
        == std::set<std::string>{node_file_keys.begin(), node_file_keys.end()});

  // The reader, asked itself: of these it objects to no name, of others it
  // does; and what the schema requires it misses.
  auto text = std::string{};
  for (const auto& key : node_file_keys)
    text += std::string{key} + ": {}\n";
  const auto refused = [](const std::string& document) {
    const auto parsed = runtime::yaml_document::parse(document, "node.yaml");
    REQUIRE(parsed);
    const auto read = parse_node_file(parsed->root(), "/");
    REQUIRE_FALSE(read);
    auto messages = std::string{};
    for (const auto& reason : read.error())
      messages += reason.message + "\n";
    return messages;
  };
  CHECK(refused(text).find("unknown key") == std::string::npos);
  CHECK(refused(text + "qqq: 1\n").find("unknown key \"qqq\"")
        != std::string::npos);
  auto missing = std::set<std::string>{};
  const auto messages = refused("{}");
  for (const auto& key : node_file_keys)
    if (messages.find("\"" + std::string{key} + "\"") != std::string::npos)
      missing.insert(std::string{key});
  CHECK(missing == schema.at("required").get<std::set<std::string>>());
}
