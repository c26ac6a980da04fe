#include "runtime/config/text_file.hpp"

#include "runtime/file_descriptor.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace troupe::runtime {

namespace {

problem describe(int code, const std::string& path) {
  auto reason = problem{};
  reason.file = path;
  switch (code) {
    case ENOENT:
    case ENOTDIR:
      reason.kind = problem_kind::not_found;
      reason.message = "no such file";
      reason.hint = "check the spelling of the path";
      break;
    case EACCES:
    case EPERM:
      reason.kind = problem_kind::denied;
      reason.message = "may not be read";
      reason.hint = "check the owner and mode of the file and its folders";
      break;
    case EISDIR:
      reason.kind = problem_kind::invalid_input;
      reason.message = "is a folder, not a file";
      reason.hint = "name a file in it";
      break;
    default:
      reason.message
        = "cannot be read: " + std::generic_category().message(code);
      reason.hint = "check the disk, or use a copy elsewhere";
  }
  return reason;
}

problem make_problem(problem_kind kind, const std::string& path,
                     std::string message, std::string hint = {}) {
  auto reason = problem{};
  reason.kind = kind;
  reason.file = path;
  reason.message = std::move(message);
  reason.hint = std::move(hint);
  return reason;
}

struct opened_file {
  file_descriptor file;
  struct stat status = {}; ///< Of the open file: nobody can exchange it.
};

/// Also a pipe, whose writer is not waited for.
outcome<opened_file> open_at_once(const std::string& path) {
  auto opened = opened_file{
    file_descriptor{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)}};
  if (!opened.file || ::fstat(opened.file.get(), &opened.status) != 0)
    return fail(describe(errno, path));
  return opened;
}

outcome<std::string> read_all(const file_descriptor& file,
                              const std::string& path, std::size_t bytes_max) {
  auto text = std::string{};
  auto buffer = std::array<char, 16'384>{};
  while (true) {
    const auto count = ::read(file.get(), buffer.data(), buffer.size());
    if (count == 0)
      return text;
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return fail(describe(errno, path));
    text.append(buffer.data(), static_cast<std::size_t>(count));
    if (text.size() > bytes_max)
      return fail(
        make_problem(problem_kind::invalid_input, path,
                     "larger than " + std::to_string(bytes_max) + " bytes",
                     "check that it is the right file, or shorten it"));
  }
}

} // namespace

outcome<std::string> read_text_file(const std::string& path,
                                    std::size_t bytes_max) {
  const auto file = file_descriptor{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file)
    return fail(describe(errno, path));
  return read_all(file, path, bytes_max);
}

outcome<std::string> read_regular_file(const std::string& path,
                                       std::size_t bytes_max) {
  const auto opened = open_at_once(path);
  if (!opened)
    return fail(opened.error());
  if (S_ISDIR(opened->status.st_mode))
    return fail(describe(EISDIR, path));
  if (!S_ISREG(opened->status.st_mode))
    return fail(make_problem(problem_kind::invalid_input, path,
                             "not a regular file",
                             "put a file with the content in its place"));
  return read_all(opened->file, path, bytes_max);
}

outcome<std::string> read_private_file(const std::string& path,
                                       std::size_t bytes_max) {
  const auto opened = open_at_once(path);
  if (!opened)
    return fail(opened.error());
  const auto& status = opened->status;
  if (!S_ISREG(status.st_mode))
    return fail(make_problem(problem_kind::denied, path, "not a regular file"));
  if (status.st_uid != ::geteuid() && status.st_uid != 0)
    return fail(
      make_problem(problem_kind::denied, path, "belongs to another user"));
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return fail(make_problem(problem_kind::denied, path,
                             "others than its owner may access it",
                             "chmod 600 " + path));
  return read_all(opened->file, path, bytes_max);
}

} // namespace troupe::runtime
