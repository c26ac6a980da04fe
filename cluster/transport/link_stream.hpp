#pragma once

#include "runtime/file_descriptor.hpp"
#include "runtime/instant.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
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

/// What a certificate of the other end has proved at the handshake.
struct link_proof {
  std::string name; ///< Empty if the certificate is of no node.
  std::string serial; ///< Of the certificate, as in lists of revoked ones.
  runtime::instant until; ///< End of the certificate.
  std::string authority; ///< Fingerprint of the key that it rests upon.
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

  /// May leave room; `second` is filled after `first`, which is not empty.
  [[nodiscard]] virtual stream_result read(std::span<char> first,
                                           std::span<char> second)
    = 0;

  /// Writes the parts in their order, or less of them; none is empty.
  [[nodiscard]] virtual stream_result
  write(std::span<const std::string_view> parts)
    = 0;

  /// What the other end has proved, after the handshake; nothing where nothing
  /// is proved.
  [[nodiscard]] virtual std::optional<link_proof> proof() const = 0;

  /// Why it failed.
  [[nodiscard]] virtual std::string reason() const = 0;
};

/// How many parts `link_stream::write` is given at most.
inline constexpr auto written_parts_max = std::size_t{16};

/// Bytes in the clear over a socket, which it does not own.
[[nodiscard]] std::unique_ptr<link_stream>
make_plain_stream(const runtime::file_descriptor& socket);

} // namespace troupe::cluster
