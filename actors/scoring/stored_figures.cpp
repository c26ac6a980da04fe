#include "actors/scoring/stored_figures.hpp"

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace troupe::scoring {

static_assert(std::endian::native == std::endian::little,
              "blobs are little-endian");

figure_keeping keeping_of(const messages::ScoringContext& context) {
  return context.keep_figures() ? figure_keeping::kept
                                : figure_keeping::dropped;
}

messages::column encode_figures(const scored_batch& batch,
                                figure_keeping kept) {
  auto offsets = std::vector<std::uint32_t>(batch.rows() + 1, 0);
  auto bytes = std::string{};
  const auto items = batch.items.view();
  if (kept == figure_keeping::dropped || items.financials.empty())
    return messages::column::blobs(std::move(offsets), std::move(bytes));
  for (std::size_t row = 0; row < batch.rows(); ++row) {
    auto all = financial_figures{};
    if (items.has_financials[row] != 0) {
      for (std::size_t i = 0; i < all.size(); ++i)
        all[i] = items.financials[i][row];
      bytes.append(reinterpret_cast<const char*>(all.data()), sizeof all);
    }
    offsets[row + 1] = static_cast<std::uint32_t>(bytes.size());
  }
  return messages::column::blobs(std::move(offsets), std::move(bytes));
}

std::optional<financial_figures> decode_figures(std::string_view blob) {
  auto all = financial_figures{};
  if (blob.size() != sizeof all)
    return std::nullopt;
  std::memcpy(all.data(), blob.data(), sizeof all);
  return all;
}

} // namespace troupe::scoring
