#include "actors/engine/ancestor_table.hpp"

namespace troupe::engine {

ancestor_table::ancestor_table(const workflow& of)
  : words_{(of.steps.size() + word_bits - 1) / word_bits},
    bits_(words_ * of.steps.size()) {
  for (const auto step : of.order) {
    auto* row = &bits_[step * words_];
    for (const auto need : of.steps[step].needs) {
      const auto* above = &bits_[need * words_];
      for (auto word = std::size_t{0}; word < words_; ++word)
        row[word] |= above[word];
      row[need / word_bits] |= std::uint64_t{1} << (need % word_bits);
    }
  }
}

} // namespace troupe::engine
