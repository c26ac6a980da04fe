#pragma once

#include "runtime/tabular/byte_source.hpp"
#include "runtime/tabular/csv_reader.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

namespace troupe::tests {

/// A byte source over a text that gives at most `piece` bytes a time and counts
/// in `*given`, if wanted, how many it gave.
inline runtime::byte_source text_source(std::string text,
                                        std::size_t piece = 1 << 20,
                                        std::size_t* given = nullptr) {
  return [text = std::move(text), piece, given, at = std::size_t{0}](
           std::span<char> target) mutable -> runtime::outcome<std::size_t> {
    const auto count = std::min({piece, target.size(), text.size() - at});
    std::memcpy(target.data(), text.data() + at, count);
    at += count;
    if (given != nullptr)
      *given += count;
    return count;
  };
}

using text_rows = std::vector<std::vector<std::string>>;

/// All rows of a CSV text without header.
inline runtime::outcome<text_rows>
read_rows(std::string text, runtime::splitter_options options = {},
          std::size_t piece = 1 << 20) {
  auto splitter
    = runtime::record_splitter{text_source(std::move(text), piece), options};
  auto rows = text_rows{};
  auto chunk = runtime::record_chunk{};
  while (true) {
    const auto more = splitter.next(chunk);
    if (!more)
      return runtime::fail(more.error());
    if (!*more)
      return rows;
    const auto columns = rows.empty() ? 0 : rows.front().size();
    auto cursor = runtime::csv_rows{chunk, columns};
    while (true) {
      const auto row = cursor.next();
      if (!row)
        return runtime::fail(row.error());
      if (!*row)
        break;
      rows.emplace_back(cursor.fields().begin(), cursor.fields().end());
    }
  }
}

/// The problem of a reading that must fail.
template <class T>
runtime::problem problem_of(const runtime::outcome<T>& result) {
  return result ? runtime::problem{} : result.error();
}

} // namespace troupe::tests
