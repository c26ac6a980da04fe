#include "cluster/transport/socket_loop.hpp"

#include "runtime/logging/log.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace troupe::cluster {

namespace {

constexpr auto loop_log = "cluster.transport";
/// The number of the signal; connections and listeners have higher ones.
constexpr auto signal_number = std::uint64_t{0};
/// So many at a time, so that links have their turn.
constexpr auto accepts_in_a_row = 32;
/// When the process has no descriptor left for a connection.
constexpr auto listen_pause = std::chrono::milliseconds{100};

} // namespace

std::shared_ptr<shared_link> link_table::find(const std::string& node) const {
  const auto guard = std::lock_guard{mutex_};
  const auto found = links_.find(node);
  return found == links_.end() ? nullptr : found->second;
}

std::vector<link_peer> link_table::peers() const {
  const auto guard = std::lock_guard{mutex_};
  auto result = std::vector<link_peer>{};
  for (const auto& [node, link] : links_)
    result.push_back(link->peer());
  return result;
}

std::size_t link_table::size() const {
  const auto guard = std::lock_guard{mutex_};
  return links_.size();
}

void link_table::set(const std::string& node,
                     std::shared_ptr<shared_link> link) {
  const auto guard = std::lock_guard{mutex_};
  links_[node] = std::move(link);
}

void link_table::erase(const std::string& node) {
  const auto guard = std::lock_guard{mutex_};
  links_.erase(node);
}

bool link_table::begin_dialing(const std::string& node) {
  const auto guard = std::lock_guard{mutex_};
  return !links_.contains(node) && dialing_.insert(node).second;
}

void link_table::end_dialing(const std::string& node) {
  const auto guard = std::lock_guard{mutex_};
  dialing_.erase(node);
}

socket_loop::socket_loop(link_terms terms, link_proving proving,
                         transport_events events, link_table& table)
  : terms_{std::move(terms)}, proving_{std::move(proving)},
    events_{std::move(events)}, table_{table},
    poll_{::epoll_create1(EPOLL_CLOEXEC)}, now_{
                                             std::chrono::steady_clock::now()} {
  if (!poll_)
    throw std::system_error{errno, std::generic_category(), "epoll"};
  watch(terms_.signal->descriptor(), signal_number, EPOLLIN, EPOLL_CTL_ADD);
}

void socket_loop::run() {
  while (!is_stopping_)
    wait();
  for (auto& [number, connection] : connections_)
    connection->end_politely("the node stops", now_);
}

void socket_loop::stop() {
  is_stopping_ = true;
}

void socket_loop::wait() {
  auto timeout = -1;
  if (!busy_.empty())
    timeout = 0;
  else if (next_tick_ != time_point::max())
    timeout = static_cast<int>(
      std::max(std::chrono::ceil<std::chrono::milliseconds>(
                 next_tick_ - std::chrono::steady_clock::now()),
               std::chrono::milliseconds{0})
        .count());
  auto events = std::array<epoll_event, 64>{};
  const auto count = ::epoll_wait(poll_.get(), events.data(),
                                  static_cast<int>(events.size()), timeout);
  now_ = std::chrono::steady_clock::now();
  for (auto i = 0; i < count; ++i)
    handle(events[static_cast<std::size_t>(i)].data.u64,
           events[static_cast<std::size_t>(i)].events);
  for (const auto number : std::exchange(busy_, {}))
    handle(number, EPOLLIN);
  if (now_ >= next_tick_)
    tick();
  sweep();
}

void socket_loop::handle(std::uint64_t number, std::uint32_t events) {
  if (number == signal_number)
    return handle_requests();
  if (const auto listener = listeners_.find(number);
      listener != listeners_.end())
    return accept_all(listener->second);
  auto* connection = find(number);
  if (connection == nullptr)
    return;
  const auto is_broken = (events & (EPOLLERR | EPOLLHUP)) != 0;
  connection->on_socket(is_broken || (events & EPOLLIN) != 0,
                        (events & EPOLLOUT) != 0, now_);
  settle(*connection);
}

