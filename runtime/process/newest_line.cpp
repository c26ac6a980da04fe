#include "runtime/process/newest_line.hpp"

#include <utility>

namespace troupe::runtime {

void newest_line::append(std::string_view text) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto part = text.substr(0, end);
    if (rest_.size() + part.size() > line_bytes_max)
      is_too_long_ = true;
    if (!is_too_long_)
      rest_.append(part);
    if (end == std::string_view::npos)
      return;
    end_line();
    text.remove_prefix(end + 1);
  }
}

void newest_line::end_line() {
  if (!is_too_long_ && !rest_.empty())
    line_ = std::move(rest_);
  rest_.clear();
  is_too_long_ = false;
}

std::optional<std::string> newest_line::take() {
  return std::exchange(line_, std::nullopt);
}

} // namespace troupe::runtime
