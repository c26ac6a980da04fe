#include "tools/cli/interruption.hpp"

#include <pthread.h>

#include <csignal>
#include <cstdlib>
#include <thread>

namespace troupe::tools {

namespace {

constexpr int exit_interrupted = 130;

sigset_t signals() {
  auto set = sigset_t{};
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  // Wakes the waiting thread at the end.
  sigaddset(&set, SIGUSR1);
  return set;
}

} // namespace

struct interruption::state {
  std::stop_source stop;
  std::thread waiting;
};

interruption::interruption() : state_{std::make_unique<state>()} {
  const auto set = signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  state_->waiting = std::thread{[this, set] {
    auto received = 0;
    while (sigwait(&set, &received) == 0 && received != SIGUSR1) {
      if (state_->stop.stop_requested())
        std::_Exit(exit_interrupted);
      state_->stop.request_stop();
    }
  }};
}

interruption::~interruption() {
  pthread_kill(state_->waiting.native_handle(), SIGUSR1);
  state_->waiting.join();
}

std::stop_token interruption::token() const {
  return state_->stop.get_token();
}

} // namespace troupe::tools
