#include "runtime/query/postgres_address.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace troupe::runtime;

namespace {

const auto environment
  = environment_map{{"DB_PASSWORD", "from the environment"}};

outcome<postgres_address> parse(const std::string& text) {
  return parse_postgres_address(text, environment);
}

std::string parameter(const postgres_address& address, const std::string& key) {
  for (const auto& [name, value] : address.parameters)
    if (name == key)
      return value;
  return {};
}

} // namespace

TEST_CASE("an address is named without its password") {
  const auto address
    = parse("postgresql://me:s3cret@db.example.org:6432/plans?sslmode=require");
  REQUIRE(address);
  CHECK(address->name == "postgresql://me@db.example.org:6432/plans");
  CHECK(address->password.reveal() == "s3cret");
  CHECK(parameter(*address, "sslmode") == "require");
  CHECK(parameter(*address, "host") == "db.example.org");
  CHECK(parameter(*address, "password").empty());
  CHECK(parse("postgres:///plans?host=/tmp/socket")->name
        == "postgresql:///plans?host=/tmp/socket");
}

TEST_CASE("a password may be a reference to a secret") {
  const auto address
    = parse("postgresql://me@h/d?password=secret://env/DB_PASSWORD");
  REQUIRE(address);
  CHECK(address->password.reveal() == "from the environment");
  const auto missing = parse("postgresql://me@h/d?password=secret://env/NO");
  CHECK(missing.error().kind == problem_kind::not_found);
  CHECK(missing.error().key == "password");
  CHECK_FALSE(missing.error().hint.empty());
  CHECK(parse("postgresql://me@h/d")->password.reveal().empty());
}

TEST_CASE("a password is taken out of an address that is written down") {
  auto variables = environment_map{};
  const auto bare
    = take_password_out("postgresql://me:p%40ss@db.example.org:5433/plans?"
                        "sslmode=require",
                        "ITEMS", variables);
  CHECK(bare.find("p%40ss") == std::string::npos);
  CHECK(variables == environment_map{{"ITEMS", "p@ss"}});
  const auto address = parse_postgres_address(bare, variables);
  REQUIRE(address);
  const auto whole = parse_postgres_address(
    "postgresql://me:p%40ss@db.example.org:5433/plans?sslmode=require", {});
  REQUIRE(whole);
  CHECK(address->name == whole->name);
  CHECK(address->parameters == whole->parameters);
  CHECK(address->password.reveal() == "p@ss");
}

TEST_CASE("an address without a password stays as it is") {
  auto variables = environment_map{};
  for (const auto* text :
       {"postgresql://me@db/plans", "postgresql:///?password=secret://env/A",
        "postgresql://[broken", "items.jsonl"})
    CHECK(take_password_out(text, "ITEMS", variables) == text);
  CHECK(variables.empty());
}

TEST_CASE("what is no address is refused without being quoted") {
  for (const auto* text :
       {"postgresql://me:s3cret@[::1/d", "postgresql://me:s3cret@h:port:1/d?x",
        "postgresql://me:s3cret@h/d?unknown=s3cret", "host=h password=s3cret",
        "postgresql://me:s3%cret@h/d"}) {
    const auto refused = parse(text);
    CAPTURE(text);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == problem_kind::invalid_input);
    CHECK(render(refused.error()).find("s3c") == std::string::npos);
  }
}
