#include "actors/simulation/packed_ids.hpp"

#include "actors/simulation/packed_columns.hpp"
#include "actors/simulation/packed_integers.hpp"
#include "runtime/store/sealed_bytes.hpp"

#include <array>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <utility>

namespace troupe::simulation {

namespace {

/// How ids begin: a version, how many there are, and the bytes of all of them.
using id_head = std::array<std::int64_t, 3>;
constexpr auto id_version = std::int64_t{1};
constexpr auto id_bytes_max = std::int64_t{1} << 30U;

template <class ValueOf>
void add_values(integer_packer& packer, std::size_t count, ValueOf value_of) {
  const auto room = packer.room(count);
  for (auto at = std::size_t{0}; at < count; ++at)
    room[at] = static_cast<std::int64_t>(value_of(at));
  packer.add_room();
}

std::optional<id_head> read_head(integer_unpacker& from) {
  auto head = id_head{};
  for (auto& value : head) {
    const auto read = from.next(1);
    if (!read)
      return std::nullopt;
    value = read->front();
  }
  const auto [version, count, characters] = head;
  if (version != id_version || count < 0
      || count > std::int64_t{packed_count_max} || characters < 0
      || characters > id_bytes_max)
    return std::nullopt;
  return head;
}

bool read_keys(integer_unpacker& from, std::size_t count, id_columns& to) {
  const auto steps = from.next(count);
  if (!steps)
    return false;
  auto key = std::uint64_t{0};
  for (const auto step : *steps) {
    key += static_cast<std::uint64_t>(step);
    to.keys.push_back(key);
  }
  return true;
}

/// Whether the ids are as long together as was said.
bool read_lengths(integer_unpacker& from, std::size_t count,
                  std::int64_t characters, id_columns& to) {
  const auto lengths = from.next(count);
  if (!lengths)
    return false;
  auto end = static_cast<std::int64_t>(to.characters.size());
  const auto last = end + characters;
  if (last > std::numeric_limits<std::uint32_t>::max())
    return false;
  for (const auto length : *lengths) {
    if (length < 0 || length > last - end)
      return false;
    end += length;
    to.offsets.push_back(static_cast<std::uint32_t>(end));
  }
  return end == last;
}

bool read_characters(integer_unpacker& from, std::int64_t count,
                     id_columns& to) {
  const auto values = from.next(static_cast<std::size_t>(count));
  if (!values)
    return false;
  for (const auto value : *values)
    to.characters.push_back(static_cast<char>(value));
  return true;
}

bool read_ids(std::string_view bytes, id_columns& to) {
  auto from = integer_unpacker{bytes};
  const auto head = read_head(from);
  if (!head)
    return false;
  const auto count = static_cast<std::size_t>((*head)[1]);
  return read_keys(from, count, to) && read_lengths(from, count, (*head)[2], to)
         && read_characters(from, (*head)[2], to) && from.is_done();
}

} // namespace

void pack_ids(const person_ids& ids, std::string& to) {
  const auto keys = ids.keys();
  const auto offsets = ids.offsets();
  const auto characters
    = keys.empty() ? std::string_view{}
                   : ids.characters().substr(offsets.front(),
                                             offsets.back() - offsets.front());
  auto bytes = std::string{};
  auto packer = integer_packer{bytes};
  for (const auto value : {std::size_t{1}, keys.size(), characters.size()})
    add_values(packer, 1, [value](std::size_t) { return value; });
  add_values(packer, keys.size(), [&](std::size_t at) {
    return keys[at] - (at == 0 ? 0 : keys[at - 1]);
  });
  add_values(packer, keys.size(),
             [&](std::size_t at) { return offsets[at + 1] - offsets[at]; });
  add_values(packer, characters.size(), [&](std::size_t at) {
    return static_cast<unsigned char>(characters[at]);
  });
  to += runtime::seal(std::move(bytes));
}

runtime::outcome<void> unpack_ids(std::string_view bytes, id_columns& to) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  const auto unsealed = runtime::unseal(std::span{data, bytes.size()});
  const auto count = to.keys.size();
  const auto characters = to.characters.size();
  if (unsealed && read_ids(*unsealed, to))
    return {};
  to.keys.resize(count);
  to.offsets.resize(count + 1);
  to.characters.resize(characters);
  return runtime::fail(runtime::problem_kind::failed,
                       "the packed ids are damaged",
                       "see what else is damaged: troupe doctor");
}

person_ids make_person_ids(id_columns columns) {
  const auto owner = std::make_shared<const id_columns>(std::move(columns));
  return {owner->keys, owner->offsets, owner->characters, owner};
}

} // namespace troupe::simulation
