#pragma once

#include "runtime/tabular/byte_source.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>

namespace troupe::runtime {

/// A file that is read once, from front to back, but for its `ranges`.
/// Move-only; closes itself.
class input_file {
public:
  /// Opens a file, a pipe, or standard input for "-". Problems: not_found,
  /// denied, invalid_input for a folder.
  [[nodiscard]] static outcome<input_file>
  open(const std::filesystem::path& path);

  input_file(const input_file&) = delete;
  input_file& operator=(const input_file&) = delete;
  input_file(input_file&& other) noexcept;
  input_file& operator=(input_file&& other) noexcept;
  ~input_file();

  /// Reads until the span is full or the input ends; 0 at the end.
  [[nodiscard]] outcome<std::size_t> read(std::span<char> target);

  /// Known for regular files only.
  [[nodiscard]] std::optional<std::uintmax_t> size_bytes() const noexcept {
    return size_bytes_;
  }

  /// Any part of it, however far it is read, also after the file is gone from
  /// its folder; only of regular files that were opened by name.
  [[nodiscard]] std::optional<byte_ranges> ranges() const;

  /// The path as given, "(standard input)" for "-": for problems.
  [[nodiscard]] const std::string& name() const noexcept {
    return name_;
  }

  /// The file as a byte source that owns it.
  [[nodiscard]] byte_source into_source() &&;

  /// The same; a stop request ends the wait for a silent pipe with a problem
  /// of kind `interrupted`.
  [[nodiscard]] byte_source into_source(std::stop_token stop) &&;

private:
  input_file(int descriptor, std::string name) noexcept
    : descriptor_{descriptor}, name_{std::move(name)} {}

  /// Reads; `stop` is a descriptor that becomes readable, or -1.
  outcome<std::size_t> read(std::span<char> target, int stop);
  [[nodiscard]] outcome<std::size_t> read_at(std::uint64_t first,
                                             std::span<char> target) const;
  void close() noexcept;

  int descriptor_ = -1;
  std::string name_;
  std::optional<std::uintmax_t> size_bytes_;
};

} // namespace troupe::runtime
