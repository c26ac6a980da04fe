#pragma once

#include "runtime/problem.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace troupe::runtime {

struct frame_server_options {
  /// The Unix socket; made with mode 0600. A socket that nobody serves any more
  /// is replaced.
  std::string path;
  /// More are refused.
  std::size_t connections_max = 256;
  /// Questions of one connection that have no answer yet; more are not read
  /// until some have.
  std::size_t questions_max = 1'000;
};

/// Names a connection; never used twice.
using connection_id = std::uint64_t;

/// Hears what clients say, on the server's thread; must not block.
struct frame_observer {
  /// All that has arrived together, at least one.
  std::function<void(connection_id, std::vector<std::string>)> on_questions;
  std::function<void(connection_id)> on_close;
};

/// Takes questions from the processes of the same user, as frames over a Unix
/// socket, and brings the answers back: one for each question, in any order.
/// They are read on a thread of their own; whoever has an answer sends it.
class frame_server {
public:
  /// `unavailable` when somebody serves that socket or it cannot be made.
  [[nodiscard]] static outcome<std::unique_ptr<frame_server>>
  start(frame_server_options options, frame_observer observer);

  /// Closes all connections and removes the socket.
  ~frame_server();

  frame_server(const frame_server&) = delete;
  frame_server& operator=(const frame_server&) = delete;

  /// From any thread, in one piece. Dropped when the connection is gone; what
  /// the other end does not take at once is sent later.
  void answer(connection_id to, std::span<const std::string> payloads);

private:
  class reactor;

  explicit frame_server(std::unique_ptr<reactor> worker);

  std::unique_ptr<reactor> reactor_;
};

} // namespace troupe::runtime
