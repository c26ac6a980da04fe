// Messages between two processes on this machine: links of cluster/transport
// beside CAF's own networking (BASP), both with actors at both ends, the same
// scheduler, and either in the clear or under TLS with certificates at both
// ends. Rounds alternate, so that a busy machine hits both; read the ratios.
//
//   transport_bench [SECONDS_PER_FIGURE [ROUNDS]]
#include "cluster/certificates/certificate_files.hpp"
#include "cluster/certificates/node_credentials.hpp"
#include "cluster/transport/socket_transport.hpp"
#include "runtime/clock.hpp"

#include <caf/all.hpp>
#include <caf/io/all.hpp>
#include <caf/openssl/all.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::cluster;
using namespace std::chrono_literals;

namespace {

/// An envelope on its way from a link to an actor.
struct arrived {
  std::shared_ptr<incoming_envelope> what;
};

} // namespace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(arrived)

namespace {

using steady = std::chrono::steady_clock;

enum class carrier { link, basp };

struct bench_settings {
  carrier by = carrier::link;
  bool is_secure = false;
  std::string folder; ///< Of certificates.
};

template <class T>
T must(runtime::outcome<T> result) {
  if (result)
    return std::move(*result);
  std::cerr << render(result.error()) << '\n';
  std::exit(1);
}

caf::actor_system_config& configure(caf::actor_system_config& config,
                                    const bench_settings& how,
                                    const std::string& node) {
  config.set("scheduler.max-threads", 2);
  config.set("scheduler.policy", caf::atom("sharing"));
  if (how.by != carrier::basp)
    return config;
  config.load<caf::io::middleman>();
  if (!how.is_secure)
    return config;
  config.load<caf::openssl::manager>();
  const auto paths = certificates_in(how.folder, node);
  config.openssl_cafile = paths.authority;
  config.openssl_certificate = paths.certificate;
  config.openssl_key = paths.key;
  return config;
}

socket_transport_options link_options(const bench_settings& how,
                                      const std::string& node) {
  auto options = socket_transport_options{};
  options.self = {node, 1, "bench"};
  if (how.is_secure)
    options.credentials = must(read_node_credentials(
      certificates_in(how.folder, node), node, runtime::real_clock{}.now()));
  return options;
}

transport_events link_events(std::function<void(incoming_envelope)> received,
                             std::function<void()> up) {
  auto events = transport_events{};
  events.up = [up = std::move(up)](const link_peer&) { up(); };
  events.refused = [](const link_refusal& refusal) {
    std::cerr << refusal.reason << '\n';
    std::exit(1);
  };
  events.lost = [](const link_loss&) {};
  events.room = [](const std::string&) {};
  events.received = std::move(received);
  return events;
}

messages::Envelope envelope_for(messages::Envelope::Kind kind,
                                std::string body) {
  auto envelope = messages::Envelope{};
  envelope.set_kind(kind);
  envelope.set_correlation_id(1);
  envelope.set_target("bench");
  envelope.set_body(std::move(body));
  return envelope;
}

/// What answers: what it is asked comes back; what it is told is counted.
caf::behavior link_echo(caf::event_based_actor*, transport* links) {
  return {[links](const arrived& came) {
    auto& envelope = came.what->envelope;
    if (envelope.kind() == messages::Envelope::KIND_NOTICE)
      return;
    (void)links->send("a",
                      envelope_for(messages::Envelope::KIND_REPLY,
                                   std::move(*envelope.mutable_body())),
                      link_lane::bulk);
  }};
}

caf::behavior basp_echo(caf::event_based_actor*) {
  return {[](std::string& text) { return std::move(text); },
          [](caf::put_atom, const std::string&) {}};
}

/// The other process. Tells its port through the pipe, then serves until it is
/// killed.
[[noreturn]] void serve(const bench_settings& how, int pipe_end) {
  auto config = caf::actor_system_config{};
  auto system = caf::actor_system{configure(config, how, "b")};
  auto links = std::unique_ptr<transport>{};
  auto port = std::uint16_t{0};
  if (how.by == carrier::basp) {
    const auto echo = system.spawn(basp_echo);
    const auto bound = how.is_secure
                         ? caf::openssl::publish(echo, 0, "127.0.0.1")
                         : caf::io::publish(echo, 0, "127.0.0.1");
    port = bound ? *bound : 0;
  } else {
    auto echo = std::make_shared<caf::actor>();
    links = must(make_socket_transport(
      link_options(how, "b"),
      link_events(
        [echo](incoming_envelope incoming) {
          caf::anon_send(*echo, arrived{std::make_shared<incoming_envelope>(
                                  std::move(incoming))});
        },
        [] {})));
    *echo = system.spawn(link_echo, links.get());
    port = must(links->listen("127.0.0.1", 0));
  }
  [[maybe_unused]] const auto told = ::write(pipe_end, &port, sizeof(port));
  for (;;)
    ::pause();
}

/// One end of what is measured.
struct bench_client {
  std::function<void(const std::string&)> ask; ///< And wait for the answer.
  std::function<void(const std::string&)> tell;
};

struct rates {
  double round_trips = 0; ///< Per second.
  double one_way = 0;
};

rates measure(const bench_client& client, std::size_t bytes,
              std::chrono::duration<double> each) {
  const auto body = std::string(bytes, 'x');
  client.ask(body);
  auto count = 0;
  auto begin = steady::now();
  auto result = rates{};
  while (steady::now() - begin < each) {
    client.ask(body);
    ++count;
  }
  using seconds = std::chrono::duration<double>;
  result.round_trips = count / seconds{steady::now() - begin}.count();
  // As many as fit half of the time, then a question that comes after them all.
  const auto batch
    = std::max<std::size_t>(1, (std::size_t{4} << 20) / (bytes + 1'000));
  begin = steady::now();
  count = 0;
  while (steady::now() - begin < each) {
    for (std::size_t i = 0; i < batch; ++i)
      client.tell(body);
    count += static_cast<int>(batch);
    if (count % (8 * static_cast<int>(batch)) == 0)
      client.ask("x");
  }
  client.ask("x");
  result.one_way = count / seconds{steady::now() - begin}.count();
  return result;
}

rates run_link(const bench_settings& how, std::uint16_t port, std::size_t bytes,
               std::chrono::duration<double> each) {
  auto config = caf::actor_system_config{};
  auto system = caf::actor_system{configure(config, how, "a")};
  auto self = caf::scoped_actor{system};
  const auto me = caf::actor_cast<caf::actor>(self);
  auto links = must(make_socket_transport(
    link_options(how, "a"),
    link_events(
      [me](incoming_envelope incoming) {
        caf::anon_send(me, arrived{std::make_shared<incoming_envelope>(
                             std::move(incoming))});
      },
      [me] { caf::anon_send(me, caf::ok_atom_v); })));
  if (!links->connect("b", "127.0.0.1", port, 10s))
    std::exit(1);
  self->receive([](caf::ok_atom) {});
  auto client = bench_client{};
  const auto send
    = [&](messages::Envelope::Kind kind, const std::string& body) {
        while (!links->send("b", envelope_for(kind, body), link_lane::bulk))
          std::this_thread::sleep_for(100us);
      };
  client.tell = [&](const std::string& body) {
    send(messages::Envelope::KIND_NOTICE, body);
  };
  client.ask = [&](const std::string& body) {
    send(messages::Envelope::KIND_REQUEST, body);
    self->receive([](const arrived&) {});
  };
  return measure(client, bytes, each);
}

rates run_basp(const bench_settings& how, std::uint16_t port, std::size_t bytes,
               std::chrono::duration<double> each) {
  auto config = caf::actor_system_config{};
  auto system = caf::actor_system{configure(config, how, "a")};
  auto result = rates{};
  {
    auto self = caf::scoped_actor{system};
    const auto echo = how.is_secure
                        ? caf::openssl::remote_actor(system, "127.0.0.1", port)
                        : caf::io::remote_actor(system, "127.0.0.1", port);
    if (!echo) {
      std::cerr << system.render(echo.error()) << '\n';
      std::exit(1);
    }
    auto client = bench_client{};
    client.tell = [&](const std::string& body) {
      self->send(*echo, caf::put_atom_v, body);
    };
    client.ask = [&](const std::string& body) {
      self->request(*echo, 60s, body)
        .receive([](const std::string&) {},
                 [&](const caf::error& reason) {
                   std::cerr << system.render(reason) << '\n';
                   std::exit(1);
                 });
    };
    result = measure(client, bytes, each);
  }
  return result;
}

/// In processes of their own, as CAF's networking may not end by itself.
rates run(const bench_settings& how, std::size_t bytes,
          std::chrono::duration<double> each) {
  int port_pipe[2] = {};
  int result_pipe[2] = {};
  if (::pipe(port_pipe) != 0 || ::pipe(result_pipe) != 0)
    std::exit(1);
  const auto server = ::fork();
  if (server == 0)
    serve(how, port_pipe[1]);
  auto port = std::uint16_t{0};
  if (::read(port_pipe[0], &port, sizeof(port)) != sizeof(port))
    std::exit(1);
  const auto client = ::fork();
  if (client == 0) {
    const auto result = how.by == carrier::link
                          ? run_link(how, port, bytes, each)
                          : run_basp(how, port, bytes, each);
    [[maybe_unused]] const auto told
      = ::write(result_pipe[1], &result, sizeof(result));
    std::_Exit(0);
  }
  ::waitpid(client, nullptr, 0);
  auto result = rates{};
  ::close(result_pipe[1]);
  if (::read(result_pipe[0], &result, sizeof(result)) != sizeof(result))
    std::cerr << "a client failed\n";
  ::kill(server, SIGKILL);
  ::waitpid(server, nullptr, 0);
  for (const auto end : {port_pipe[0], port_pipe[1], result_pipe[0]})
    ::close(end);
  return result;
}

double middle(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

void compare(bench_settings how, std::size_t bytes,
             std::chrono::duration<double> each, int rounds) {
  auto links = std::pair<std::vector<double>, std::vector<double>>{};
  auto basp = links;
  for (auto i = 0; i < rounds; ++i)
    for (const auto by : {carrier::link, carrier::basp}) {
      how.by = by;
      const auto result = run(how, bytes, each);
      auto& to = by == carrier::link ? links : basp;
      to.first.push_back(result.round_trips);
      to.second.push_back(result.one_way);
    }
  const auto row = [&](const char* what, double ours, double theirs) {
    std::printf("%-6s %9zu B  %-12s %12.0f/s %12.0f/s  %5.2fx\n",
                how.is_secure ? "TLS" : "plain", bytes, what, ours, theirs,
                ours / theirs);
  };
  row("round trips", middle(links.first), middle(basp.first));
  row("one way", middle(links.second), middle(basp.second));
  std::fflush(stdout);
}

} // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  const auto each
    = std::chrono::duration<double>{argc > 1 ? std::atof(argv[1]) : 1.0};
  const auto rounds = std::max(1, argc > 2 ? std::atoi(argv[2]) : 3);
  auto folder
    = (std::filesystem::temp_directory_path() / "troupe-bench-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr)
    return 1;
  auto request = cluster_certificates_request{};
  request.folder = folder;
  request.nodes = {"a", "b"};
  request.now = runtime::real_clock{}.now();
  auto serial = std::uint8_t{0};
  (void)must(write_cluster_certificates(request, [&] {
    auto bytes = std::array<std::uint8_t, 16>{};
    bytes.back() = ++serial;
    return bytes;
  }));
  std::printf("%-6s %11s  %-12s %14s %14s\n", "", "size", "", "link", "BASP");
  for (const auto is_secure : {false, true})
    for (const auto bytes : {std::size_t{100}, std::size_t{10'000},
                             std::size_t{65'536}, std::size_t{1'000'000}})
      compare({carrier::link, is_secure, folder}, bytes, each, rounds);
  auto ignored = std::error_code{};
  std::filesystem::remove_all(folder, ignored);
  return 0;
}
