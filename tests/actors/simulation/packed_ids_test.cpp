#include "actors/simulation/packed_ids.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

namespace troupe::simulation {

namespace {

person_ids make_ids(std::size_t count) {
  auto columns = id_columns{};
  for (auto at = std::size_t{0}; at < count; ++at) {
    columns.keys.push_back(100 + at * at);
    columns.characters += "EMP_" + std::to_string(at * 7919);
    columns.offsets.push_back(
      static_cast<std::uint32_t>(columns.characters.size()));
  }
  return make_person_ids(std::move(columns));
}

std::string packed(const person_ids& ids) {
  auto bytes = std::string{};
  pack_ids(ids, bytes);
  return bytes;
}

std::string text_of(const person_ids& ids) {
  auto text = std::string{};
  auto cursor = person_ids::cursor{ids};
  for (const auto key : ids.keys()) {
    const auto begin = text.size();
    text.resize(begin + ids.bytes_max());
    text.resize(static_cast<std::size_t>(cursor.write(text.data() + begin, key)
                                         - text.data()));
    text += ' ';
  }
  return text;
}

} // namespace

TEST_CASE("ids of blocks come back as one list") {
  const auto all = make_ids(1'000);
  auto columns = id_columns{};
  for (const auto& [first, last] :
       {std::pair{0, 99}, {100, 100}, {101, 5'000}, {5'001, 2'000'000}}) {
    const auto part = all.between(static_cast<std::uint64_t>(first),
                                  static_cast<std::uint64_t>(last));
    REQUIRE(unpack_ids(packed(part), columns));
  }
  const auto read = make_person_ids(std::move(columns));
  CHECK(std::ranges::equal(read.keys(), all.keys()));
  CHECK(text_of(read) == text_of(all));
  CHECK(read.bytes_max() == all.bytes_max());
}

TEST_CASE("ids take less than their characters") {
  const auto ids = make_ids(8'000);
  CHECK(packed(ids).size() < ids.characters().size());
}

TEST_CASE("damaged ids are a problem, and leave the list as it was") {
  const auto bytes = packed(make_ids(30));
  auto columns = id_columns{};
  REQUIRE(unpack_ids(bytes, columns));
  for (auto at = std::size_t{0}; at < bytes.size(); ++at) {
    auto damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 4);
    CHECK_FALSE(unpack_ids(damaged, columns));
    CHECK_FALSE(unpack_ids(std::string_view{bytes}.substr(0, at), columns));
  }
  CHECK(columns.keys.size() == 30);
  CHECK(columns.offsets.size() == 31);
  CHECK(columns.offsets.back() == columns.characters.size());
}

} // namespace troupe::simulation