void socket_loop::handle_requests() {
  auto requests = terms_.signal->take();
  for (auto& command : requests.commands)
    command();
  for (const auto number : requests.ready)
    if (auto* connection = find(number)) {
      connection->on_notified(now_);
      settle(*connection);
    }
}

/// After whatever happened to a connection.
void socket_loop::settle(link_connection& connection) {
  const auto number = connection.number();
  if (connection.where() == link_connection::phase::ended) {
    over_.insert(number);
    return;
  }
  if (connection.is_busy())
    busy_.insert(number);
  if (const auto wanted = connection.events();
      wanted != connection.registered_events) {
    watch(connection.descriptor(), number, wanted, EPOLL_CTL_MOD);
    connection.registered_events = wanted;
  }
  plan(connection.next_tick());
}

void socket_loop::sweep() {
  for (const auto number : std::exchange(over_, {})) {
    greetings_.erase(number);
    busy_.erase(number);
    connections_.erase(number); // Closes the socket, which ends the watch.
  }
}

void socket_loop::tick() {
  next_tick_ = time_point::max();
  if (now_ >= listen_again_at_)
    resume_listeners();
  plan(listen_again_at_);
  if (now_ >= check_proofs_at_)
    check_proofs();
  plan(check_proofs_at_);
  for (auto& [number, connection] : connections_) {
    connection->on_tick(now_);
    settle(*connection);
  }
  auto late = std::vector<std::string>{};
  for (const auto& [node, wanted] : dialings_)
    if (wanted.connection == 0) {
      if (now_ >= wanted.deadline)
        late.push_back(node);
      else
        plan(wanted.deadline);
    }
  for (const auto& node : late)
    refuse_dialing(node, "its address was not found in time");
}

void socket_loop::plan(time_point at) noexcept {
  next_tick_ = std::min(next_tick_, at);
}

void socket_loop::add_listener(runtime::file_descriptor socket) {
  const auto number = ++last_number_;
  watch(socket.get(), number, EPOLLIN, EPOLL_CTL_ADD);
  listeners_.emplace(number, std::move(socket));
}

void socket_loop::accept_all(const runtime::file_descriptor& listener) {
  for (auto i = 0; i < accepts_in_a_row; ++i) {
    auto from = socket_address{};
    from.length = sizeof(from.storage);
    auto socket = runtime::file_descriptor{
      ::accept4(listener.get(), reinterpret_cast<sockaddr*>(&from.storage),
                &from.length, SOCK_NONBLOCK | SOCK_CLOEXEC)};
    if (!socket) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOMEM
          || errno == ENOBUFS)
        pause_listeners();
      return;
    }
    add(std::move(socket), {}, to_string(from),
        now_ + terms_.limits.greeting_max);
  }
}

void socket_loop::add(runtime::file_descriptor socket, const std::string& node,
                      const std::string& address, time_point deadline) {
  const auto number = ++last_number_;
  auto made = std::make_unique<link_connection>(number, std::move(socket), node,
                                                address, deadline, terms_,
                                                proving_.make_stream, *this);
  auto& connection = *made;
  connection.registered_events = connection.events();
  watch(connection.descriptor(), number, connection.registered_events,
        EPOLL_CTL_ADD);
  connections_.emplace(number, std::move(made));
  if (node.empty()) {
    greetings_.insert(number);
    if (greetings_.size() > terms_.limits.greetings_max)
      push_out_oldest();
    // It is connected already.
    connection.on_socket(true, true, now_);
  }
  settle(connection);
}

/// An honest node needs milliseconds, whoever holds connections open does not.
void socket_loop::push_out_oldest() {
  const auto oldest = *greetings_.begin();
  greetings_.erase(greetings_.begin());
  if (auto* connection = find(oldest)) {
    connection->end("too many others came before it said who it is");
    settle(*connection);
  }
}

