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
