#include "runtime/store/store_lock.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

using namespace troupe::runtime;
using namespace troupe::tests;

namespace {

/// A process that holds a lock until it is told to end.
class lock_holder {
public:
  explicit lock_holder(const std::string& path) {
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      const auto lock = store_lock::acquire(path);
      const auto answer = lock ? '+' : '-';
      if (::write(ready[1], &answer, 1) == 1)
        ::pause();
      ::_exit(0);
    }
    auto answer = '-';
    REQUIRE(::read(ready[0], &answer, 1) == 1);
    REQUIRE(answer == '+');
    ::close(ready[0]);
    ::close(ready[1]);
  }

  lock_holder(const lock_holder&) = delete;
  lock_holder& operator=(const lock_holder&) = delete;

  ~lock_holder() {
    kill();
  }

  void kill() {
    if (pid_ <= 0)
      return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

  [[nodiscard]] pid_t pid() const {
    return pid_;
  }

private:
  pid_t pid_ = 0;
};

} // namespace

TEST_CASE("a second process is told who holds the store") {
  const auto folder = temporary_folder{};
  const auto path = (folder / "store.db").string();
  auto holder = lock_holder{path};
  CHECK(store_lock::is_held(path));
  const auto refused = store_lock::acquire(path);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == problem_kind::unavailable);
  CHECK(refused.error().message.find("process " + std::to_string(holder.pid())
                                     + " (")
        != std::string::npos);
  CHECK_FALSE(refused.error().hint.empty());

  holder.kill();
  CHECK_FALSE(store_lock::is_held(path));
  CHECK(store_lock::acquire(path));
}

TEST_CASE("the lock also keeps out the same process") {
  const auto folder = temporary_folder{};
  const auto path = (folder / "store.db").string();
  {
    const auto lock = store_lock::acquire(path);
    REQUIRE(lock);
    CHECK_FALSE(store_lock::acquire(path));
  }
  CHECK(store_lock::acquire(path));
}

TEST_CASE("another name of the file meets the same lock") {
  const auto folder = temporary_folder{};
  const auto path = folder.write("store.db", "").string();
  const auto alias = (folder / "alias.db").string();
  std::filesystem::create_symlink(path, alias);
  const auto lock = store_lock::acquire(path);
  REQUIRE(lock);
  CHECK_FALSE(store_lock::acquire(alias));
  CHECK(store_lock::is_held(alias));
}

TEST_CASE("a moved lock is held once") {
  const auto folder = temporary_folder{};
  const auto path = (folder / "store.db").string();
  auto first = store_lock::acquire(path);
  REQUIRE(first);
  auto second = std::move(*first);
  CHECK(store_lock::is_held(path));
  auto& itself = second;
  second = std::move(itself);
  CHECK(store_lock::is_held(path));
}
