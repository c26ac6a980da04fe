#include "cluster/computing/block_frame.hpp"
#include "messages/computing.pb.h"

#include <catch2/catch.hpp>

#include <cstring>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

using namespace troupe;
using namespace troupe::cluster;

using messages::column;
using messages::column_block;

namespace {

column_block block_of(std::vector<column> columns) {
  return column_block{std::move(columns)};
}

/// One column of each kind, the last but one cut out of a longer one.
column_block sample() {
  const auto texts = column{{0, 3, 3, 8, 9}, "onethree!"};
  return block_of(
    {column{std::vector{1.5, -2.0}}, column{std::vector<std::int64_t>{-7}},
     column{std::vector<std::uint32_t>{1, 2, 3}}, column{std::string{"bytes"}},
     texts.slice(1, 2), column::blobs({0, 1, 4}, std::string{"\0abc", 4})});
}

/// What another node makes of a body; its message is gone with that.
runtime::outcome<block_frame> read(std::string body) {
  const auto kept = std::make_shared<const std::string>(std::move(body));
  return read_frame(*kept, kept);
}

std::string bytes_of(const column_block& block) {
  return block.to_message().SerializeAsString();
}

/// A body with this layout, and columns of so many bytes.
std::string body_of(const messages::BlockLayout& layout, std::size_t bytes) {
  const auto text = layout.SerializeAsString();
  auto body = write_frame(1, "m", {});
  const auto size = static_cast<std::uint32_t>(text.size());
  std::memcpy(body.data() + 8, &size, sizeof size);
  body.resize(25);
  body += text;
  body.resize((body.size() + 7) / 8 * 8 + bytes);
  return body;
}

/// With one column of that kind and size.
messages::BlockLayout layout_of(std::uint32_t kind, std::uint64_t size) {
  auto layout = messages::BlockLayout{};
  layout.add_columns()->set_kind(kind);
  layout.mutable_columns(0)->set_size(size);
  return layout;
}

constexpr auto doubles = std::uint32_t{1};
constexpr auto texts = std::uint32_t{5};

} // namespace

TEST_CASE("a block arrives as it was, with its message and its session") {
  const auto sent = sample();
  auto body = write_frame(7, "a message", sent);
  CHECK(body.size() % 8 == 0);
  CHECK(session_of_frame(body) == 7);
  const auto kept = std::make_shared<const std::string>(std::move(body));
  const auto frame = read_frame(*kept, kept);
  REQUIRE(frame);
  CHECK(frame->session == 7);
  CHECK(frame->message == "a message");
  CHECK(bytes_of(frame->block) == bytes_of(sent));
  CHECK(frame->block[4].text(1) == "three");
}

