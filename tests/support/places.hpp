#pragma once

#include <filesystem>
#include <string>

namespace troupe::tests {

/// The root of the source tree.
[[nodiscard]] std::filesystem::path source_dir();

/// The `troupe` program of this build; may not exist yet.
[[nodiscard]] std::filesystem::path troupe_binary();

/// A file below tests/golden.
[[nodiscard]] std::filesystem::path golden(const std::string& name);

/// The folder of real data beside the checkout, which is never committed; empty
/// when absent. A test that needs it then says so with a WARN and returns.
[[nodiscard]] std::filesystem::path shared_data();

/// The whole file; throws if it cannot be read.
[[nodiscard]] std::string read_file(const std::filesystem::path& path);

/// A fresh empty folder, removed with everything in it at the end.
class temporary_folder {
public:
  temporary_folder();
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  ~temporary_folder();

  [[nodiscard]] const std::filesystem::path& path() const noexcept {
    return path_;
  }

  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const {
    return path_ / name;
  }

  /// Writes a file into the folder and returns its path.
  std::filesystem::path write(const std::string& name,
                              const std::string& content) const;

private:
  std::filesystem::path path_;
};

} // namespace troupe::tests