void socket_loop::begin(dialing wanted) {
  const auto node = wanted.node;
  plan(wanted.deadline);
  auto& kept
    = dialings_.insert_or_assign(node, std::move(wanted)).first->second;
  if (!kept.addresses.empty())
    dial_next(kept);
}

void socket_loop::go_on(
  const std::string& node,
  runtime::outcome<std::vector<socket_address>> addresses) {
  const auto found = dialings_.find(node);
  if (found == dialings_.end() || found->second.connection != 0)
    return;
  if (!addresses)
    return refuse_dialing(node, addresses.error().message);
  std::ranges::reverse(*addresses);
  found->second.addresses = std::move(*addresses);
  dial_next(found->second);
}

void socket_loop::dial_next(dialing& wanted) {
  const auto address = wanted.addresses.back();
  wanted.addresses.pop_back();
  auto socket = begin_connect(address);
  if (!socket) {
    if (wanted.addresses.empty())
      return refuse_dialing(wanted.node, socket.error().message);
    return dial_next(wanted);
  }
  wanted.connection = last_number_ + 1;
  add(std::move(*socket), wanted.node, to_string(address), wanted.deadline);
}

void socket_loop::refuse_dialing(std::string node, const std::string& reason) {
  const auto found = dialings_.find(node);
  if (found == dialings_.end())
    return;
  const auto wanted = std::move(found->second);
  dialings_.erase(found);
  table_.end_dialing(node);
  auto refusal = link_refusal{};
  refusal.node = node;
  refusal.address = wanted.host;
  refusal.reason = reason;
  if (const auto untold = refusals_.note(node, reason, now_)) {
    runtime::log_warning(loop_log, "link refused",
                         {{"node", node},
                          {"address", wanted.host},
                          {"reason", reason},
                          {"untold", *untold}});
    refusal.untold = *untold;
  }
  events_.refused(refusal);
}

void socket_loop::tell_refusal(const link_connection& connection,
                               const std::string& reason) {
  const auto host
    = connection.address().substr(0, connection.address().rfind(':'));
  const auto untold = refusals_.note(host, reason, now_);
  if (!untold)
    return;
  runtime::log_warning(loop_log, "connection refused",
                       {{"node", connection.node()},
                        {"address", connection.address()},
                        {"reason", reason},
                        {"untold", *untold}});
  events_.refused({connection.node(), connection.address(), reason,
                   link_origin::accepted, *untold});
}

std::optional<std::string> socket_loop::object_to(const link_peer& peer) {
  const auto* first = find_up(peer.node.name);
  if (first == nullptr) {
    if (up_.size() >= terms_.limits.links_max)
      return "there are as many links as there may be";
    return std::nullopt;
  }
  switch (judge_second_link(terms_.self.name, first->peer(), peer)) {
    case second_link::refused_as_older:
      return "a later start of that node is linked already";
    case second_link::refused:
      return "that node is linked already";
    case second_link::replaces_first:
      break;
  }
  return std::nullopt;
}

void socket_loop::went_up(link_connection& connection) {
  const auto& peer = connection.peer();
  // Asked again: another may have come up since the hello.
  auto objection = object_to(peer);
  // It may have been revoked during the handshake.
  if (!objection)
    objection = object_to_proof(connection);
  if (objection)
    return connection.end_politely(*objection, now_);
  if (auto* first = find_up(peer.node.name)) {
    first->end_politely("another link to the same node replaces it", now_);
    settle(*first);
  }
  greetings_.erase(connection.number());
  up_[peer.node.name] = connection.number();
  if (connection.proof()) {
    check_proofs_at_
      = std::min(check_proofs_at_, now_ + terms_.limits.proof_interval);
    plan(check_proofs_at_);
  }
  table_.set(peer.node.name, connection.link());
  if (connection.origin() == link_origin::dialed) {
    dialings_.erase(peer.node.name);
    table_.end_dialing(peer.node.name);
  }
  runtime::log_info(loop_log, "link is up",
                    {{"node", peer.node.name},
                     {"address", peer.address},
                     {"incarnation", peer.node.incarnation}});
  events_.up(peer);
}

