#pragma once

#include "messages/engine_call.pb.h"
#include "tests/tools/api/served_api.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

namespace troupe::tests {

/// The API of a node "a" without a store; its cluster has also the coordinator
/// "b" and a dead worker. The leader is the test's word.
class scripted_node {
public:
  scripted_node();
  scripted_node(const scripted_node&) = delete;
  scripted_node& operator=(const scripted_node&) = delete;
  ~scripted_node();

  /// From now on; empty: nobody.
  void lead(const std::string& name);

  /// Whether the engine leaves questions unanswered.
  void set_silent(bool is_silent) {
    is_silent_ = is_silent;
  }

  /// Questions that were left unanswered.
  [[nodiscard]] int unanswered() const {
    return unanswered_;
  }

  [[nodiscard]] api_answer get(const std::string& path) const;

  /// Ends the server.
  void stop() {
    api_.reset();
  }

private:
  [[nodiscard]] messages::EngineAnswer
  answer_of(const messages::EngineCall& call);

  std::mutex mutex_;
  messages::ClusterStatus status_;
  std::atomic<bool> is_silent_{false};
  std::atomic<int> unanswered_{0};
  std::unique_ptr<tools::api> api_;
};

} // namespace troupe::tests
