#include "runtime/tabular/output_file.hpp"

#include "runtime/tabular/file_problem.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <utility>

namespace troupe::runtime {

namespace {

constexpr auto attempts_max = 100;
constexpr auto create_flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
constexpr auto permissions = 0666; // Less the user's umask.

/// Unique among the threads of all processes of this machine.
std::string temporary_name(const std::string& path) {
  static auto counter = std::atomic<unsigned>{0};
  return path + ".tmp-" + std::to_string(::getpid()) + '-'
         + std::to_string(counter.fetch_add(1));
}

/// A symbolic link stays one: what it points to is replaced.
std::string follow_links(const std::filesystem::path& path) {
  auto error = std::error_code{};
  if (!std::filesystem::is_symlink(path, error))
    return path.string();
  const auto target = std::filesystem::weakly_canonical(path, error);
  return error ? path.string() : target.string();
}

int synchronise_folder(const std::string& path) {
  const auto parent = std::filesystem::path{path}.parent_path();
  const auto descriptor = ::open(parent.empty() ? "." : parent.c_str(),
                                 O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0)
    return errno;
  const auto error = ::fsync(descriptor) == 0 ? 0 : errno;
  ::close(descriptor);
  return error;
}

} // namespace

outcome<output_file> output_file::create(const std::filesystem::path& path) {
  if (path == "-")
    return output_file{STDOUT_FILENO, "(standard output)", {}};
  const auto target = follow_links(path);
  struct stat status {};
  if (::stat(target.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode))
      return fail(file_problem(EISDIR, path.string()));
    if (!S_ISREG(status.st_mode)) { // A pipe or device is written in place.
      const auto descriptor = ::open(target.c_str(), O_WRONLY | O_CLOEXEC);
      if (descriptor < 0)
        return fail(file_problem(errno, path.string()));
      return output_file{descriptor, target, {}};
    }
  }
  for (auto attempt = 0; attempt < attempts_max; ++attempt) {
    auto temporary = temporary_name(target);
    const auto descriptor
      = ::open(temporary.c_str(), create_flags, permissions);
    if (descriptor >= 0)
      return output_file{descriptor, target, std::move(temporary)};
    if (errno != EEXIST)
      break;
  }
  return fail(file_problem(errno, path.string()));
}

output_file::output_file(output_file&& other) noexcept
  : descriptor_{std::exchange(other.descriptor_, -1)}, path_{std::move(
                                                         other.path_)},
    temporary_{std::exchange(other.temporary_, {})}, bytes_written_{
                                                       other.bytes_written_} {}

output_file& output_file::operator=(output_file&& other) noexcept {
  if (this != &other) {
    discard();
    descriptor_ = std::exchange(other.descriptor_, -1);
    path_ = std::move(other.path_);
    temporary_ = std::exchange(other.temporary_, {});
    bytes_written_ = other.bytes_written_;
  }
  return *this;
}

output_file::~output_file() {
  discard();
}

outcome<void> output_file::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto count = ::write(descriptor_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return fail(file_problem(errno, path_));
    bytes.remove_prefix(static_cast<std::size_t>(count));
    bytes_written_ += static_cast<std::uintmax_t>(count);
  }
  return {};
}

outcome<void> output_file::commit(file_durability durability) {
  if (temporary_.empty())
    return {};
  const auto is_durable = durability == file_durability::power_loss;
  if (is_durable && ::fsync(descriptor_) != 0)
    return fail(file_problem(errno, path_));
  if (::close(std::exchange(descriptor_, -1)) != 0)
    return fail(file_problem(errno, path_));
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0)
    return fail(file_problem(errno, path_));
  temporary_.clear();
  if (is_durable) {
    if (const auto error = synchronise_folder(path_); error != 0)
      return fail(file_problem(error, path_));
  }
  return {};
}

void output_file::discard() noexcept {
  if (descriptor_ > STDERR_FILENO)
    ::close(descriptor_);
  descriptor_ = -1;
  if (!temporary_.empty())
    ::unlink(temporary_.c_str());
  temporary_.clear();
}

} // namespace troupe::runtime
