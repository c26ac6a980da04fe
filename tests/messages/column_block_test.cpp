#include "messages/column_block.hpp"

#include <catch2/catch.hpp>

using namespace troupe::messages;

namespace {

column_block make_block() {
  return column_block{{
    column{std::vector<double>{1.5, 2.5, 3.5}},
    column{std::vector<std::int64_t>{-1, 0, 1}},
    column{std::vector<std::uint32_t>{7, 8, 9}},
    column{std::vector<std::uint8_t>{1, 0, 1}},
    column{{0, 1, 3, 3}, "abc"},
    column::blobs({0, 2, 2, 3}, std::string{"\0\xFFx", 3}),
  }};
}

} // namespace

TEST_CASE("a block survives the wire") {
  const auto sent = make_block();
  const auto received = column_block::from_message(sent.to_message());
  REQUIRE(received);
  REQUIRE(received->size() == 6);
  CHECK((*received)[0].doubles()[2] == 3.5);
  CHECK((*received)[1].integers()[0] == -1);
  CHECK((*received)[2].counts()[1] == 8);
  CHECK((*received)[3].bytes()[2] == 1);
  CHECK((*received)[4].text(1) == "bc");
  CHECK((*received)[4].text(2).empty());
  CHECK((*received)[5].type() == column::kind::blobs);
  CHECK((*received)[5].text(0) == std::string_view{"\0\xFF", 2});
}

TEST_CASE("a slice shares the values and survives the wire") {
  const auto block = make_block();
  const auto slice = block.slice(1, 2);
  CHECK(slice[0].doubles().data() == block[0].doubles().data() + 1);
  const auto received = column_block::from_message(slice.to_message());
  REQUIRE(received);
  CHECK((*received)[0].doubles()[0] == 2.5);
  CHECK((*received)[4].text(0) == "bc");
}

TEST_CASE("a block that contradicts itself is refused") {
  auto message = make_block().to_message();
  SECTION("half a number") {
    message.mutable_columns(0)->mutable_values()->pop_back();
  }
  SECTION("an offset outside the characters") {
    message.mutable_columns(4)->mutable_values()->pop_back();
  }
  SECTION("offsets that fall") {
    const std::uint32_t offsets[] = {0, 3, 1, 3};
    message.mutable_columns(4)->set_offsets(offsets, sizeof offsets);
  }
  SECTION("an unknown kind") {
    message.mutable_columns(1)->set_kind(static_cast<Column::Kind>(99));
  }
  CHECK_FALSE(column_block::from_message(message));
}

TEST_CASE("a column may share values of somebody else, and keeps them alive") {
  const auto owner = std::make_shared<std::vector<std::int64_t>>(
    std::vector<std::int64_t>{4, 5});
  const auto uses = owner.use_count();
  {
    const auto shared
      = column::borrow(std::span<const std::int64_t>{*owner}, owner);
    CHECK(owner.use_count() > uses);
    CHECK(shared.integers().data() == owner->data());
    CHECK(shared.slice(1, 1).integers()[0] == 5);
  }
  CHECK(owner.use_count() == uses);
}

TEST_CASE("shared texts begin anywhere, and survive the wire") {
  const auto offsets = std::vector<std::uint32_t>{1, 3, 4};
  const auto shared = column::borrow(offsets, "abcdef", nullptr);
  REQUIRE(shared.size() == 2);
  CHECK(shared.text(0) == "bc");
  const auto received
    = column_block::from_message(column_block{{shared}}.to_message());
  REQUIRE(received);
  CHECK((*received)[0].text(1) == "d");
  CHECK_THROWS(column::borrow(offsets, "abc", nullptr));
}
