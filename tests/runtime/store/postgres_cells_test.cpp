#include "runtime/store/postgres_cells.hpp"

#include <catch2/catch.hpp>

using namespace troupe::runtime;

namespace {

/// A decimal as PostgreSQL sends it.
sql_value decimal(std::initializer_list<int> words) {
  auto bytes = std::string{};
  for (const auto word : words) {
    bytes += static_cast<char>((word >> 8) & 0xff);
    bytes += static_cast<char>(word & 0xff);
  }
  return read_postgres_number(1700, bytes);
}

} // namespace

TEST_CASE("whole decimals are integers, others reals") {
  CHECK(decimal({0, 0, 0, 0}) == sql_value{std::int64_t{0}});
  CHECK(decimal({0, 0, 0, 2}) == sql_value{0.0});
  CHECK(decimal({1, 0, 0, 0, 7}) == sql_value{std::int64_t{7}});
  CHECK(decimal({1, 1, 0x4000, 0, 12}) == sql_value{std::int64_t{-120'000}});
  CHECK(decimal({3, 2, 0, 0, 1, 2, 30})
        == sql_value{std::int64_t{100'020'030}});
  CHECK(decimal({1, -1, 0, 4, 5'000}) == sql_value{0.5});
  CHECK(decimal({2, 0, 0x4000, 2, 12, 3'400}) == sql_value{-12.34});
  // More than 64 bits.
  CHECK(decimal({1, 5, 0, 0, 1}) == sql_value{1e20});
  CHECK(decimal({0, 0, 0xC000, 0}) == sql_value{});
  CHECK(decimal({5, 0, 0, 0}) == sql_value{});
}

TEST_CASE("numbers of all sizes are read") {
  using namespace std::string_literals;
  CHECK(read_postgres_number(16, "\1"s) == sql_value{std::int64_t{1}});
  CHECK(read_postgres_number(21, "\xff\xfe"s) == sql_value{std::int64_t{-2}});
  CHECK(read_postgres_number(23, "\xff\xff\xff\xfd"s)
        == sql_value{std::int64_t{-3}});
  CHECK(read_postgres_number(20, "\0\0\0\0\0\0\1\0"s)
        == sql_value{std::int64_t{256}});
  CHECK(read_postgres_number(700, "\x3f\xc0\0\0"s) == sql_value{1.5});
  CHECK(read_postgres_number(25, "7") == sql_value{});
}
