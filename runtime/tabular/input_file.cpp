#include "runtime/tabular/input_file.hpp"

#include "runtime/tabular/file_problem.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <utility>

namespace troupe::runtime {

outcome<input_file> input_file::open(const std::filesystem::path& path) {
  auto file
    = path == "-"
        ? input_file{STDIN_FILENO, "(standard input)"}
        : input_file{::open(path.c_str(), O_RDONLY | O_CLOEXEC), path.string()};
  if (file.descriptor_ < 0)
    return fail(file_problem(errno, file.name_));
  struct stat status {};
  if (::fstat(file.descriptor_, &status) != 0)
    return fail(file_problem(errno, file.name_));
  if (S_ISDIR(status.st_mode))
    return fail(file_problem(EISDIR, file.name_));
  if (S_ISREG(status.st_mode)) {
    file.size_bytes_ = static_cast<std::uintmax_t>(status.st_size);
    ::posix_fadvise(file.descriptor_, 0, 0, POSIX_FADV_SEQUENTIAL);
  }
  return file;
}

input_file::input_file(input_file&& other) noexcept
  : descriptor_{std::exchange(other.descriptor_, -1)},
    name_{std::move(other.name_)}, size_bytes_{other.size_bytes_} {}

input_file& input_file::operator=(input_file&& other) noexcept {
  if (this != &other) {
    close();
    descriptor_ = std::exchange(other.descriptor_, -1);
    name_ = std::move(other.name_);
    size_bytes_ = other.size_bytes_;
  }
  return *this;
}

input_file::~input_file() {
  close();
}

outcome<std::size_t> input_file::read(std::span<char> target) {
  auto have = std::size_t{0};
  while (have < target.size()) {
    const auto count
      = ::read(descriptor_, target.data() + have, target.size() - have);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return fail(file_problem(errno, name_));
    if (count == 0)
      break;
    have += static_cast<std::size_t>(count);
  }
  return have;
}

byte_source input_file::into_source() && {
  // Shared, because a std::function must be copyable.
  auto file = std::make_shared<input_file>(std::move(*this));
  return [file = std::move(file)](std::span<char> target) {
    return file->read(target);
  };
}

void input_file::close() noexcept {
  if (descriptor_ > STDERR_FILENO)
    ::close(descriptor_);
  descriptor_ = -1;
}

} // namespace troupe::runtime
