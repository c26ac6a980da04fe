#include "messages/column_block.hpp"

#include <bit>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace troupe::messages {

static_assert(std::endian::native == std::endian::little,
              "columns are little-endian on the wire");

namespace {

std::size_t element_size(column::kind type) {
  switch (type) {
    case column::kind::doubles:
    case column::kind::integers:
      return 8;
    case column::kind::counts:
      return 4;
    case column::kind::bytes:
    case column::kind::texts:
    case column::kind::blobs:
      break;
  }
  return 1;
}

bool is_textual(column::kind type) {
  return type == column::kind::texts || type == column::kind::blobs;
}

void require(bool condition, const char* what) {
  if (!condition)
    throw std::logic_error{what};
}

template <class T>
std::vector<T> copy_values(const std::string& bytes) {
  auto values = std::vector<T>(bytes.size() / sizeof(T));
  if (!values.empty())
    std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

/// Whether texts of this encoding can be read without leaving `values`.
bool is_valid_text(const Column& message) {
  if (message.offsets().size() < 4 || message.offsets().size() % 4 != 0)
    return false;
  const auto offsets = copy_values<std::uint32_t>(message.offsets());
  for (std::size_t i = 1; i < offsets.size(); ++i)
    if (offsets[i] < offsets[i - 1])
      return false;
  return offsets.front() == 0 && offsets.back() == message.values().size();
}

std::optional<column> decode(const Column& message) {
  const auto type = static_cast<column::kind>(message.kind());
  switch (type) {
    case column::kind::doubles:
      if (message.values().size() % 8 != 0)
        return std::nullopt;
      return column{copy_values<double>(message.values())};
    case column::kind::integers:
      if (message.values().size() % 8 != 0)
        return std::nullopt;
      return column{copy_values<std::int64_t>(message.values())};
    case column::kind::counts:
      if (message.values().size() % 4 != 0)
        return std::nullopt;
      return column{copy_values<std::uint32_t>(message.values())};
    case column::kind::bytes:
      return column{message.values()};
    case column::kind::texts:
      if (!is_valid_text(message))
        return std::nullopt;
      return column{copy_values<std::uint32_t>(message.offsets()),
                    message.values()};
    case column::kind::blobs:
      if (!is_valid_text(message))
        return std::nullopt;
      return column::blobs(copy_values<std::uint32_t>(message.offsets()),
                           message.values());
  }
  return std::nullopt; // A newer node may send kinds that we do not know.
}

Column encode(const column& values) {
  auto message = Column{};
  message.set_kind(static_cast<Column::Kind>(values.type()));
  if (!is_textual(values.type())) {
    const auto assign
      = [&](auto span) { message.set_values(span.data(), span.size_bytes()); };
    switch (values.type()) {
      case column::kind::doubles:
        assign(values.doubles());
        break;
      case column::kind::integers:
        assign(values.integers());
        break;
      case column::kind::counts:
        assign(values.counts());
        break;
      default:
        assign(values.bytes());
        break;
    }
    return message;
  }
  const auto offsets = values.text_offsets();
  auto rebased = std::vector<std::uint32_t>(offsets.begin(), offsets.end());
  for (auto& offset : rebased)
    offset -= offsets.front();
  message.set_offsets(rebased.data(), rebased.size() * 4);
  const auto characters = values.text_characters().substr(
    offsets.front(), offsets.back() - offsets.front());
  message.set_values(characters.data(), characters.size());
  return message;
}

} // namespace

// One body for all plain columns: keep the container alive, point into it.
#define TROUPE_OWNING_COLUMN(Container, Kind)                                  \
  column::column(Container values) {                                           \
    const auto owned = std::make_shared<const Container>(std::move(values));   \
    kind_ = Kind;                                                              \
    size_ = owned->size();                                                     \
    data_ = owned->data();                                                     \
    owner_ = owned;                                                            \
  }

TROUPE_OWNING_COLUMN(std::vector<double>, kind::doubles)
TROUPE_OWNING_COLUMN(std::vector<std::int64_t>, kind::integers)
TROUPE_OWNING_COLUMN(std::vector<std::uint32_t>, kind::counts)
TROUPE_OWNING_COLUMN(std::vector<std::uint8_t>, kind::bytes)
TROUPE_OWNING_COLUMN(std::string, kind::bytes)

#undef TROUPE_OWNING_COLUMN

column::column(std::vector<std::uint32_t> offsets, std::string characters) {
  struct texts {
    std::vector<std::uint32_t> offsets;
    std::string characters;
  };
  require(!offsets.empty() && offsets.back() <= characters.size(),
          "text offsets end outside the characters");
  const auto owned = std::make_shared<const texts>(
    texts{std::move(offsets), std::move(characters)});
  kind_ = kind::texts;
  size_ = owned->offsets.size() - 1;
  data_ = owned->offsets.data();
  characters_ = owned->characters;
  owner_ = owned;
}

column column::blobs(std::vector<std::uint32_t> offsets, std::string bytes) {
  auto result = column{std::move(offsets), std::move(bytes)};
  result.kind_ = kind::blobs;
  return result;
}

column column::borrow_plain(kind type, const void* values, std::size_t size,
                            std::shared_ptr<const void> owner) {
  auto result = column{};
  result.kind_ = type;
  result.size_ = size;
  result.data_ = values;
  result.owner_ = std::move(owner);
  return result;
}

#define TROUPE_BORROWING_COLUMN(Value, Kind)                                   \
  column column::borrow(std::span<const Value> values,                         \
                        std::shared_ptr<const void> owner) {                   \
    return borrow_plain(Kind, values.data(), values.size(), std::move(owner)); \
  }

TROUPE_BORROWING_COLUMN(double, kind::doubles)
TROUPE_BORROWING_COLUMN(std::int64_t, kind::integers)
TROUPE_BORROWING_COLUMN(std::uint32_t, kind::counts)
TROUPE_BORROWING_COLUMN(std::uint8_t, kind::bytes)

#undef TROUPE_BORROWING_COLUMN

column column::borrow(std::span<const std::uint32_t> offsets,
                      std::string_view characters,
                      std::shared_ptr<const void> owner) {
  require(!offsets.empty() && offsets.back() <= characters.size(),
          "text offsets end outside the characters");
  auto result = borrow_plain(kind::texts, offsets.data(), offsets.size() - 1,
                             std::move(owner));
  result.characters_ = characters;
  return result;
}

std::span<const double> column::doubles() const {
  require(kind_ == kind::doubles, "not a column of doubles");
  return {static_cast<const double*>(data_), size_};
}

std::span<const std::int64_t> column::integers() const {
  require(kind_ == kind::integers, "not a column of integers");
  return {static_cast<const std::int64_t*>(data_), size_};
}

std::span<const std::uint32_t> column::counts() const {
  require(kind_ == kind::counts, "not a column of counts");
  return {static_cast<const std::uint32_t*>(data_), size_};
}

std::span<const std::uint8_t> column::bytes() const {
  require(kind_ == kind::bytes, "not a column of bytes");
  return {static_cast<const std::uint8_t*>(data_), size_};
}

std::span<const std::uint32_t> column::text_offsets() const {
  require(is_textual(kind_), "not a column of texts");
  return {static_cast<const std::uint32_t*>(data_), size_ + 1};
}

std::string_view column::text_characters() const {
  require(is_textual(kind_), "not a column of texts");
  return characters_;
}

std::string_view column::text(std::size_t row) const {
  const auto offsets = text_offsets();
  require(row < size_, "no such row");
  return characters_.substr(offsets[row], offsets[row + 1] - offsets[row]);
}

column column::slice(std::size_t first, std::size_t count) const {
  require(first <= size_ && count <= size_ - first, "slice outside the column");
  auto result = *this;
  const auto stride = is_textual(kind_) ? 4 : element_size(kind_);
  if (data_ != nullptr)
    result.data_ = static_cast<const char*>(data_) + first * stride;
  result.size_ = count;
  return result;
}

column_block::column_block(std::vector<column> columns)
  : columns_{std::make_shared<const std::vector<column>>(std::move(columns))} {}

const column& column_block::operator[](std::size_t index) const {
  require(index < size(), "no such column");
  return (*columns_)[index];
}

column_block column_block::slice(std::size_t first, std::size_t count) const {
  auto sliced = std::vector<column>{};
  sliced.reserve(size());
  for (std::size_t i = 0; i < size(); ++i)
    sliced.push_back((*this)[i].slice(first, count));
  return column_block{std::move(sliced)};
}

ColumnBlock column_block::to_message() const {
  auto message = ColumnBlock{};
  for (std::size_t i = 0; i < size(); ++i)
    *message.add_columns() = encode((*this)[i]);
  return message;
}

std::optional<column_block>
column_block::from_message(const ColumnBlock& message) {
  auto columns = std::vector<column>{};
  columns.reserve(static_cast<std::size_t>(message.columns_size()));
  for (const auto& encoded : message.columns()) {
    auto decoded = decode(encoded);
    if (!decoded)
      return std::nullopt;
    columns.push_back(std::move(*decoded));
  }
  return column_block{std::move(columns)};
}

} // namespace troupe::messages
