#include "cluster/certificates/node_name.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace troupe;
using namespace troupe::cluster;

TEST_CASE("a name of a node is a label of the DNS in lower case") {
  CHECK(is_node_name("a"));
  CHECK(is_node_name("worker-7"));
  CHECK(is_node_name(std::string(63, 'a')));
  for (const auto& wrong :
       {std::string{}, std::string{"A"}, std::string{"-a"}, std::string{"a-"},
        std::string{"a.b"}, std::string{"a b"}, std::string{"../a"},
        std::string{"*"}, std::string{"ä"}, std::string("a\0b", 3),
        std::string(64, 'a')})
    CHECK_FALSE(is_node_name(wrong));
}

TEST_CASE("a wrong name is refused with the rule") {
  CHECK(check_node_name("a"));
  const auto refused = check_node_name("Node_1");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == runtime::problem_kind::invalid_input);
  CHECK(refused.error().message == "\"Node_1\" is no name of a node");
  CHECK(refused.error().hint.find("hyphens") != std::string::npos);
}
