#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::simulation {

/// Packs runs of integers, one behind the other. Of each run it keeps the least
/// value and how far each is above it, in as many bits as the largest of these
/// needs, or byte by byte through LZ4 where that takes less.
class integer_packer {
public:
  explicit integer_packer(std::string& to) : to_{&to} {}

  /// Room for the next run, to be filled and then added.
  [[nodiscard]] std::span<std::int64_t> room(std::size_t count);

  /// Adds the values of the last room.
  void add_room();

private:
  [[nodiscard]] bool add_compressed(std::uint64_t least, unsigned bits);
  void add_bits(std::uint64_t least, unsigned bits);

  std::string* to_;
  std::size_t count_ = 0;
  std::vector<std::int64_t> values_;
  std::string planes_;
};

/// Reads what integer_packer has written. Whatever the bytes are, it reads none
/// behind them and takes no more memory than the count asks for.
class integer_unpacker {
public:
  explicit integer_unpacker(std::string_view bytes) : bytes_{bytes} {}

  /// The next run, which has so many values; valid until the next call. Nothing
  /// if the bytes are not such a run.
  [[nodiscard]] std::optional<std::span<const std::int64_t>>
  next(std::size_t count);

  /// Whether all bytes have been read.
  [[nodiscard]] bool is_done() const noexcept {
    return bytes_.empty();
  }

private:
  [[nodiscard]] std::optional<std::string_view> take(std::size_t size);
  [[nodiscard]] std::optional<std::uint64_t> take_least();
  [[nodiscard]] bool read_compressed(std::uint64_t least, unsigned bits);
  [[nodiscard]] bool read_bits(std::uint64_t least, unsigned bits);

  std::string_view bytes_;
  std::vector<std::int64_t> values_;
  std::string planes_;
};

} // namespace troupe::simulation
