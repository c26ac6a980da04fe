#pragma once

#include "runtime/file_descriptor.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::cluster {

/// How a call that does not block ended.
enum class stream_status : std::uint8_t {
  done,
  want_read, ///< Again, when the socket can be read.
  want_write, ///< Again, when it can be written.
  closed, ///< The other end has said all.
  failed, ///< `reason` says why; only destroying is left.
};

struct stream_result {
  stream_status status = stream_status::done;
  std::size_t bytes = 0; ///< How many were read or written, if done.
};

/// The bytes of one connection, in the clear or under TLS. Never blocks; for
/// one thread.
class link_stream {
public:
  link_stream() = default;
  link_stream(const link_stream&) = delete;
  link_stream& operator=(const link_stream&) = delete;
  virtual ~link_stream() = default;

  /// Proves to each other who both are, where that is done.
  [[nodiscard]] virtual stream_result handshake() = 0;

  [[nodiscard]] virtual stream_result read(char* to, std::size_t bytes_max) = 0;

  /// May write a part.
  [[nodiscard]] virtual stream_result write(std::string_view bytes) = 0;

  /// The name that the certificate of the other end proves, after the
  /// handshake; empty if it is of no node. Nothing where nothing is proved.
  [[nodiscard]] virtual std::optional<std::string> proved_name() const = 0;

  /// Why it failed.
  [[nodiscard]] virtual std::string reason() const = 0;
};

/// Bytes in the clear over a socket, which it does not own.
[[nodiscard]] std::unique_ptr<link_stream>
make_plain_stream(const runtime::file_descriptor& socket);

} // namespace troupe::cluster
