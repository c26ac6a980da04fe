#include "tests/support/places.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace troupe::tests {

namespace fs = std::filesystem;

fs::path source_dir() {
  return TROUPE_SOURCE_DIR;
}

fs::path troupe_binary() {
  return fs::path{TROUPE_BINARY_DIR} / "troupe";
}

fs::path golden(const std::string& name) {
  return source_dir() / "tests" / "golden" / name;
}

fs::path shared_data() {
  const auto path = source_dir() / ".." / "shared" / "data";
  return fs::is_directory(path) ? path : fs::path{};
}

std::string read_file(const fs::path& path) {
  auto in = std::ifstream{path, std::ios::binary};
  if (!in)
    throw std::runtime_error{"cannot read " + path.string()};
  auto text = std::ostringstream{};
  text << in.rdbuf();
  return std::move(text).str();
}

temporary_folder::temporary_folder() {
  auto name = (fs::temp_directory_path() / "troupe-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    throw std::runtime_error{"cannot make a temporary folder"};
  path_ = name;
}

temporary_folder::~temporary_folder() {
  auto ignored = std::error_code{};
  fs::remove_all(path_, ignored);
}

fs::path temporary_folder::write(const std::string& name,
                                 const std::string& content) const {
  const auto path = path_ / name;
  auto out = std::ofstream{path, std::ios::binary};
  out << content;
  if (!out.flush())
    throw std::runtime_error{"cannot write " + path.string()};
  return path;
}

} // namespace troupe::tests
