#include "cluster/computing/packed_values.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <numeric>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

using namespace troupe;
using namespace troupe::cluster;

using kind = messages::column::kind;
using messages::column;

namespace {

std::string bytes_of(const column& of) {
  return messages::column_block{{of}}.to_message().SerializeAsString();
}

/// What became of a column. What is packed has to come back the same.
std::optional<packed_form> form_of(const column& of) {
  const auto packed = pack(of);
  if (!packed)
    return std::nullopt;
  CHECK(is_form_of(packed->form, of.type()));
  auto bytes = std::string{};
  append_packed(bytes, of, *packed);
  CHECK(bytes.size() == packed_bytes(packed->form, of.type(), of.size()));
  const auto again = unpack(of.type(), of.size(), packed->form, bytes);
  REQUIRE(again);
  CHECK(again->type() == of.type());
  CHECK(again->size() == of.size());
  CHECK((bytes_of(*again) == bytes_of(of)));
  return packed->form;
}

/// Bits of each value; -1: they are better left as they are.
int packed_bits(const column& of) {
  const auto form = form_of(of);
  return form ? static_cast<int>(form->bits) : -1;
}

template <class Value>
int packed_bits(std::vector<Value> values) {
  return packed_bits(column{std::move(values)});
}

using integers = std::vector<std::int64_t>;
using counts = std::vector<std::uint32_t>;
using bytes = std::vector<std::uint8_t>;

constexpr auto least = std::numeric_limits<std::int64_t>::min();
constexpr auto most = std::numeric_limits<std::int64_t>::max();

} // namespace

