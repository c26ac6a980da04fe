#include "cluster/transport/link_output.hpp"

#include <algorithm>
#include <utility>

namespace troupe::cluster {

namespace {

/// Less is copied: a call or a record of TLS of its own would cost more.
constexpr auto body_bytes_min = std::size_t{16} << 10;

} // namespace

std::string& link_output::text() {
  if (pieces_.empty() || pieces_.back().owner)
    pieces_.emplace_back();
  return pieces_.back().text;
}

void link_output::append(const std::shared_ptr<const std::string>& body,
                         std::size_t begin, std::size_t length) {
  const auto part = std::string_view{*body}.substr(begin, length);
  auto& before = text();
  if (part.size() < body_bytes_min) {
    before += part;
    return;
  }
  pieces_.back().owner = body;
  pieces_.back().body = part;
}

std::size_t link_output::size() const noexcept {
  auto sum = std::size_t{0};
  for (const auto& one : pieces_)
    sum += one.text.size() + one.body.size();
  return sum - dropped_;
}

std::size_t link_output::front(std::span<std::string_view> parts) const {
  auto count = std::size_t{0};
  auto skipped = dropped_;
  const auto add = [&](std::string_view bytes) {
    const auto before = std::min(skipped, bytes.size());
    skipped -= before;
    bytes.remove_prefix(before);
    if (!bytes.empty() && count < parts.size())
      parts[count++] = bytes;
  };
  for (const auto& one : pieces_) {
    add(one.text);
    add(one.body);
  }
  return count;
}

void link_output::drop(std::size_t bytes) {
  dropped_ += bytes;
  auto first = pieces_.begin();
  for (; first != pieces_.end(); ++first) {
    const auto length = first->text.size() + first->body.size();
    if (dropped_ < length)
      break;
    dropped_ -= length;
  }
  if (first == pieces_.end() && !pieces_.empty()) {
    --first; // The room of its text is used again.
    first->text.clear();
    first->owner.reset();
    first->body = {};
  }
  pieces_.erase(pieces_.begin(), first);
}

} // namespace troupe::cluster
