#include "runtime/config/problem_order.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace troupe::runtime;

namespace {

problem at(std::size_t line, std::size_t column, std::string message) {
  auto reason = problem{};
  reason.message = std::move(message);
  reason.line = line;
  reason.column = column;
  reason.key = "a.key";
  reason.hint = "a hint";
  return reason;
}

} // namespace

TEST_CASE("problems are told in the order of their file") {
  const auto told = in_file_order(
    {at(2, 1, "d"), at(1, 9, "c"), at(1, 2, "a"), at(1, 2, "b")});
  auto order = std::string{};
  for (const auto& each : told)
    order += each.message;
  CHECK(order == "abcd");
  CHECK(in_file_order({}).empty());
}

TEST_CASE("problems beyond the limit are counted") {
  const auto told = in_file_order(
    {at(4, 1, "d"), at(3, 1, "c"), at(2, 1, "b"), at(1, 1, "a")}, 2);
  REQUIRE(told.size() == 3);
  CHECK(told[1].message == "b");
  CHECK(told[2].message == "and 2 more problems");
  CHECK(told[2].line == 3);
  CHECK(told[2].key.empty());
  CHECK(told[2].hint.empty());
}