TEST_CASE("values that are all equal take no bits") {
  CHECK(packed_bits(std::vector<double>(3, 0.1)) == 0);
  CHECK(packed_bits(integers(5'000, least)) == 0);
  CHECK(packed_bits(counts(1, 0xffff'ffff)) == 0);
  CHECK(packed_bits(bytes(7, 255)) == 0);
}

TEST_CASE("values take as few bits as their distances need") {
  CHECK(packed_bits(integers{0, 7, -8}) == 4);
  CHECK(packed_bits(integers{0, 8}) == 8);
  CHECK(packed_bits(integers{0, -9}) == 8);
  CHECK(packed_bits(integers{100, 227, -28}) == 8);
  CHECK(packed_bits(integers{100, 228}) == 16);
  CHECK(packed_bits(integers{0, 32'767, -32'768}) == 16);
  CHECK(packed_bits(integers{0, 32'768}) == 32);
  CHECK(packed_bits(integers{0, 0x7fff'ffff, -0x8000'0000LL}) == 32);
  CHECK(packed_bits(integers{0, 0x8000'0000LL, 0}) == -1);
  CHECK(packed_bits(counts{1, 3, 1}) == 4);
  CHECK(packed_bits(counts{1, 300}) == 16);
  CHECK(packed_bits(counts{1, 70'000}) == -1);
  CHECK(packed_bits(bytes{5, 1, 2}) == 4);
  CHECK(packed_bits(bytes{5, 20}) == -1);
}

TEST_CASE("distances may go around the end of the numbers") {
  CHECK(packed_bits(integers{most, least}) == 4);
  CHECK(packed_bits(integers{least, most, least + 100}) == 8);
  CHECK(packed_bits(integers{0, least}) == -1);
  // A count may be a signed number: a day before 1970.
  CHECK(packed_bits(counts{3, 0xffff'fff0}) == 8);
  CHECK(packed_bits(bytes{2, 255}) == 4);
}

TEST_CASE("texts, blobs and columns of nothing are not packed") {
  CHECK(packed_bits(column{}) == -1);
  CHECK(packed_bits(integers{}) == -1);
  CHECK(packed_bits(column{{0, 1, 2}, "aa"}) == -1);
  CHECK(packed_bits(column::blobs({0, 1, 2}, "aa")) == -1);
  CHECK(packed_bits(std::vector{1.0, 2.0, 3.5}) == -1);
}

TEST_CASE("any values come back the same, however many") {
  auto random = std::mt19937_64{7};
  const auto size = GENERATE(1U, 2U, 3U, 15U, 16U, 17U, 1'023U, 1'024U, 1'025U,
                             2'047U, 5'000U);
  for (auto bits = 0U; bits < 64; ++bits) {
    auto some = integers{};
    auto fewer = counts{};
    auto fewest = bytes{};
    const auto base = random();
    for (auto at = 0U; at < size; ++at) {
      const auto value = base + (random() & ((std::uint64_t{1} << bits) - 1));
      some.push_back(static_cast<std::int64_t>(value));
      fewer.push_back(static_cast<std::uint32_t>(value));
      fewest.push_back(static_cast<std::uint8_t>(value));
    }
    const auto packed = packed_bits(std::move(some));
    if (bits < 32)
      CHECK((packed >= 0 && packed <= 32));
    packed_bits(std::move(fewer));
    packed_bits(std::move(fewest));
  }
}

TEST_CASE("the last value counts as all others do") {
  for (const auto size : {1'023U, 1'024U, 1'025U, 4'000U}) {
    auto values = integers(size);
    std::iota(values.begin(), values.end(), 0);
    values.back() = most;
    CHECK(packed_bits(std::move(values)) == -1);
  }
}

TEST_CASE("values that ascend are sent as steps where they are far apart") {
  auto random = std::mt19937_64{7};
  auto keys = integers{least + 5};
  while (keys.size() < 8'000)
    keys.push_back(keys.back() + static_cast<std::int64_t>(random() >> 38U));
  const auto form = form_of(column{keys});
  REQUIRE(form);
  CHECK(form->has_steps);
  CHECK(form->bits == 32);
  // A step that has too many bits, or goes back.
  keys.back() = most;
  CHECK(packed_bits(keys) == -1);
  keys.back() = least;
  CHECK(packed_bits(keys) == -1);
}

TEST_CASE("a few values that are far from each other are listed") {
  const auto many = [](std::uint32_t differ) {
    auto values = counts(8'000);
    for (auto at = 0U; at < values.size(); ++at)
      values[at] = at % 16 != 0 ? 0x7fff'ffff : at / 16 % differ * 90'001;
    return column{std::move(values)};
  };
  const auto bits_of_list = [&](std::uint32_t differ) {
    const auto form = form_of(many(differ));
    if (!form || form->listed == 0)
      return 0U;
    CHECK(form->listed == differ + 1);
    return form->bits;
  };
  CHECK(bits_of_list(1) == 4);
  CHECK(bits_of_list(15) == 4);
  CHECK(bits_of_list(16) == 8);
  CHECK(bits_of_list(255) == 8);
  CHECK(bits_of_list(256) == 16);
  CHECK(bits_of_list(500) == 16);
  // Of doubles as well, which have no short distances.
  auto scores = std::vector<double>(1'000, 0.25);
  scores[1] = -1e300;
  const auto form = form_of(column{scores});
  REQUIRE(form);
  CHECK(form->listed == 2);
  CHECK(form->bits == 4);
}

TEST_CASE("no list is longer than what it saves") {
  auto random = std::mt19937_64{7};
  auto values = integers(20'000);
  for (auto& each : values)
    each = static_cast<std::int64_t>(random());
  CHECK(packed_bits(values) == -1);
  // Few of the first differ, but many of all.
  std::fill_n(values.begin(), 1'000, 0);
  CHECK(packed_bits(values) == -1);
  // As many as may be in a list, and one more.
  for (auto at = std::size_t{0}; at < values.size(); ++at)
    values[at]
      = at < 1'000 ? 0 : static_cast<std::int64_t>(at % 999 + 1) << 40U;
  REQUIRE(form_of(column{values}));
  CHECK(form_of(column{values})->listed == 1'000);
  values.back() = -1;
  CHECK(packed_bits(values) == -1);
}

TEST_CASE("positions behind the end of a list are refused") {
  const auto form = packed_form{8, 0, 3, false};
  const auto bytes = [](char last) {
    return std::string(24, 'v') + std::string{0, 1, last};
  };
  CHECK(packed_bytes(form, kind::integers, 3) == 27);
  CHECK(unpack(kind::integers, 3, form, bytes(2)));
  CHECK_FALSE(unpack(kind::integers, 3, form, bytes(3)));
  CHECK_FALSE(unpack(kind::integers, 3, form, bytes('\xff')));
  CHECK(unpack(kind::integers, 0, form, std::string(24, 'v')));
}

TEST_CASE("forms that no values have are told") {
  CHECK(is_form_of({4, 0, 16, false}, kind::integers));
  CHECK(is_form_of({4, 0, 0, true}, kind::integers));
  CHECK_FALSE(is_form_of({4, 0, 16, true}, kind::integers));
  CHECK_FALSE(is_form_of({4, 0, 17, false}, kind::integers));
  CHECK(is_form_of({16, 0, 65'536, false}, kind::counts));
  CHECK_FALSE(is_form_of({16, 0, 65'537, false}, kind::counts));
  CHECK_FALSE(is_form_of({32, 0, 1, false}, kind::integers));
  CHECK_FALSE(is_form_of({16, 0, 1, false}, kind::bytes));
  CHECK(is_form_of({0, 0, 0, false}, kind::doubles));
  CHECK(is_form_of({32, 0, 0, false}, kind::integers));
  CHECK_FALSE(is_form_of({32, 0, 0, false}, kind::counts));
  CHECK(is_form_of({4, 0, 0, false}, kind::bytes));
  CHECK_FALSE(is_form_of({8, 0, 0, false}, kind::bytes));
  CHECK_FALSE(is_form_of({0, 0, 0, false}, kind::texts));
  CHECK_FALSE(is_form_of({0, 0, 0, false}, kind::blobs));
  for (const auto bits : {1U, 2U, 3U, 5U, 12U, 24U, 64U, 0xffff'ffffU})
    CHECK_FALSE(is_form_of({bits, 0, 0, false}, kind::integers));
}
