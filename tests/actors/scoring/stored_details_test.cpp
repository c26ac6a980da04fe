#include "actors/scoring/stored_details.hpp"
#include "actors/scoring/work_item.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <string>

namespace troupe::scoring {

namespace {

constexpr auto points = 3.5;

/// Two items: one with everything, one with nothing.
scored_batch make_batch() {
  auto items = item_batch{};
  items.rows = 2;
  items.parents.add("EPIC-1");
  items.parents.add("");
  items.types = {static_cast<std::uint8_t>(work_item_type::bug), 0};
  items.states = {static_cast<std::uint8_t>(work_item_state::removed), 0};
  items.story_points = {points, missing_value};
  items.complexities = {missing_value, missing_value};
  items.risks = {0.0, missing_value};
  auto batch = scored_batch{};
  batch.items = unpack_items(pack(std::move(items))).value();
  return batch;
}

std::string blob_at(const messages::column& blobs, std::size_t row) {
  return std::string{blobs.text(row)};
}

} // namespace

TEST_CASE("what is stored of an item is what its hierarchy needs") {
  const auto blobs = encode_details(make_batch());
  REQUIRE(blobs.size() == 2);
  auto read = item_batch{};
  REQUIRE(append_details(blob_at(blobs, 0), read));
  REQUIRE(append_details(blob_at(blobs, 1), read));
  CHECK(read.parents.characters == "EPIC-1");
  CHECK(read.parents.offsets == std::vector<std::uint32_t>{0, 6, 6});
  CHECK(read.types == std::vector<std::uint8_t>{6, 0});
  CHECK(read.states == std::vector<std::uint8_t>{8, 0});
  CHECK(read.story_points[0] == points);
  CHECK(std::isnan(read.complexities[0]));
  CHECK(read.risks[0] == 0.0);
  for (const auto* numbers :
       {&read.story_points, &read.complexities, &read.risks})
    CHECK(std::isnan((*numbers)[1]));
}

TEST_CASE("an item takes the room of what is known of it") {
  const auto blobs = encode_details(make_batch());
  CHECK(blob_at(blobs, 0).size() == 2 + 2 * sizeof(double) + 6);
  CHECK(blob_at(blobs, 1).empty());
}

TEST_CASE("items without details have empty ones") {
  auto batch = make_batch();
  batch.items.details.clear();
  const auto blobs = encode_details(batch);
  REQUIRE(blobs.size() == 2);
  CHECK(blob_at(blobs, 0).empty());
}

TEST_CASE("details of another shape are refused and leave nothing") {
  const auto blob = blob_at(encode_details(make_batch()), 0);
  auto read = item_batch{};
  auto unknown_type = blob;
  unknown_type[0] = 0x07;
  auto unknown_state = blob;
  unknown_state[0] = static_cast<char>(0x90);
  auto unknown_number = blob;
  unknown_number[1] = 0x08;
  for (const auto& bad : {blob.substr(0, 1), blob.substr(0, 10), unknown_type,
                          unknown_state, unknown_number})
    CHECK_FALSE(append_details(bad, read));
  CHECK(read.types.empty());
  CHECK(read.parents.size() == 0);
}

} // namespace troupe::scoring
