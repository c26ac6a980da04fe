#pragma once

#include "messages/column_block.pb.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::messages {

/// An immutable run of values of one type, shared by reference count. Copying
/// and slicing copy no values.
class column {
public:
  enum class kind : std::uint8_t {
    doubles = 1,
    integers = 2, ///< std::int64_t
    counts = 3, ///< std::uint32_t
    bytes = 4, ///< std::uint8_t
    texts = 5, ///< std::string_view
    blobs = 6, ///< As texts, but any bytes.
  };

  /// An empty column of bytes.
  column() = default;

  explicit column(std::vector<double> values);
  explicit column(std::vector<std::int64_t> values);
  explicit column(std::vector<std::uint32_t> values);
  explicit column(std::vector<std::uint8_t> values);
  /// Bytes, for example a chunk of a file.
  explicit column(std::string bytes);
  /// Text i is characters[offsets[i], offsets[i + 1]).
  column(std::vector<std::uint32_t> offsets, std::string characters);
  /// The same for bytes that are no text.
  static column blobs(std::vector<std::uint32_t> offsets, std::string bytes);

  /// Values owned by somebody else, kept alive by `owner`.
  static column borrow(std::span<const double> values,
                       std::shared_ptr<const void> owner);
  static column borrow(std::span<const std::int64_t> values,
                       std::shared_ptr<const void> owner);
  static column borrow(std::span<const std::uint32_t> values,
                       std::shared_ptr<const void> owner);
  static column borrow(std::span<const std::uint8_t> values,
                       std::shared_ptr<const void> owner);
  /// Texts: at least one offset, which ascend within the characters.
  static column borrow(std::span<const std::uint32_t> offsets,
                       std::string_view characters,
                       std::shared_ptr<const void> owner);

  [[nodiscard]] kind type() const noexcept {
    return kind_;
  }

  [[nodiscard]] std::size_t size() const noexcept {
    return size_;
  }

  // Each of these requires the matching kind; text is for blobs, too.
  [[nodiscard]] std::span<const double> doubles() const;
  [[nodiscard]] std::span<const std::int64_t> integers() const;
  [[nodiscard]] std::span<const std::uint32_t> counts() const;
  [[nodiscard]] std::span<const std::uint8_t> bytes() const;
  [[nodiscard]] std::string_view text(std::size_t row) const;
  /// size() + 1 positions in `text_characters`; the first need not be 0.
  [[nodiscard]] std::span<const std::uint32_t> text_offsets() const;
  [[nodiscard]] std::string_view text_characters() const;

  /// Rows [first, first + count).
  [[nodiscard]] column slice(std::size_t first, std::size_t count) const;

private:
  static column borrow_plain(kind type, const void* values, std::size_t size,
                             std::shared_ptr<const void> owner);

  kind kind_ = kind::bytes;
  std::size_t size_ = 0;
  const void* data_ = nullptr; // Values, or offsets of texts.
  std::string_view characters_;
  std::shared_ptr<const void> owner_;
};

/// The bulk part of a message: columns that travel between actors of one
/// process as shared memory and turn into protobuf only on a wire. Cheap to
/// copy. The columns of a block may differ in size; their meaning by position
/// is the protocol of whoever sends the block.
class column_block {
public:
  column_block() = default;

  explicit column_block(std::vector<column> columns);

  [[nodiscard]] std::size_t size() const noexcept {
    return columns_ ? columns_->size() : 0;
  }

  [[nodiscard]] bool empty() const noexcept {
    return size() == 0;
  }

  /// Requires index < size().
  [[nodiscard]] const column& operator[](std::size_t index) const;

  /// Rows [first, first + count) of every column; all must have them.
  [[nodiscard]] column_block slice(std::size_t first, std::size_t count) const;

  [[nodiscard]] ColumnBlock to_message() const;

  /// Nothing if the message contradicts itself (sizes, offsets, kinds).
  [[nodiscard]] static std::optional<column_block>
  from_message(const ColumnBlock& message);

private:
  std::shared_ptr<const std::vector<column>> columns_;
};

} // namespace troupe::messages
