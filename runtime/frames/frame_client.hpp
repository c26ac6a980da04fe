#pragma once

#include "runtime/file_descriptor.hpp"
#include "runtime/frames/frame_codec.hpp"
#include "runtime/problem.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace troupe::runtime {

/// Asks a frame_server. Not thread-safe. Questions may be sent ahead of their
/// answers; which answer is whose, the payloads have to say.
class frame_client {
public:
  /// `unavailable` if nobody serves that socket.
  [[nodiscard]] static outcome<frame_client> connect(const std::string& path);

  /// Gathers a question; `flush` sends it.
  void ask(std::string_view payload) {
    append_frame(unsent_, payload);
  }

  /// Sends what was gathered. `unavailable` when the server is gone.
  [[nodiscard]] outcome<void> flush();

  /// The next answer; sends what was gathered before it waits. `timeout` after that long
  /// a silence, `unavailable` when the server is gone.
  [[nodiscard]] outcome<std::string>
  receive(std::chrono::milliseconds patience);

private:
  explicit frame_client(file_descriptor socket) : socket_{std::move(socket)} {}

  file_descriptor socket_;
  frame_reader reader_;
  std::string unsent_;
};

} // namespace troupe::runtime
