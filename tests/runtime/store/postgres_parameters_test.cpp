#include "runtime/store/postgres_parameters.hpp"

#include <catch2/catch.hpp>

#include <cmath>

using namespace troupe;
using namespace troupe::runtime;

namespace {

std::string bytes_of(const postgres_parameters& values, std::size_t index) {
  const auto* from = values.pointers()[index];
  return from == nullptr
           ? "NULL"
           : std::string{from,
                         static_cast<std::size_t>(values.lengths()[index])};
}

std::string raw(std::initializer_list<int> bytes) {
  auto result = std::string{};
  for (const auto byte : bytes)
    result += static_cast<char>(byte);
  return result;
}

} // namespace

TEST_CASE("values take PostgreSQL's binary form") {
  auto values = postgres_parameters{};
  values.add(sql_value{std::int64_t{-2}});
  values.add(sql_value{1.0});
  values.add(sql_value{std::string{"text"}});
  values.add(sql_value{std::vector<std::uint8_t>{0, 1}});
  values.add(sql_value{});
  values.add(sql_value{std::nan("")});
  CHECK(values.types() == std::vector<unsigned>{20, 701, 25, 17, 0, 701});
  CHECK(bytes_of(values, 0) == raw({255, 255, 255, 255, 255, 255, 255, 254}));
  CHECK(bytes_of(values, 1) == raw({0x3f, 0xf0, 0, 0, 0, 0, 0, 0}));
  CHECK(bytes_of(values, 2) == "text");
  CHECK(bytes_of(values, 3) == raw({0, 1}));
  CHECK(bytes_of(values, 4) == "NULL");
  CHECK(bytes_of(values, 5) == "NULL");
  CHECK(values.formats() == std::vector<int>(6, 1));

  auto message = messages::SqlValue{};
  message.set_text("");
  values.clear();
  values.add(message);
  values.add(messages::SqlValue{});
  CHECK(values.size() == 2);
  CHECK(bytes_of(values, 0).empty());
  CHECK(bytes_of(values, 1) == "NULL");
}

TEST_CASE("columns become cells and arrays") {
  const auto counts = messages::column{std::vector<std::uint32_t>{1, 7, 2}};
  const auto texts = messages::column{{0, 1, 3}, "abc"};
  auto values = postgres_parameters{};
  values.add_cell(counts, 1);
  values.add_array(counts, 1, 1);
  values.add_array(texts, 0, 2);
  values.add_array(messages::column{std::vector<double>{std::nan("")}}, 0, 1);
  CHECK(values.types() == std::vector<unsigned>{20, 1016, 1009, 1022});
  CHECK(bytes_of(values, 0) == raw({0, 0, 0, 0, 0, 0, 0, 7}));
  CHECK(bytes_of(values, 1)
        == raw({0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 20, 0, 0, 0, 1,
                0, 0, 0, 1, 0, 0, 0, 8, 0, 0, 0, 0,  0, 0, 0, 7}));
  CHECK(bytes_of(values, 2)
        == raw({0, 0, 0, 1, 0, 0, 0, 1, 0,   0, 0, 25, 0, 0,   0,  2,
                0, 0, 0, 1, 0, 0, 0, 1, 'a', 0, 0, 0,  2, 'b', 'c'}));
  CHECK(bytes_of(values, 3).ends_with(raw({255, 255, 255, 255})));
  CHECK(array_type_of(counts) == "bigint[]");
  CHECK(array_type_of(texts) == "text[]");
}
