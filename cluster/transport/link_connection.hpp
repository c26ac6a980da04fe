#pragma once

#include "cluster/transport/lane_inbox.hpp"
#include "cluster/transport/link_greeting.hpp"
#include "cluster/transport/link_output.hpp"
#include "cluster/transport/link_socket.hpp"
#include "cluster/transport/link_stream.hpp"
#include "cluster/transport/shared_link.hpp"
#include "runtime/clock.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe::cluster {

class link_connection;

/// Whom a connection asks and tells. All on the thread of the sockets; none may
/// destroy the connection.
class link_connection_owner {
public:
  link_connection_owner() = default;
  link_connection_owner(const link_connection_owner&) = delete;
  link_connection_owner& operator=(const link_connection_owner&) = delete;
  virtual ~link_connection_owner() = default;

  /// Why there can be no link to that peer; nothing if there can.
  [[nodiscard]] virtual std::optional<std::string>
  object_to(const link_peer& peer) = 0;
  virtual void went_up(link_connection& connection) = 0;
  virtual void received(link_connection& connection, incoming_envelope) = 0;
  virtual void has_room(link_connection& connection) = 0;
  /// Once, whatever the end. The socket may need a moment longer.
  virtual void ended(link_connection& connection, const std::string& reason)
    = 0;
};

/// What all connections of a node have in common.
struct link_terms {
  node_identity self;
  build_rule builds = build_rule::same;
  link_limits limits;
  std::shared_ptr<loop_signal> signal;
  const runtime::clock* time = nullptr; ///< For the ends of certificates.
};

/// One connection from its socket to its end.
///
///     connecting -> securing -> greeting -> up -> lingering -> ended
///          \____________\___________\______________^    ^
///                                    \__________________/
///
/// Lingering, it has said why and waits for the other end to have read it.
class link_connection {
public:
  using time_point = std::chrono::steady_clock::time_point;
  using stream_maker = std::function<std::unique_ptr<link_stream>(
    const runtime::file_descriptor&, link_origin)>;

  enum class phase : std::uint8_t {
    connecting,
    securing,
    greeting,
    up,
    lingering,
    ended,
  };

  /// `node` is the one that is dialed; empty if it came, for it is connected.
  link_connection(std::uint64_t number, runtime::file_descriptor socket,
                  std::string node, std::string address, time_point deadline,
                  const link_terms& terms, const stream_maker& make_stream,
                  link_connection_owner& owner);

  /// The socket is readable or writable, or failed.
  void on_socket(bool is_readable, bool is_writable, time_point now);

  /// Its link has something to send.
  void on_notified(time_point now);

  /// Ends what takes too long, asks who is silent.
  void on_tick(time_point now);

  /// When `on_tick` is due.
  [[nodiscard]] time_point next_tick() const noexcept;

  /// Tells the other end why, then ends.
  void end_politely(const std::string& reason, time_point now);

  /// Ends at once.
  void end(const std::string& reason);

  /// What to wait for, as events of epoll.
  [[nodiscard]] std::uint32_t events() const noexcept;

  /// There is more to read than was read in one go.
  [[nodiscard]] bool is_busy() const noexcept {
    return is_busy_;
  }

  [[nodiscard]] phase where() const noexcept {
    return phase_;
  }
  [[nodiscard]] std::uint64_t number() const noexcept {
    return number_;
  }
  [[nodiscard]] int descriptor() const noexcept {
    return socket_.get();
  }
  [[nodiscard]] link_origin origin() const noexcept {
    return expected_.empty() ? link_origin::accepted : link_origin::dialed;
  }
  /// Who it is, proved or claimed; the node that was dialed until then.
  [[nodiscard]] const std::string& node() const noexcept {
    return peer_.node.name.empty() ? expected_ : peer_.node.name;
  }
  [[nodiscard]] const std::string& address() const noexcept {
    return address_;
  }
  [[nodiscard]] const link_peer& peer() const noexcept {
    return peer_;
  }
  /// What the other end has proved; nothing before the handshake, or where
  /// nothing is proved.
  [[nodiscard]] const std::optional<link_proof>& proof() const noexcept {
    return proof_;
  }
  /// Once it is up.
  [[nodiscard]] const std::shared_ptr<shared_link>& link() const noexcept {
    return link_;
  }
  /// Whether its end ends a link that others know of.
  [[nodiscard]] bool was_up() const noexcept {
    return was_up_;
  }
  std::uint32_t registered_events = 0; ///< For its owner.

private:
  [[nodiscard]] bool is_talking() const noexcept {
    return phase_ == phase::greeting || phase_ == phase::up;
  }
  void secure(time_point now);
  void go_on_securing(time_point now);
  void read(time_point now);
  [[nodiscard]] stream_result read_some();
  void consume(time_point now);
  void handle(const frame_header& header, std::string_view payload,
              time_point now);
  void handle_hello(std::string_view payload, time_point now);
  void handle_accept(time_point now);
  void handle(runtime::outcome<std::optional<arrived_envelope>> taken,
              time_point now);
  void break_off(const std::string& reason, time_point now);
  void flush(time_point now);
  [[nodiscard]] bool write_output(time_point now);
  void linger(frame_kind kind, const std::string& text,
              const std::string& reason, time_point now);
  void drain();
  void tell_end(const std::string& reason);

  std::uint64_t number_;
  runtime::file_descriptor socket_;
  std::string expected_;
  std::string address_;
  time_point deadline_; ///< Of the greeting, and of lingering.
  const link_terms& terms_;
  const stream_maker& make_stream_;
  link_connection_owner& owner_;

  phase phase_ = phase::connecting;
  std::unique_ptr<link_stream> stream_;
  std::optional<link_proof> proof_;
  link_peer peer_;
  std::optional<messages::LinkHello> hello_;
  std::shared_ptr<shared_link> link_;
  lane_inbox inbox_;
  std::vector<char> input_;
  std::size_t input_begin_ = 0;
  std::size_t input_end_ = 0;
  std::size_t filled_ = 0; ///< Read past the input, and not handled yet.
  link_output output_;
  time_point heard_at_;
  time_point written_at_;
  std::size_t drained_ = 0;
  bool wants_write_ = false;
  bool is_pinged_ = false;
  bool is_busy_ = false;
  bool was_up_ = false;
  bool has_told_end_ = false;
};

} // namespace troupe::cluster
