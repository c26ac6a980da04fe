#pragma once

#include "runtime/problem.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace troupe::runtime {

/// What a committed file survives.
enum class file_durability : std::uint8_t {
  process_crash, ///< The process dies, the machine lives.
  power_loss, ///< Also synchronised to the disk: slower.
};

/// A file that appears under its name only when complete: it is written beside
/// it, under a temporary name, and renamed by commit(). Without commit() the
/// temporary file is removed. Move-only.
class output_file {
public:
  /// Problems: not_found when the folder is missing, denied, invalid_input when
  /// `path` is a folder, unavailable when the disk is full. "-" is standard
  /// output, written through, where commit() only reports errors.
  [[nodiscard]] static outcome<output_file>
  create(const std::filesystem::path& path);

  output_file(const output_file&) = delete;
  output_file& operator=(const output_file&) = delete;
  output_file(output_file&& other) noexcept;
  output_file& operator=(output_file&& other) noexcept;
  ~output_file();

  /// Writes all bytes, unbuffered: hand over large pieces. After a problem the
  /// file can only be dropped.
  [[nodiscard]] outcome<void> write(std::string_view bytes);

  /// Gives the file its name, replacing what had it. Call it once, last.
  [[nodiscard]] outcome<void> commit(file_durability durability
                                     = file_durability::process_crash);

  [[nodiscard]] std::uintmax_t bytes_written() const noexcept {
    return bytes_written_;
  }

private:
  output_file(int descriptor, std::string path, std::string temporary) noexcept
    : descriptor_{descriptor}, path_{std::move(path)}, temporary_{std::move(
                                                         temporary)} {}

  void discard() noexcept;

  int descriptor_ = -1;
  std::string path_;
  std::string temporary_; // Empty: standard output, or already committed.
  std::uintmax_t bytes_written_ = 0;
};

} // namespace troupe::runtime
