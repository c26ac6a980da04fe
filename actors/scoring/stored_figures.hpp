#pragma once

#include "actors/scoring/financial.hpp"
#include "actors/scoring/scored_batch.hpp"
#include "messages/column_block.hpp"
#include "messages/scoring.pb.h"

#include <optional>
#include <string_view>

namespace troupe::scoring {

/// Whether the store keeps the financial figures of its items.
enum class figure_keeping { dropped, kept };

/// What the context of a run says about it.
[[nodiscard]] figure_keeping
keeping_of(const messages::ScoringContext& context);

/// Column `figures` of the store, a blob per row: little-endian doubles, one
/// per `financial_figure`; empty where they are dropped and where an item has
/// no financial record.
[[nodiscard]] messages::column encode_figures(const scored_batch& batch,
                                              figure_keeping kept);

/// Reads one of these blobs; nothing when it is of another shape.
[[nodiscard]] std::optional<financial_figures>
decode_figures(std::string_view blob);

} // namespace troupe::scoring
