#include "actors/simulation/person_ids.hpp"

#include "actors/simulation/write_text.hpp"
#include "runtime/tabular/csv_writer.hpp"
#include "runtime/tabular/numbers.hpp"

#include <algorithm>
#include <utility>

namespace troupe::simulation {

namespace {

constexpr auto sequence_digits = std::ptrdiff_t{6};

char* write_hire(char* target, std::uint64_t key) {
  target = write_text(target, "NH_");
  target
    = runtime::format_integer(target, static_cast<std::int64_t>(key >> 32U));
  target = write_text(target, "_000000");
  // Over the zeros as far as it goes.
  char digits[32];
  const auto* end
    = runtime::format_integer(digits, static_cast<std::uint32_t>(key));
  const auto size = end - digits;
  target -= std::min(size, sequence_digits);
  return write_text(target, {digits, static_cast<std::size_t>(size)});
}

} // namespace

person_ids::person_ids(std::vector<std::uint64_t> keys,
                       const runtime::text_column& ids) {
  struct fields {
    std::vector<std::uint64_t> keys;
    runtime::text_column texts;
  };
  auto made = std::make_shared<fields>();
  made->keys = std::move(keys);
  made->texts.offsets.reserve(ids.offsets.size());
  made->texts.characters.reserve(ids.characters.size());
  for (auto row = std::size_t{0}; row < ids.size(); ++row) {
    runtime::append_csv_field(made->texts.characters, ids[row]);
    made->texts.offsets.push_back(
      static_cast<std::uint32_t>(made->texts.characters.size()));
  }
  *this
    = person_ids{made->keys, made->texts.offsets, made->texts.characters, made};
}

person_ids::person_ids(std::span<const std::uint64_t> keys,
                       std::span<const std::uint32_t> offsets,
                       std::string_view characters,
                       std::shared_ptr<const void> owner)
  : keys_{keys}, offsets_{offsets}, characters_{characters}, owner_{std::move(
                                                               owner)} {
  for (auto at = std::size_t{0}; at < keys_.size(); ++at)
    bytes_max_ = std::max(bytes_max_, field(at).size());
}

person_ids person_ids::between(std::uint64_t first, std::uint64_t last) const {
  const auto begin = std::lower_bound(keys_.begin(), keys_.end(), first);
  const auto end = std::upper_bound(begin, keys_.end(), last);
  if (begin == end)
    return {};
  const auto at = static_cast<std::size_t>(begin - keys_.begin());
  const auto count = static_cast<std::size_t>(end - begin);
  return {keys_.subspan(at, count), offsets_.subspan(at, count + 1),
          characters_, owner_};
}

char* person_ids::cursor::write(char* target, std::uint64_t key) {
  const auto& keys = ids_->keys_;
  if (at_ < keys.size() && keys[at_] < key) {
    ++at_; // Most often the next one.
    if (at_ < keys.size() && keys[at_] < key)
      at_ = static_cast<std::size_t>(
        std::lower_bound(keys.begin() + static_cast<std::ptrdiff_t>(at_),
                         keys.end(), key)
        - keys.begin());
  }
  if (at_ < keys.size() && keys[at_] == key)
    return write_text(target, ids_->field(at_));
  return write_hire(target, key);
}

} // namespace troupe::simulation
