#include "runtime/tabular/input_file.hpp"

#include "runtime/stop_signal.hpp"
#include "runtime/tabular/file_problem.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <utility>

namespace troupe::runtime {

namespace {

/// Waits until there is something to read, or its end, or an error; false when
/// a stop was requested.
bool await_input(int input, int stop) {
  auto both = std::array{pollfd{input, POLLIN, 0}, pollfd{stop, POLLIN, 0}};
  while (::poll(both.data(), both.size(), -1) < 0)
    if (errno != EINTR)
      return true; // The read will say what is wrong.
  return both[1].revents == 0;
}

/// Calls `read(std::size_t have)`, which reads what follows as ::read does,
/// until the target is full or the file ends: how much there was.
template <class Read>
outcome<std::size_t> fill(std::span<char> target, const std::string& name,
                          Read read) {
  auto have = std::size_t{0};
  while (have < target.size()) {
    const outcome<ssize_t> count = read(have);
    if (!count)
      return fail(count.error());
    if (*count < 0 && errno == EINTR)
      continue;
    if (*count < 0)
      return fail(file_problem(errno, name));
    if (*count == 0)
      break;
    have += static_cast<std::size_t>(*count);
  }
  return have;
}

} // namespace

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
  return read(target, -1);
}

outcome<std::size_t> input_file::read(std::span<char> target, int stop) {
  return fill(target, name_, [&](std::size_t have) -> outcome<ssize_t> {
    if (stop >= 0 && !await_input(descriptor_, stop))
      return fail(problem_kind::interrupted, "reading was interrupted");
    return ::read(descriptor_, target.data() + have, target.size() - have);
  });
}

outcome<std::size_t> input_file::read_at(std::uint64_t first,
                                         std::span<char> target) const {
  return fill(target, name_, [&](std::size_t have) -> outcome<ssize_t> {
    return ::pread(descriptor_, target.data() + have, target.size() - have,
                   static_cast<::off_t>(first + have));
  });
}

std::optional<byte_ranges> input_file::ranges() const {
  if (!size_bytes_ || descriptor_ <= STDERR_FILENO)
    return std::nullopt;
  const auto own = ::fcntl(descriptor_, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  if (own < 0)
    return std::nullopt;
  return [file = std::make_shared<const input_file>(input_file{own, name_})](
           std::uint64_t first, std::span<char> target) {
    return file->read_at(first, target);
  };
}

byte_source input_file::into_source() && {
  // Shared, because a std::function must be copyable.
  auto file = std::make_shared<input_file>(std::move(*this));
  return [file = std::move(file)](std::span<char> target) {
    return file->read(target);
  };
}

byte_source input_file::into_source(std::stop_token stop) && {
  if (size_bytes_) // Files never keep anybody waiting.
    return std::move(*this).into_source();
  auto file = std::make_shared<input_file>(std::move(*this));
  auto signal = std::make_shared<stop_signal>(std::move(stop));
  return [file = std::move(file),
          signal = std::move(signal)](std::span<char> target) {
    return file->read(target, signal->descriptor());
  };
}

void input_file::close() noexcept {
  if (descriptor_ > STDERR_FILENO)
    ::close(descriptor_);
  descriptor_ = -1;
}

} // namespace troupe::runtime
