#include "runtime/http/http_route.hpp"

#include <catch2/catch.hpp>

using namespace troupe::runtime;

TEST_CASE("a target is read with what is encoded in it") {
  const auto target = parse_target("/v1/workflows/a%2Fb?status=a+b%26&x&y=");
  REQUIRE(target);
  CHECK(target->segments == std::vector<std::string>{"v1", "workflows", "a/b"});
  CHECK(target->query
        == std::map<std::string, std::string>{
          {"status", "a b&"}, {"x", ""}, {"y", ""}});
  CHECK(parse_target("/a+b")->segments.front() == "a+b");
  CHECK(parse_target("/")->segments.empty());
  for (const auto* broken :
       {"/%", "/%2", "/%zz", "/%00", "/a?b=%0a", "/?a=1&a=2", "/\x7f"})
    CHECK_FALSE(parse_target(broken));
}

TEST_CASE("the route that fits is found, or what the path takes") {
  const auto routes = std::vector<http_route>{
    {http_method::get, "/runs"},           {http_method::post, "/runs"},
    {http_method::post, "/runs/check"},    {http_method::get, "/runs/{run}"},
    {http_method::get, "/runs/{run}/why"},
  };
  const auto find = [&](http_method method, const char* path) {
    return find_route(routes, method, parse_target(path).value());
  };
  CHECK(find(http_method::post, "/runs").index == 1);
  CHECK(find(http_method::head, "/runs").index == 0);
  CHECK(find(http_method::post, "/runs/check").index == 2);
  const auto check = find(http_method::get, "/runs/check");
  CHECK(check.index == 3);
  CHECK(check.names.at("run") == "check");
  CHECK(find(http_method::get, "/runs/7/why").names.at("run") == "7");
  const auto wrong = find(http_method::remove, "/runs");
  CHECK(wrong.index == routes.size());
  CHECK(wrong.methods == std::vector{http_method::get, http_method::post});
  CHECK(find(http_method::get, "/nothing").methods.empty());
  CHECK(find(http_method::get, "/runs/7/why/x").methods.empty());
}
