#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::cluster {

/// Bytes on their way to a stream, in order: short ones by value, long bodies
/// where they lie, which saves a copy of each. For one thread.
class link_output {
public:
  /// Append here what is to be copied; until the next call only.
  [[nodiscard]] std::string& text();

  /// A part of a body, copied if it is short.
  void append(const std::shared_ptr<const std::string>& body, std::size_t begin,
              std::size_t length);

  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] bool is_empty() const noexcept {
    return size() == 0;
  }

  /// The first parts, as many as fit; the number of them. They hold until
  /// anything is appended or dropped.
  [[nodiscard]] std::size_t front(std::span<std::string_view> parts) const;

  /// So many bytes of the front were written.
  void drop(std::size_t bytes);

private:
  /// Copied bytes, and those of a body behind them.
  struct piece {
    std::string text;
    std::shared_ptr<const std::string> owner;
    std::string_view body;
  };

  std::vector<piece> pieces_;
  std::size_t dropped_ = 0; ///< Of the first piece.
};

} // namespace troupe::cluster
