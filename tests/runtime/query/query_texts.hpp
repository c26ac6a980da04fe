#pragma once

#include "runtime/query/query_rows.hpp"

#include <string>
#include <vector>

namespace troupe::tests {

/// All lines of an answer.
[[nodiscard]] inline runtime::outcome<std::string>
read_lines(const runtime::outcome<runtime::query_rows>& rows) {
  if (!rows)
    return runtime::fail(rows.error());
  auto text = std::string{};
  auto buffer = std::vector<char>(4096);
  for (;;) {
    const auto size = rows->lines(buffer);
    if (!size)
      return runtime::fail(size.error());
    if (*size == 0)
      return text;
    text.append(buffer.data(), *size);
  }
}

} // namespace troupe::tests
