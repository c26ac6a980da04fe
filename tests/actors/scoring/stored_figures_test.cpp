#include "actors/scoring/stored_figures.hpp"

#include <catch2/catch.hpp>

#include <bit>
#include <cstdint>
#include <limits>

namespace troupe::scoring {

namespace {

/// Three items, of which the second one has a financial record.
scored_batch make_batch() {
  auto items = item_batch{};
  items.rows = 3;
  for (std::size_t i = 0; i < financial_figure_count; ++i)
    items.financials.push_back({0.0, static_cast<double>(i) / 3.0, 0.0});
  items.financials[0][1] = -std::numeric_limits<double>::infinity();
  items.financials[1][1] = missing_value;
  items.has_financials = {0, 1, 0};
  auto batch = scored_batch{};
  batch.items = unpack_items(pack(std::move(items))).value();
  return batch;
}

} // namespace

TEST_CASE("kept figures are read as they were, bit by bit") {
  const auto batch = make_batch();
  const auto blobs = encode_figures(batch, figure_keeping::kept);
  REQUIRE(blobs.size() == 3);
  CHECK(blobs.text(0).empty());
  CHECK(blobs.text(2).empty());
  const auto read = decode_figures(blobs.text(1));
  REQUIRE(read);
  for (std::size_t i = 0; i < read->size(); ++i)
    CHECK(
      std::bit_cast<std::uint64_t>((*read)[i])
      == std::bit_cast<std::uint64_t>(batch.items.financials[i].doubles()[1]));
}

TEST_CASE("figures that are not kept take no room") {
  const auto blobs = encode_figures(make_batch(), figure_keeping::dropped);
  REQUIRE(blobs.size() == 3);
  CHECK(blobs.text_characters().empty());
  auto without = item_batch{};
  without.rows = 2;
  auto batch = scored_batch{};
  batch.items = unpack_items(pack(std::move(without))).value();
  CHECK(encode_figures(batch, figure_keeping::kept).text(1).empty());
}

TEST_CASE("figures of another shape are not read") {
  const auto blobs = encode_figures(make_batch(), figure_keeping::kept);
  CHECK_FALSE(decode_figures(""));
  CHECK_FALSE(decode_figures(blobs.text(1).substr(1)));
}

TEST_CASE("the context of a run says whether figures are kept") {
  auto context = messages::ScoringContext{};
  CHECK(keeping_of(context) == figure_keeping::dropped);
  context.set_keep_figures(true);
  CHECK(keeping_of(context) == figure_keeping::kept);
}

} // namespace troupe::scoring
