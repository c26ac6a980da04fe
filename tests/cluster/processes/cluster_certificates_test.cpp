#include "tests/integration/program.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using namespace troupe::tests;

namespace {

/// For what nodes notice when they look at their files.
constexpr auto patience = 60s;
constexpr auto pause = 20ms;

/// Two nodes of this build as processes: the worker "a", and "b", which dials
/// it and leads. Each has a folder with its own files, as on a machine of its
/// own.
class certified_nodes {
public:
  certified_nodes() {
    run({"cluster", "init", "--nodes", "a,b", "--dir", certs()});
    for (const auto* node : {"a", "b"}) {
      deliver(node, "ca.pem");
      deliver_own(node);
    }
    write_config("a", "roles: [worker]\npeers: {}\n");
    a = std::make_unique<program>(arguments("a"), folder_ / "a.log");
    const auto line = await(*a, "listens at ");
    const auto address = line.substr(0, line.find(','));
    write_config("b", "roles: [coordinator, worker]\nstore: b.db\npeers:\n  a: "
                        + address + "\n");
    start_b();
  }

  void start_b() {
    b.reset();
    b = std::make_unique<program>(arguments("b"), folder_ / "b.log");
    seen_[b.get()] = 0;
  }

  /// Copies a file to those of the node, whole or not at all.
  void deliver(const std::string& node, const std::string& file) const {
    const auto to = folder_ / ("certs-" + node);
    std::filesystem::create_directories(to);
    const auto draft = to / (file + ".new");
    std::filesystem::copy_file(folder_ / "certs" / file, draft);
    std::filesystem::rename(draft, to / file);
  }

  void deliver_own(const std::string& node) const {
    deliver(node, node + ".key");
    deliver(node, node + ".pem");
  }

  /// Waits until b says that it leads.
  void await_leader() const {
    const auto end = std::chrono::steady_clock::now() + patience;
    for (;;) {
      auto tool = program{{"cluster", "leader", "--socket",
                           (folder_ / "b/node.sock").string()},
                          folder_ / "leader.txt"};
      if (tool.wait() == 0 && tool.output().starts_with("node b leads"))
        return;
      if (std::chrono::steady_clock::now() > end)
        FAIL("b does not lead:\n" + tool.output());
      std::this_thread::sleep_for(pause);
    }
  }

  [[nodiscard]] std::string certs() const {
    return (folder_ / "certs").string();
  }

  void run(const std::vector<std::string>& command) {
    auto tool = program{command, folder_ / "tool.txt"};
    const auto code = tool.wait();
    INFO(tool.output());
    REQUIRE(code == 0);
  }

  /// Waits until the node has said that once more. What follows in the line.
  std::string await(program& node, const std::string& text) {
    const auto end = std::chrono::steady_clock::now() + patience;
    auto& from = seen_[&node];
    for (;;) {
      const auto all = node.output();
      const auto found = all.find(text, from);
      const auto line_end
        = found == std::string::npos ? found : all.find('\n', found);
      if (line_end != std::string::npos) {
        from = line_end;
        return all.substr(found + text.size(), line_end - found - text.size());
      }
      if (std::chrono::steady_clock::now() > end)
        FAIL("it did not say \"" + text + "\":\n" + all);
      std::this_thread::sleep_for(pause);
    }
  }

  std::unique_ptr<program> a;
  std::unique_ptr<program> b;

private:
  void write_config(const std::string& node, const std::string& more) const {
    folder_.write(node + ".yaml",
                  "apiVersion: troupe/v1\nkind: Node\nname: " + node
                    + "\nlisten: 127.0.0.1:0\ncertificates: certs-" + node
                    + "\ndata: " + node + "\n" + more);
  }

  [[nodiscard]] std::vector<std::string>
  arguments(const std::string& node) const {
    return {"node", "--config", (folder_ / (node + ".yaml")).string(),
            "--log-level", "info"};
  }

  temporary_folder folder_;
  std::map<const program*, std::size_t> seen_;
};

} // namespace

TEST_CASE("nodes that run get new certificates, and a leader is revoked") {
  auto nodes = certified_nodes{};
  nodes.await(*nodes.a, "link is up node=b");
  nodes.await(*nodes.b, "link is up node=a");

  nodes.run({"cluster", "init", "--nodes", "a,b", "--dir", nodes.certs(),
             "--days", "20", "--replace"});
  nodes.deliver_own("a");
  nodes.deliver_own("b");
  for (auto* node : {nodes.a.get(), nodes.b.get()}) {
    nodes.await(*node, "changed certificates are used");
    nodes.await(*node, "a certificate has to be renewed");
    CHECK(node->output().find("link is lost") == std::string::npos);
  }

  // The link was made with the certificate that was replaced.
  nodes.await_leader();
  nodes.run({"cluster", "revoke", "b", "--dir", nodes.certs()});
  nodes.deliver("a", "crl.pem");
  nodes.await(*nodes.a, "link is lost node=b reason=\"the certificate of "
                        "\\\"b\\\" is revoked");
  nodes.await(*nodes.b, "link is lost node=a");
  nodes.await(*nodes.b, "link refused node=a");
  const auto told = nodes.await(*nodes.a, "connection refused");
  CHECK(told.find("certificate revoked (\\\"b\\\"") != std::string::npos);

  // Once it hears of it, it does not go on to lead alone.
  nodes.await_leader();
  nodes.deliver("b", "crl.pem");
  CHECK(nodes.b->wait() == 7);
  CHECK(nodes.b->output().find("b.pem: the certificate is revoked")
        != std::string::npos);
  nodes.start_b();
  CHECK(nodes.b->wait() == 2);
  CHECK(nodes.b->output().find("the certificate is revoked")
        != std::string::npos);

  nodes.run(
    {"cluster", "init", "--nodes", "b", "--dir", nodes.certs(), "--replace"});
  nodes.deliver_own("b");
  nodes.start_b();
  nodes.await(*nodes.a, "link is up node=b");
  nodes.await(*nodes.b, "link is up node=a");
  for (auto* node : {nodes.a.get(), nodes.b.get()}) {
    node->send(SIGTERM);
    CHECK(node->wait() == 0);
  }
}
