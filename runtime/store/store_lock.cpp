#include "runtime/store/store_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>
#include <utility>

namespace troupe::runtime {

namespace {

constexpr std::size_t owner_bytes_max = 1'024;

/// Two names of one file share a lock.
std::string lock_path(const std::string& path) {
  auto ignored = std::error_code{};
  const auto canonical = std::filesystem::weakly_canonical(path, ignored);
  return (canonical.empty() ? path : canonical.string()) + ".lock";
}

/// How this process was called, up to its first option or address: what
/// follows may hold secrets. Empty where the system does not tell.
std::string own_command() {
  auto in = std::ifstream{"/proc/self/cmdline", std::ios::binary};
  auto text = std::string{std::istreambuf_iterator<char>{in}, {}};
  // Arguments end in NUL.
  text.resize(std::min(text.find(std::string_view{"\0-", 2}), text.size()));
  if (const auto address = text.find("://"); address != std::string::npos)
    text.resize(text.rfind('\0', address) + 1);
  while (!text.empty() && text.back() == '\0')
    text.pop_back();
  // Line feeds would forge lines of the lock file.
  std::replace_if(
    text.begin(), text.end(),
    [](char character) { return static_cast<unsigned char>(character) < ' '; },
    ' ');
  return text.substr(0, owner_bytes_max);
}

/// "process 123 (troupe server)", from the content of the lock file.
std::string describe_owner(int descriptor) {
  auto bytes = std::array<char, owner_bytes_max + 32>{};
  const auto size = ::pread(descriptor, bytes.data(), bytes.size(), 0);
  const auto text
    = std::string_view{bytes.data(), size > 0 ? std::size_t(size) : 0};
  const auto end = text.find('\n');
  if (end == std::string_view::npos || end == 0)
    return "another process";
  auto owner = "process " + std::string{text.substr(0, end)};
  const auto command = text.substr(end + 1, text.find('\n', end + 1) - end - 1);
  if (!command.empty())
    owner += " (" + std::string{command} + ")";
  return owner;
}

tl::unexpected<problem> refusal(const std::string& path, int error) {
  auto reason = problem{};
  reason.kind = problem_kind::unavailable;
  reason.file = path;
  reason.message
    = "cannot lock the store: " + std::generic_category().message(error);
  if (error == ENOENT) {
    reason.kind = problem_kind::not_found;
    reason.hint = "create the folder first";
  } else if (error == ENOSPC || error == EDQUOT) {
    reason.hint = "free some space, then try again";
  } else {
    reason.hint = "check the permissions of the folder and its mount";
  }
  return fail(std::move(reason));
}

} // namespace

outcome<store_lock> store_lock::acquire(const std::string& path) {
  const auto name = lock_path(path);
  const auto descriptor
    = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0)
    return refusal(path, errno);
  auto lock = store_lock{descriptor};
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK)
      return refusal(path, errno);
    auto reason = problem{};
    reason.kind = problem_kind::unavailable;
    reason.file = path;
    reason.message = "the store is in use by " + describe_owner(descriptor);
    reason.hint = "end that process, or choose another store";
    return fail(std::move(reason));
  }
  const auto owner = std::to_string(::getpid()) + '\n' + own_command() + '\n';
  const auto size = static_cast<ssize_t>(owner.size());
  if (::ftruncate(descriptor, 0) != 0
      || ::pwrite(descriptor, owner.data(), owner.size(), 0) != size)
    return refusal(path, errno);
  return lock;
}

bool store_lock::is_held(const std::string& path) {
  const auto descriptor = ::open(lock_path(path).c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    return false;
  const auto probe = store_lock{descriptor};
  return ::flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

store_lock::store_lock(store_lock&& other) noexcept
  : descriptor_{std::exchange(other.descriptor_, -1)} {}

store_lock& store_lock::operator=(store_lock&& other) noexcept {
  if (this != &other) {
    release();
    descriptor_ = std::exchange(other.descriptor_, -1);
  }
  return *this;
}

store_lock::~store_lock() {
  release();
}

void store_lock::release() noexcept {
  // Removing the file would let two processes lock two files of this name.
  if (descriptor_ >= 0)
    ::close(descriptor_);
  descriptor_ = -1;
}

} // namespace troupe::runtime