void socket_loop::received(link_connection&, incoming_envelope incoming) {
  events_.received(std::move(incoming));
}

void socket_loop::has_room(link_connection& connection) {
  events_.room(connection.peer().node.name);
}

void socket_loop::ended(link_connection& connection,
                        const std::string& reason) {
  if (is_stopping_)
    return;
  const auto& node = connection.node();
  if (connection.was_up()) {
    up_.erase(node);
    table_.erase(node);
    runtime::log_warning(loop_log, "link is lost",
                         {{"node", node}, {"reason", reason}});
    events_.lost({connection.peer().node, reason});
    return;
  }
  if (connection.origin() == link_origin::accepted)
    return tell_refusal(connection, reason);
  // By its name as dialed: another may have answered.
  for (auto& [name, wanted] : dialings_) {
    if (wanted.connection != connection.number())
      continue;
    const auto is_unreachable
      = connection.where() == link_connection::phase::ended
        && !connection.link() && connection.peer().node.name.empty();
    if (is_unreachable && !wanted.addresses.empty() && now_ < wanted.deadline)
      return dial_next(wanted);
    return refuse_dialing(name, reason);
  }
}

void socket_loop::disconnect(const std::string& node,
                             const std::string& reason) {
  if (auto* connection = find_up(node)) {
    connection->end_politely(reason, now_);
    settle(*connection);
  }
}

void socket_loop::use(link_proving proving) {
  proving_ = std::move(proving);
  check_proofs();
  plan(check_proofs_at_);
}

/// What was fine at the handshake may have ended, or be revoked, since.
void socket_loop::check_proofs() {
  using phase = link_connection::phase;
  check_proofs_at_ = time_point::max();
  for (auto& [number, connection] : connections_) {
    const auto where = connection->where();
    if (!connection->proof()
        || (where != phase::greeting && where != phase::up))
      continue;
    check_proofs_at_ = now_ + terms_.limits.proof_interval;
    if (const auto objection = object_to_proof(*connection)) {
      connection->end_politely(*objection, now_);
      settle(*connection);
    }
  }
}

std::optional<std::string>
socket_loop::object_to_proof(const link_connection& connection) const {
  if (!connection.proof())
    return std::nullopt;
  return check_proof(*connection.proof(), proving_.counts, terms_.time->now());
}

void socket_loop::pause_listeners() {
  for (const auto& [number, listener] : listeners_)
    watch(listener.get(), number, 0, EPOLL_CTL_MOD);
  listen_again_at_ = now_ + listen_pause;
  plan(listen_again_at_);
  if (refusals_.note("", "no descriptor is left", now_))
    runtime::log_warning(loop_log,
                         "no descriptor is left for another connection");
}

void socket_loop::resume_listeners() {
  listen_again_at_ = time_point::max();
  for (const auto& [number, listener] : listeners_)
    watch(listener.get(), number, EPOLLIN, EPOLL_CTL_MOD);
}

link_connection* socket_loop::find(std::uint64_t number) {
  const auto found = connections_.find(number);
  return found == connections_.end() ? nullptr : found->second.get();
}

link_connection* socket_loop::find_up(const std::string& node) {
  const auto found = up_.find(node);
  return found == up_.end() ? nullptr : find(found->second);
}

void socket_loop::watch(int descriptor, std::uint64_t number,
                        std::uint32_t events, int operation) const {
  auto event = epoll_event{};
  event.events = events;
  event.data.u64 = number;
  ::epoll_ctl(poll_.get(), operation, descriptor, &event);
}

} // namespace troupe::cluster