TEST_CASE("an answer does not repeat what its task came with") {
  const auto numbers = [](double last) {
    auto values = std::vector<double>(500);
    for (auto at = std::size_t{0}; at < values.size(); ++at)
      values[at] = 1 / (static_cast<double>(at) + 3);
    values.back() = last;
    return column{std::move(values)};
  };
  const auto task = block_of({numbers(1), column{std::string(4'000, 'x')},
                              numbers(2), column{std::vector<double>{}}});
  const auto answer
    = block_of({numbers(2), numbers(3), column{std::vector<double>{}},
                column{std::string(4'000, 'x')}, numbers(1)});
  const auto body
    = std::make_shared<const std::string>(write_frame(0, "", answer, {}, task));
  CHECK(body->size() > 4'000);
  CHECK(body->size() < 4'500); // One column of five.
  const auto frame = read_frame(*body, body, {}, task);
  REQUIRE(frame);
  CHECK(bytes_of(frame->block) == bytes_of(answer));
  CHECK(frame->block[0].doubles().data() == task[2].doubles().data());
  const auto refused = read_frame(*body, body);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("was not given") != std::string::npos);
}

TEST_CASE("columns lie in the body, and keep it") {
  auto kept = std::make_shared<const std::string>(write_frame(1, "", sample()));
  const auto frame = read_frame(*kept, kept).value();
  const auto* values
    = reinterpret_cast<const char*>(frame.block[0].doubles().data());
  CHECK(values > kept->data());
  CHECK(values < kept->data() + kept->size());
  kept.reset();
  CHECK(frame.block[0].doubles()[1] == -2.0);
}

TEST_CASE("bytes at any place in memory can be read") {
  const auto sent = write_frame(1, "", sample());
  for (std::size_t shift = 1; shift < 8; ++shift) {
    const auto moved
      = std::make_shared<const std::string>(std::string(shift, 'x') + sent);
    const auto frame
      = read_frame(std::string_view{*moved}.substr(shift), moved);
    REQUIRE(frame);
    CHECK(bytes_of(frame->block) == bytes_of(sample()));
  }
}

TEST_CASE("columns that share their memory travel once") {
  const auto big = column{std::vector<double>(1'000, 0.5)};
  const auto once = write_frame(1, "", block_of({big}));
  const auto thrice = write_frame(1, "", block_of({big, big, big}));
  CHECK(thrice.size() < once.size() + 100);
  const auto frame = read(thrice).value();
  REQUIRE(frame.block.size() == 3);
  CHECK(frame.block[2].doubles().data() == frame.block[0].doubles().data());
  // The beginning of a column is another one.
  const auto part = read(write_frame(1, "", block_of({big, big.slice(0, 9)})));
  CHECK(part->block[1].size() == 9);
}

TEST_CASE("empty blocks and columns arrive, too") {
  CHECK(read(write_frame(1, "", {}))->block.empty());
  const auto sent = block_of({column{}, column{}, column{std::vector<double>{}},
                              column{{0}, ""}, column{std::string{"end"}}});
  CHECK(bytes_of(read(write_frame(1, "", sent))->block) == bytes_of(sent));
}

TEST_CASE("what is cut off anywhere is refused") {
  const auto whole = write_frame(1, "a message", sample());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    INFO(size);
    const auto frame = read(whole.substr(0, size));
    REQUIRE_FALSE(frame);
    CHECK(frame.error().kind == runtime::problem_kind::invalid_input);
  }
  CHECK_FALSE(read(whole + std::string(8, '\0')));
}

TEST_CASE("any byte may be wrong, and nothing breaks") {
  const auto whole = write_frame(1, "a message", sample());
  for (std::size_t at = 0; at < whole.size(); ++at)
    for (const auto flip : {0x01, 0x80, 0xff}) {
      auto wrong = whole;
      wrong[at] = static_cast<char>(wrong[at] ^ flip);
      // What it holds then is for whoever unpacks it.
      if (const auto frame = read(wrong))
        CHECK(frame->block.size() <= whole.size());
    }
}

TEST_CASE("another version is refused, and says so") {
  auto body = write_frame(1, "", sample());
  body[0] = 5;
  const auto frame = read(body);
  REQUIRE_FALSE(frame);
  CHECK(frame.error().message
        == "a block of another node is of version 5 instead of 6");
  CHECK_FALSE(frame.error().hint.empty());
}

TEST_CASE("layouts that contradict the bytes are refused") {
  CHECK(read(body_of(layout_of(doubles, 2), 16)));
  CHECK_FALSE(read(body_of(layout_of(doubles, 3), 16)));
  CHECK_FALSE(read(body_of(layout_of(0, 1), 8)));
  CHECK_FALSE(read(body_of(layout_of(7, 1), 8)));
  // Sizes whose product would be small again.
  CHECK_FALSE(read(body_of(layout_of(doubles, std::uint64_t{1} << 61), 16)));
  CHECK_FALSE(read(body_of(layout_of(texts, ~std::uint64_t{0}), 16)));
  auto endless = layout_of(texts, 1);
  endless.mutable_columns(0)->set_text_bytes(~std::uint64_t{0});
  CHECK_FALSE(read(body_of(endless, 16)));
  auto unknown = layout_of(doubles, 2);
  unknown.add_columns()->set_same_as(2);
  CHECK_FALSE(read(body_of(unknown, 16)));
}

TEST_CASE("columns of values close to each other are packed") {
  auto keys = std::vector<std::int64_t>(1'000);
  std::iota(keys.begin(), keys.end(), std::int64_t{1} << 40);
  const auto levels = column{std::vector<std::uint8_t>(1'001, 3)};
  const auto amounts = column{std::vector<double>{0.5, 1e9, -3}};
  const auto sent = block_of({column{std::move(keys)}, levels, amounts});
  const auto body = write_frame(1, "", sent);
  CHECK(body.size() > 2'000);
  CHECK(body.size() < 2'200);
  const auto frame = read(body);
  REQUIRE(frame);
  CHECK(bytes_of(frame->block) == bytes_of(sent));
  // What is kept or given is not packed either.
  CHECK(write_frame(1, "", sent, {}, sent).size() < 100);
  for (std::size_t size = 0; size < body.size(); ++size)
    CHECK_FALSE(read(body.substr(0, size)));
}

TEST_CASE("packed columns that contradict the bytes are refused") {
  constexpr auto integers = std::uint32_t{2};
  const auto packed
    = [](std::uint32_t kind, std::uint64_t size, std::uint32_t bits) {
        auto layout = layout_of(kind, size);
        layout.mutable_columns(0)->set_packed_bits(bits);
        return layout;
      };
  CHECK(read(body_of(packed(integers, 4, 16), 8)));
  CHECK(read(body_of(packed(integers, 3, 16), 8)));
  CHECK(read(body_of(packed(integers, 100, 0), 0)));
  CHECK_FALSE(read(body_of(packed(integers, 5, 16), 8)));
  CHECK_FALSE(read(body_of(packed(integers, 4, 16), 16)));
  CHECK_FALSE(read(body_of(packed(integers, 4, 12), 8)));
  CHECK_FALSE(read(body_of(packed(integers, 1, 64), 8)));
  CHECK_FALSE(read(body_of(packed(texts, 1, 0), 0)));
  CHECK_FALSE(read(body_of(packed(texts, 1, 16), 8)));
  CHECK_FALSE(read(body_of(packed(integers, ~std::uint64_t{0}, 0), 0)));
  CHECK_FALSE(read(body_of(packed(integers, ~std::uint64_t{0}, 16), 8)));
  CHECK_FALSE(read(body_of(packed(integers, std::uint64_t{1} << 62, 32), 8)));
}

TEST_CASE("lists that contradict the bytes are refused") {
  constexpr auto counts = std::uint32_t{3};
  const auto listed
    = [](std::uint32_t values, std::uint64_t size, std::uint32_t bits) {
        auto layout = layout_of(counts, size);
        layout.mutable_columns(0)->set_packed_bits(bits);
        layout.mutable_columns(0)->set_packed_list(values);
        return layout;
      };
  CHECK(read(body_of(listed(2, 8, 8), 16)));
  CHECK(read(body_of(listed(1, 100, 0), 8)));
  CHECK_FALSE(read(body_of(listed(2, 9, 8), 16)));
  CHECK_FALSE(read(body_of(listed(3, 8, 8), 16)));
  CHECK_FALSE(read(body_of(listed(257, 8, 8), 2'000)));
  CHECK_FALSE(read(body_of(listed(~0U, 8, 8), 16)));
  CHECK_FALSE(read(body_of(listed(2, 8, 32), 40)));
  // Positions that nothing is at.
  auto body = body_of(listed(2, 8, 8), 16);
  body.back() = 2;
  CHECK_FALSE(read(body));
}

TEST_CASE("few bytes are not made into many without end") {
  const auto most = block_frame_unpacked_bytes_max / sizeof(double);
  auto layout = layout_of(doubles, most);
  layout.mutable_columns(0)->set_packed_bits(0);
  CHECK(read(body_of(layout, 0)));
  layout.mutable_columns(0)->set_size(most + 1);
  CHECK_FALSE(read(body_of(layout, 0)));
  // Together.
  layout.mutable_columns(0)->set_size(most / 2);
  *layout.add_columns() = layout.columns(0);
  CHECK(read(body_of(layout, 0)));
  layout.mutable_columns(1)->set_size(most / 2 + 2);
  CHECK_FALSE(read(body_of(layout, 0)));
}

TEST_CASE("what may not be packed any more is written as it is") {
  const auto half
    = column{std::vector<double>(block_frame_unpacked_bytes_max / 16 + 1, 1.0)};
  const auto other = column{std::vector<double>(half.size(), 2.0)};
  const auto sent = block_of({half, other});
  const auto body = write_frame(1, "", sent);
  CHECK(body.size() > half.size() * sizeof(double));
  CHECK(body.size() < half.size() * sizeof(double) + 200);
  const auto frame = read(body);
  REQUIRE(frame);
  CHECK((bytes_of(frame->block) == bytes_of(sent)));
}

TEST_CASE("a block has no more columns than anybody needs") {
  auto many = layout_of(doubles, 0);
  for (std::size_t i = 1; i < block_frame_columns_max; ++i)
    many.add_columns()->set_same_as(1);
  CHECK(read(body_of(many, 0)));
  many.add_columns()->set_same_as(1);
  CHECK_FALSE(read(body_of(many, 0)));
}

TEST_CASE("a message of another kind is refused") {
  const auto body
    = std::make_shared<const std::string>(write_frame(1, "\xff", {}));
  const auto frame = read_frame(*body, body).value();
  CHECK_FALSE(message_of<messages::SlotTask>(frame));
}
