#pragma once

#include "cluster/transport/link_connection.hpp"
#include "cluster/transport/refusal_log.hpp"
#include "cluster/transport/socket_transport.hpp"

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace troupe::cluster {

/// What the thread of the sockets and those who call the transport share.
class link_table {
public:
  [[nodiscard]] std::shared_ptr<shared_link>
  find(const std::string& node) const;
  [[nodiscard]] std::vector<link_peer> peers() const;
  [[nodiscard]] std::size_t size() const;

  void set(const std::string& node, std::shared_ptr<shared_link> link);
  void erase(const std::string& node);

  /// False: there is a link, or a dialing.
  [[nodiscard]] bool begin_dialing(const std::string& node);
  void end_dialing(const std::string& node);

private:
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<shared_link>, std::less<>> links_;
  std::set<std::string, std::less<>> dialing_;
};

/// A node that is being dialed, address after address.
struct dialing {
  std::string node;
  std::string host; ///< HOST:PORT, as it was asked for.
  std::vector<socket_address> addresses; ///< Those to be tried, the next last.
  link_connection::time_point deadline;
  std::uint64_t connection = 0; ///< Zero: its name is being resolved.
};

/// What is proved at both ends of links, and what counts no more.
struct link_proving {
  link_connection::stream_maker make_stream;
  proof_terms counts;
};

/// Owns the sockets of a transport. Everything but the constructor runs on one
/// thread, that of `run`.
class socket_loop final : public link_connection_owner {
public:
  socket_loop(link_terms terms, link_proving proving, transport_events events,
              link_table& table);

  /// Until `stop`.
  void run();
  void stop();

  void add_listener(runtime::file_descriptor socket);
  void begin(dialing wanted);
  void go_on(const std::string& node,
             runtime::outcome<std::vector<socket_address>> addresses);
  void disconnect(const std::string& node, const std::string& reason);

  /// For handshakes from now on; ends the links to nodes that are revoked or of
  /// another authority.
  void use(link_proving proving);

  // As link_connection_owner.
  std::optional<std::string> object_to(const link_peer& peer) override;
  void went_up(link_connection& connection) override;
  void received(link_connection& connection, incoming_envelope) override;
  void has_room(link_connection& connection) override;
  void ended(link_connection& connection, const std::string& reason) override;

private:
  using time_point = link_connection::time_point;

  void wait();
  void handle(std::uint64_t number, std::uint32_t events);
  void handle_requests();
  void accept_all(const runtime::file_descriptor& listener);
  void add(runtime::file_descriptor socket, const std::string& node,
           const std::string& address, time_point deadline);
  void push_out_oldest();
  void dial_next(dialing& wanted);
  void settle(link_connection& connection);
  void sweep();
  void tick();
  void pause_listeners();
  void resume_listeners();
  void check_proofs();
  [[nodiscard]] std::optional<std::string>
  object_to_proof(const link_connection& connection) const;
  void tell_refusal(const link_connection& connection,
                    const std::string& reason);
  /// `node` by value: it may be a part of the dialing that is forgotten here.
  void refuse_dialing(std::string node, const std::string& reason);
  [[nodiscard]] link_connection* find(std::uint64_t number);
  [[nodiscard]] link_connection* find_up(const std::string& node);
  void watch(int descriptor, std::uint64_t number, std::uint32_t events,
             int operation) const;
  void plan(time_point at) noexcept;

  link_terms terms_;
  link_proving proving_;
  transport_events events_;
  link_table& table_;
  refusal_log refusals_;

  runtime::file_descriptor poll_;
  std::map<std::uint64_t, runtime::file_descriptor> listeners_;
  std::map<std::uint64_t, std::unique_ptr<link_connection>> connections_;
  std::map<std::string, std::uint64_t, std::less<>> up_; ///< By node.
  std::map<std::string, dialing, std::less<>> dialings_;
  std::set<std::uint64_t> greetings_; ///< Came, and are not up; oldest first.
  std::set<std::uint64_t> busy_;
  std::set<std::uint64_t> over_; ///< To be destroyed.
  std::uint64_t last_number_ = 0;
  time_point now_;
  time_point next_tick_ = time_point::max();
  time_point listen_again_at_ = time_point::max();
  time_point check_proofs_at_ = time_point::max();
  bool is_stopping_ = false;
};

} // namespace troupe::cluster
