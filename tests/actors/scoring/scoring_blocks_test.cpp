#include "actors/scoring/scored_batch.hpp"
#include "actors/scoring/scoring_blocks.hpp"
#include "tests/actors/scoring/scored_batches.hpp"

#include <catch2/catch.hpp>

#include <random>
#include <string>

using namespace troupe;
using namespace troupe::scoring;
using namespace troupe::tests;

using messages::column;
using messages::column_block;

namespace {

std::string bytes_of(const column_block& block) {
  return block.to_message().SerializeAsString();
}

/// Compares, and spares the reader of a failure the bytes.
bool is_same(const column_block& left, const column_block& right) {
  return bytes_of(left) == bytes_of(right);
}

column_block over_the_wire(const column_block& block) {
  auto message = messages::ColumnBlock{};
  REQUIRE(message.ParseFromString(bytes_of(block)));
  return column_block::from_message(message).value();
}

std::vector<column> columns_of(const column_block& block) {
  auto columns = std::vector<column>{};
  for (std::size_t i = 0; i < block.size(); ++i)
    columns.push_back(block[i]);
  return columns;
}

column some_column(std::mt19937_64& random) {
  const auto size = static_cast<std::size_t>(random() % 12);
  switch (random() % 5) {
    case 0:
      return column{std::vector<double>(size, 0.5)};
    case 1:
      return column{std::vector<std::int64_t>(size, -1)};
    case 2:
      return column{
        std::vector<std::uint32_t>(size, static_cast<std::uint32_t>(random()))};
    case 3:
      return column{std::vector<std::uint8_t>(size, 1)};
    default:
      return column{std::vector<std::uint32_t>(size + 1, 0), std::string{}};
  }
}

/// A block like this one, but with a column lost, doubled or replaced, or
/// another number in a header.
column_block mutated(const column_block& block, std::mt19937_64& random) {
  auto columns = columns_of(block);
  const auto at = random() % columns.size();
  const auto place = columns.begin() + static_cast<std::ptrdiff_t>(at);
  switch (random() % 4) {
    case 0:
      columns.erase(place);
      break;
    case 1:
      columns.insert(place, columns[random() % columns.size()]);
      break;
    case 2:
      *place = some_column(random);
      break;
    default:
      if (place->type() == column::kind::counts && place->size() != 0) {
        const auto counts = place->counts();
        auto changed = std::vector<std::uint32_t>(counts.begin(), counts.end());
        changed[random() % changed.size()] = static_cast<std::uint32_t>(
          random() % 2 == 0 ? random() % 30 : random());
        *place = column{std::move(changed)};
      } else {
        *place = column{};
      }
  }
  return column_block{std::move(columns)};
}

} // namespace

TEST_CASE("items survive packing, and the wire") {
  auto batch = sample_items(5);
  const auto block = pack(item_batch{batch});
  const auto items = unpack_items(over_the_wire(block));
  REQUIRE(items);
  CHECK(items->rows == 5);
  CHECK(items->has_ids);
  CHECK(items->ids.text(3) == "id-3");
  CHECK(items->titles.text(4) == "title 4");
  CHECK(items->values.size() == 2);
  CHECK(items->financials.size() == financial_figure_count);
  CHECK(items->details.size() == 6);
  CHECK(items->view().values[1][2] == batch.values[1][2]);
  CHECK(bytes_of(pack(*items)) == bytes_of(block));
}

TEST_CASE("items without ids, titles, money or details survive packing") {
  auto batch = item_batch{};
  batch.rows = 2;
  batch.values = {{1.0, 2.0}};
  const auto items = unpack_items(over_the_wire(pack(std::move(batch))));
  REQUIRE(items);
  CHECK_FALSE(items->has_ids);
  CHECK(items->details.empty());
  CHECK(items->view().has_financials.empty());
}

TEST_CASE("a slice has the rows that were asked for, and so has a gathering") {
  const auto items = unpack_items(pack(sample_items(6))).value();
  const auto rows = std::vector<std::uint32_t>{2, 3, 4};
  const auto sliced = slice(items, 2, 3);
  const auto gathered = gather(items, rows);
  CHECK(sliced.rows == 3);
  CHECK(sliced.ids.text(0) == "id-2");
  CHECK(bytes_of(pack(sliced)) == bytes_of(pack(gathered)));
  CHECK(unpack_items(pack(sliced)));
}

TEST_CASE("a batch of a result survives packing, and the wire") {
  const auto batch = sample_scored(4);
  const auto block = pack(batch);
  const auto received = unpack_scored(over_the_wire(block));
  REQUIRE(received);
  CHECK(received->rows() == 4);
  CHECK(received->first_row == batch.first_row);
  CHECK(received->id(1) == "id-1");
  CHECK(received->overall_ranks.counts()[3] == 4);
  CHECK(bytes_of(pack(*received)) == bytes_of(block));
}

TEST_CASE("a whole result survives packing, and the wire") {
  const auto batches
    = std::vector<scored_batch>{sample_scored(4), sample_scored(1)};
  const auto block = pack(batches);
  const auto received = unpack_result(over_the_wire(block));
  REQUIRE(received);
  REQUIRE(received->size() == 2);
  CHECK(bytes_of(pack(*received)) == bytes_of(block));
  CHECK(unpack_result(pack(std::vector<scored_batch>{}))->empty());
}

TEST_CASE("an item without an id is called by its row in the portfolio") {
  auto batch = sample_scored(4);
  batch.items.has_ids = false;
  batch.first_row = 40;
  CHECK(batch.id(2) == "42");
}

TEST_CASE("a block that contradicts itself is refused") {
  const auto refuses = [](auto change) {
    auto columns = columns_of(pack(sample_items(3)));
    change(columns);
    return !unpack_items(column_block{std::move(columns)});
  };
  CHECK(refuses([](auto& columns) { columns.clear(); }));
  CHECK(refuses([](auto& columns) { columns.pop_back(); }));
  CHECK(refuses([](auto& columns) { // A row too few.
    columns[1] = columns[1].slice(0, 2);
  }));
  CHECK(refuses([](auto& columns) { // Flags of another kind.
    columns[4] = column{std::vector<double>{}};
  }));
  CHECK(refuses([](auto& columns) { // Values of another kind.
    columns[5] = column{std::vector<std::int64_t>{1, 2, 3}};
  }));
  CHECK(refuses([](auto& columns) { // A detail of another kind.
    columns.back() = column{std::vector<std::uint8_t>{1, 2, 3}};
  }));
  CHECK(refuses([](auto& columns) { // One figure only.
    columns[0] = column{std::vector<std::uint32_t>{3, 1, 2, 1, 6}};
    columns.erase(columns.begin() + 8,
                  columns.begin() + 7 + financial_figure_count);
  }));
}

TEST_CASE("10,000 damaged blocks are refused or can be read to the end") {
  auto random = std::mt19937_64{8};
  const auto items = pack(sample_items(4));
  const auto scored = pack(sample_scored(4));
  const auto result = pack(std::vector{sample_scored(4), sample_scored(2)});
  auto refused = 0;
  for (auto round = 0; round < 10'000; ++round) {
    auto block = mutated(items, random);
    if (const auto received = unpack_items(block))
      REQUIRE(received->view().rows == received->rows);
    else
      ++refused;
    block = mutated(scored, random);
    if (const auto received = unpack_scored(block))
      REQUIRE(is_same(pack(*received), block));
    block = mutated(mutated(result, random), random);
    if (const auto received = unpack_result(block))
      REQUIRE(is_same(pack(*received), block));
  }
  CHECK(refused > 5'000);
}
