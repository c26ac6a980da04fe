#include "runtime/config/text_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace troupe::runtime {

namespace {

class file_descriptor {
public:
  explicit file_descriptor(int number) noexcept : number_{number} {}

  file_descriptor(const file_descriptor&) = delete;
  file_descriptor& operator=(const file_descriptor&) = delete;

  ~file_descriptor() {
    if (number_ >= 0)
      ::close(number_);
  }

  [[nodiscard]] int number() const noexcept {
    return number_;
  }

private:
  int number_;
};

problem describe(int code, const std::string& path) {
  auto reason = problem{};
  reason.file = path;
  switch (code) {
    case ENOENT:
    case ENOTDIR:
      reason.kind = problem_kind::not_found;
      reason.message = "no such file";
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
      break;
    default:
      reason.message
        = "cannot be read: " + std::generic_category().message(code);
  }
  return reason;
}

} // namespace

outcome<std::string> read_text_file(const std::string& path,
                                    std::size_t bytes_max) {
  const auto file = file_descriptor{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.number() < 0)
    return fail(describe(errno, path));
  auto text = std::string{};
  auto buffer = std::array<char, 16'384>{};
  while (true) {
    const auto count = ::read(file.number(), buffer.data(), buffer.size());
    if (count == 0)
      return text;
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return fail(describe(errno, path));
    text.append(buffer.data(), static_cast<std::size_t>(count));
    if (text.size() > bytes_max) {
      auto reason = problem{};
      reason.kind = problem_kind::invalid_input;
      reason.file = path;
      reason.message = "larger than " + std::to_string(bytes_max) + " bytes";
      return fail(std::move(reason));
    }
  }
}

} // namespace troupe::runtime
