#include "actors/scoring/stored_details.hpp"

#include "actors/scoring/work_item.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace troupe::scoring {

using messages::column;

static_assert(std::endian::native == std::endian::little,
              "blobs are little-endian");

namespace {

constexpr std::size_t number_count = 3;
constexpr auto type_last = static_cast<std::uint8_t>(work_item_type::bug);
constexpr auto state_last = static_cast<std::uint8_t>(work_item_state::removed);

/// What one blob holds.
struct item_details {
  std::uint8_t type = 0;
  std::uint8_t state = 0;
  /// Story points, complexity, risk.
  std::array<double, number_count> numbers{missing_value, missing_value,
                                           missing_value};
  std::string_view parent;
};

void append_blob(const item_details& item, std::string& to) {
  auto known = std::uint8_t{0};
  for (std::size_t i = 0; i < number_count; ++i)
    if (!std::isnan(item.numbers[i]))
      known = static_cast<std::uint8_t>(known | (1U << i));
  if (item.type == 0 && item.state == 0 && known == 0 && item.parent.empty())
    return;
  to += static_cast<char>(item.type | (item.state << 4U));
  to += static_cast<char>(known);
  for (const auto number : item.numbers)
    if (!std::isnan(number)) {
      auto bytes = std::array<char, sizeof number>{};
      std::memcpy(bytes.data(), &number, sizeof number);
      to.append(bytes.data(), bytes.size());
    }
  to += item.parent;
}

} // namespace

column encode_details(const scored_batch& batch) {
  const auto& details = batch.items.details;
  auto offsets = std::vector<std::uint32_t>{0};
  offsets.reserve(batch.rows() + 1);
  auto bytes = std::string{};
  for (std::size_t row = 0; row < batch.rows(); ++row) {
    if (!details.empty())
      append_blob({details[1].bytes()[row],
                   details[2].bytes()[row],
                   {details[3].doubles()[row], details[4].doubles()[row],
                    details[5].doubles()[row]},
                   details[0].text(row)},
                  bytes);
    offsets.push_back(static_cast<std::uint32_t>(bytes.size()));
  }
  return column::blobs(std::move(offsets), std::move(bytes));
}

bool append_details(std::string_view blob, item_batch& to) {
  auto item = item_details{};
  if (!blob.empty()) {
    if (blob.size() < 2)
      return false;
    const auto kinds = static_cast<std::uint8_t>(blob[0]);
    const auto known = static_cast<std::uint8_t>(blob[1]);
    item.type = kinds & 0x0FU;
    item.state = static_cast<std::uint8_t>(kinds >> 4U);
    blob.remove_prefix(2);
    const auto size
      = static_cast<std::size_t>(std::popcount(known)) * sizeof(double);
    if (item.type > type_last || item.state > state_last
        || known >= 1U << number_count || blob.size() < size)
      return false;
    for (std::size_t i = 0; i < number_count; ++i)
      if ((known & (1U << i)) != 0) {
        std::memcpy(&item.numbers[i], blob.data(), sizeof(double));
        blob.remove_prefix(sizeof(double));
      }
    item.parent = blob;
  }
  to.parents.add(item.parent);
  to.types.push_back(item.type);
  to.states.push_back(item.state);
  to.story_points.push_back(item.numbers[0]);
  to.complexities.push_back(item.numbers[1]);
  to.risks.push_back(item.numbers[2]);
  return true;
}

} // namespace troupe::scoring
