#include "runtime/process/output_capture.hpp"

#include <algorithm>
#include <utility>

namespace troupe::runtime {

void output_capture::append(std::string_view text) {
  kept_.bytes += text.size();
  const auto room = limits_.head_bytes_max - kept_.head.size();
  const auto first = std::min(room, text.size());
  kept_.head.append(text.substr(0, first));
  text.remove_prefix(first);
  const auto tail_max = limits_.tail_bytes_max;
  if (text.size() > tail_max)
    text.remove_prefix(text.size() - tail_max);
  // Cut only when it has doubled: each byte is moved at most once on average.
  if (kept_.tail.size() + text.size() > 2 * tail_max)
    kept_.tail.erase(0, kept_.tail.size() + text.size() - tail_max);
  kept_.tail.append(text);
}

captured_output output_capture::take() {
  auto& tail = kept_.tail;
  if (tail.size() > limits_.tail_bytes_max)
    tail.erase(0, tail.size() - limits_.tail_bytes_max);
  return std::exchange(kept_, {});
}

} // namespace troupe::runtime
