#include "cluster/transport/socket_transport.hpp"

#include "cluster/certificates/node_name.hpp"
#include "cluster/transport/host_resolver.hpp"
#include "cluster/transport/socket_loop.hpp"
#include "cluster/transport/tls_stream.hpp"
#include "runtime/worker_thread.hpp"

#include <algorithm>
#include <thread>
#include <utility>

namespace troupe::cluster {

using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;

namespace {

tl::unexpected<runtime::problem> not_secure(const std::string& address) {
  return fail(problem_kind::denied,
              "without certificates there are links only within this machine, "
              "and "
                + address + " is not",
              "make certificates with troupe cluster init, or use 127.0.0.1");
}

const runtime::clock& machine_clock() {
  static const auto clock = runtime::real_clock{};
  return clock;
}

link_proving prove_nothing() {
  return {[](const runtime::file_descriptor& socket, link_origin) {
            return make_plain_stream(socket);
          },
          {}};
}

outcome<link_proving> prove_with(const node_credentials& credentials,
                                 const std::string& self) {
  if (credentials.node != self)
    return fail(problem_kind::invalid_input,
                "the certificate is of node \"" + credentials.node
                  + "\", not of \"" + self + "\"",
                "start the node under the name in its certificate");
  auto made = tls_context::create(credentials);
  if (!made)
    return fail(std::move(made.error()));
  auto proving = link_proving{};
  proving.make_stream
    = [tls = std::make_shared<const tls_context>(std::move(*made))](
        const runtime::file_descriptor& socket, link_origin origin) {
        return tls->make_stream(socket, origin);
      };
  if (credentials.revocations)
    proving.counts.revoked = credentials.revocations->serials;
  proving.counts.authority
    = key_fingerprint_of(read_certificate(credentials.authority).get());
  return proving;
}

class socket_transport final : public transport {
public:
  /// `proves`: there are certificates at both ends.
  socket_transport(link_terms terms, link_proving proving, bool proves,
                   bool may_leave, transport_events events)
    : signal_{terms.signal}, self_{terms.self}, proves_{proves},
      may_leave_{may_leave}, loop_{std::move(terms), std::move(proving),
                                   std::move(events), table_},
      thread_{runtime::start_worker_thread("links", [this] { loop_.run(); })} {}

  ~socket_transport() override {
    signal_->run([this] { loop_.stop(); });
    thread_.join();
  }

  outcome<std::uint16_t> listen(const std::string& host,
                                std::uint16_t port) override {
    const auto address = parse_address(host, port);
    if (!address)
      return fail(address.error());
    if (!may_leave_ && !is_loopback(*address))
      return not_secure(host);
    auto socket = listen_at(*address);
    if (!socket)
      return fail(std::move(socket.error()));
    const auto bound = port_of(address_of(*socket));
    const auto kept
      = std::make_shared<runtime::file_descriptor>(std::move(*socket));
    signal_->run([this, kept] { loop_.add_listener(std::move(*kept)); });
    return bound;
  }

  outcome<void> connect(const std::string& node, const std::string& host,
                        std::uint16_t port,
                        std::chrono::milliseconds deadline) override {
    if (auto checked = check_node_name(node); !checked)
      return checked;
    if (node == self_.name)
      return fail(problem_kind::invalid_input,
                  "node \"" + node + "\" cannot be linked to itself");
    auto address = parse_address(host, port);
    // A name could stand for any address.
    if (!may_leave_ && (!address || !is_loopback(*address)))
      return not_secure(host);
    if (!table_.begin_dialing(node))
      return fail(problem_kind::conflict,
                  "node \"" + node + "\" is linked or being dialed already");
    auto wanted = dialing{};
    wanted.node = node;
    wanted.host = host + ":" + std::to_string(port);
    wanted.deadline = std::chrono::steady_clock::now() + deadline;
    if (address)
      wanted.addresses = {*address};
    signal_->run([this, wanted] { loop_.begin(wanted); });
    if (!address)
      resolve(node, host, port);
    return {};
  }

  outcome<void> send(const std::string& node, messages::Envelope envelope,
                     link_lane lane) override {
    const auto link = table_.find(node);
    if (!link)
      return fail(problem_kind::not_found,
                  "there is no link to node \"" + node + "\"");
    return link->send(std::move(envelope), lane);
  }

  void disconnect(const std::string& node, const std::string& reason) override {
    signal_->run([this, node, reason] { loop_.disconnect(node, reason); });
  }

  outcome<void> use_credentials(const node_credentials& credentials) override {
    if (!proves_)
      return fail(problem_kind::invalid_input,
                  "the links of this node are plain");
    auto proving = prove_with(credentials, self_.name);
    if (!proving)
      return fail(std::move(proving.error()));
    signal_->run([this, next = std::move(*proving)] { loop_.use(next); });
    return {};
  }

  std::vector<link_peer> links() const override {
    return table_.peers();
  }

private:
  void resolve(const std::string& node, const std::string& host,
               std::uint16_t port) {
    const auto tell = [this, node](auto addresses) {
      signal_->run([this, node, addresses = std::move(addresses)] {
        loop_.go_on(node, addresses);
      });
    };
    if (!resolver_.ask(host, port, tell))
      tell(outcome<std::vector<socket_address>>{
        fail(problem_kind::unavailable, "too many names are being looked up")});
  }

  std::shared_ptr<loop_signal> signal_;
  node_identity self_;
  bool proves_;
  bool may_leave_;
  link_table table_;
  socket_loop loop_;
  std::thread thread_;
  host_resolver resolver_; // Gone before what it answers to.
};

outcome<void> check_limits(const link_limits& limits) {
  const auto hello = hello_of({}, limits);
  auto context = greeting_context{};
  context.self.name = "a";
  auto probe = hello;
  probe.set_node("b");
  if (const auto objection = check_hello(probe, context))
    return fail(problem_kind::invalid_input,
                "the limits of links do not fit together: " + *objection,
                "an envelope may take half of the window of its lane");
  return {};
}

} // namespace

outcome<std::unique_ptr<transport>>
make_socket_transport(socket_transport_options options,
                      transport_events events) {
  if (auto checked = check_node_name(options.self.name); !checked)
    return fail(std::move(checked.error()));
  if (auto checked = check_limits(options.limits); !checked)
    return fail(std::move(checked.error()));
  auto proving = options.credentials
                   ? prove_with(*options.credentials, options.self.name)
                   : outcome<link_proving>{prove_nothing()};
  if (!proving)
    return fail(std::move(proving.error()));
  const auto proves = options.credentials.has_value();
  const auto may_leave = proves || options.plain == plain_links::anywhere;
  auto terms = link_terms{options.self, options.builds, options.limits,
                          std::make_shared<loop_signal>(),
                          options.time ? options.time : &machine_clock()};
  return std::make_unique<socket_transport>(std::move(terms),
                                            std::move(*proving), proves,
                                            may_leave, std::move(events));
}

} // namespace troupe::cluster
