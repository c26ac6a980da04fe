#include "actors/simulation/person_ids.hpp"

#include "runtime/tabular/csv_writer.hpp"
#include "runtime/tabular/numbers.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace troupe::simulation {

namespace {

constexpr auto sequence_digits = std::ptrdiff_t{6};

char* copy_text(char* target, std::string_view text) {
  std::memcpy(target, text.data(), text.size());
  return target + text.size();
}

char* write_hire(char* target, std::uint64_t key) {
  target = copy_text(target, "NH_");
  target
    = runtime::format_integer(target, static_cast<std::int64_t>(key >> 32U));
  target = copy_text(target, "_000000");
  // Over the zeros as far as it goes.
  char digits[32];
  const auto* end
    = runtime::format_integer(digits, static_cast<std::uint32_t>(key));
  const auto size = end - digits;
  target -= std::min(size, sequence_digits);
  return copy_text(target, {digits, static_cast<std::size_t>(size)});
}

} // namespace

person_ids::person_ids(std::vector<std::uint64_t> keys,
                       const runtime::text_column& ids)
  : keys_{std::move(keys)} {
  fields_.offsets.reserve(ids.offsets.size());
  fields_.characters.reserve(ids.characters.size());
  for (auto row = std::size_t{0}; row < ids.size(); ++row) {
    const auto begin = fields_.characters.size();
    runtime::append_csv_field(fields_.characters, ids[row]);
    fields_.offsets.push_back(
      static_cast<std::uint32_t>(fields_.characters.size()));
    bytes_max_ = std::max(bytes_max_, fields_.characters.size() - begin);
  }
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
    return copy_text(target, ids_->fields_[at_]);
  return write_hire(target, key);
}

} // namespace troupe::simulation
