#include "runtime/tabular/line_reader.hpp"

#include <algorithm>

namespace troupe::runtime {

bool line_cursor::next() noexcept {
  const auto all = chunk_->text();
  while (at_ < all.size()) {
    const auto end = std::min(all.find('\n', at_), all.size());
    text_ = all.substr(at_, end - at_);
    at_ = end + 1;
    ++lines_read_;
    if (text_.ends_with('\r'))
      text_.remove_suffix(1);
    const auto is_blank = std::all_of(text_.begin(), text_.end(), [](char c) {
      return c == ' ' || c == '\t' || c == '\r';
    });
    if (!is_blank)
      return true;
  }
  return false;
}

} // namespace troupe::runtime
