#include "actors/scoring/stored_scores.hpp"

#include <array>
#include <bit>
#include <cstring>
#include <span>
#include <string>
#include <utility>

namespace troupe::scoring {

using messages::column;

static_assert(std::endian::native == std::endian::little,
              "blobs are little-endian");

namespace {

constexpr std::size_t single_scores = 7; // raw to total.
constexpr std::size_t financial_scores = 5; // npv to trust.

constexpr std::array part_figures{financial_figure::npv_score,
                                  financial_figure::roi_score,
                                  financial_figure::copq_score,
                                  financial_figure::delay_urgency_score};

/// The value of an optional column; `absent` where the column is empty.
double at(const column& values, std::size_t row, double absent) {
  return values.size() == 0 ? absent : values.doubles()[row];
}

void put(std::string& to, double value) {
  auto bytes = std::array<char, sizeof value>{};
  std::memcpy(bytes.data(), &value, sizeof value);
  to.append(bytes.data(), bytes.size());
}

/// Takes doubles off the front of a blob.
class blob_cursor {
public:
  explicit blob_cursor(std::string_view blob) noexcept : rest_{blob} {}

  double next() {
    auto value = 0.0;
    std::memcpy(&value, rest_.data(), sizeof value);
    rest_.remove_prefix(sizeof value);
    return value;
  }

  std::vector<double> next(std::size_t count) {
    auto values = std::vector<double>(count);
    for (auto& value : values)
      value = next();
    return values;
  }

  std::uint8_t next_byte() {
    const auto byte = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return byte;
  }

private:
  std::string_view rest_;
};

void put_financial(std::string& to, const item_view& items, std::size_t row) {
  const auto figure = [&](financial_figure which) {
    return items.financials[static_cast<std::size_t>(which)][row];
  };
  for (const auto which : part_figures)
    put(to, figure(which));
  put(to, figure(financial_figure::risk_adjustment_factor)
            * figure(financial_figure::confidence_level));
}

} // namespace

column encode_scores(const scored_batch& batch) {
  auto sources = std::vector<std::span<const double>>{};
  for (const auto& values : batch.strategic.values)
    sources.push_back(values.doubles());
  for (const auto& scores : batch.strategic.categories)
    sources.push_back(scores.doubles());
  const auto items = batch.items.view();
  const auto completeness = batch.strategic.completeness.size() == 0
                              ? std::span<const double>{}
                              : batch.strategic.completeness.doubles();
  auto offsets = std::vector<std::uint32_t>{0};
  offsets.reserve(batch.rows() + 1);
  auto bytes = std::string{};
  const auto size = sources.size() + single_scores + financial_scores;
  bytes.reserve((size * sizeof(double) + 1) * batch.rows());
  const auto& totals = batch.totals;
  for (std::size_t row = 0; row < batch.rows(); ++row) {
    for (const auto& source : sources)
      put(bytes, source[row]);
    put(bytes, batch.strategic.raw.doubles()[row]);
    put(bytes, at(batch.strategic.completeness, row, 1.0));
    put(bytes, totals.strategic.doubles()[row]);
    put(bytes, totals.financial.doubles()[row]);
    put(bytes, totals.financial_normalised.doubles()[row]);
    put(bytes, at(totals.penalty, row, 0.0));
    put(bytes, totals.total.doubles()[row]);
    bytes += static_cast<char>(basis_of(items, completeness, row));
    if (!items.financials.empty() && items.has_financials[row] != 0)
      put_financial(bytes, items, row);
    offsets.push_back(static_cast<std::uint32_t>(bytes.size()));
  }
  return column::blobs(std::move(offsets), std::move(bytes));
}

std::optional<stored_scores> decode_scores(const scoring_plan& plan,
                                           std::string_view blob) {
  const auto criteria = plan.criteria.size();
  const auto categories = plan.categories.size();
  const auto size
    = (criteria + categories + single_scores) * sizeof(double) + 1;
  const auto has_financials
    = blob.size() == size + financial_scores * sizeof(double);
  if (blob.size() != size && !has_financials)
    return std::nullopt;
  auto from = blob_cursor{blob};
  auto scores = stored_scores{};
  auto& item = scores.item;
  item.values = from.next(criteria);
  scores.categories = from.next(categories);
  for (auto* number :
       {&scores.raw, &scores.completeness, &item.strategic, &item.financial,
        &item.financial_normalised, &item.penalty, &item.total})
    *number = from.next();
  const auto basis = from.next_byte();
  if (basis > static_cast<std::uint8_t>(score_basis::nothing))
    return std::nullopt;
  item.basis = static_cast<score_basis>(basis);
  scores.has_financials = has_financials;
  if (has_financials) {
    for (auto& part : item.financial_parts)
      part = from.next();
    item.financial_trust = from.next();
  }
  return scores;
}

} // namespace troupe::scoring
