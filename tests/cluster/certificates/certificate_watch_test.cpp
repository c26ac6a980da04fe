#include "cluster/certificates/certificate_watch.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

#include <future>
#include <string>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::cluster;
using namespace troupe::tests;

namespace {

constexpr auto patience = 60s;

cluster_certificates make_files(const std::string& folder) {
  auto request = cluster_certificates_request{};
  request.folder = folder;
  request.nodes = {"a", "b"};
  request.now = runtime::real_clock{}.now();
  request.existing = existing_file::replaced;
  static auto last_serial = std::uint8_t{0};
  return write_cluster_certificates(request,
                                    [] {
                                      auto serial
                                        = std::array<std::uint8_t, 16>{};
                                      serial.back() = ++last_serial;
                                      return serial;
                                    })
    .value();
}

} // namespace

TEST_CASE("a watch tells of files that change, and ends at once") {
  const auto folder = temporary_folder{};
  const auto certs = (folder / "certs").string();
  make_files(certs);
  const auto time = runtime::real_clock{};
  auto options = certificate_watch_options{};
  options.paths = certificates_in(certs, "a");
  options.in_use
    = read_node_credentials(options.paths, "a", time.now()).value();
  options.interval = 10ms;
  options.time = &time;
  auto seen = std::promise<node_credentials>{};
  options.use = [&](node_credentials next) { seen.set_value(std::move(next)); };
  auto ended = std::promise<runtime::problem>{};
  options.end
    = [&](runtime::problem reason) { ended.set_value(std::move(reason)); };
  const auto before = options.in_use;
  {
    const auto watch = certificate_watch{options};
    // One change of what concerns the node: the list.
    REQUIRE(revoke_node(certs, "b", time.now()));
    auto next = seen.get_future();
    REQUIRE(next.wait_for(patience) == std::future_status::ready);
    const auto found = next.get();
    CHECK(found.certificate == before.certificate);
    REQUIRE(found.revocations);
    CHECK(found.revocations->serials.size() == 1);

    REQUIRE(revoke_node(certs, "a", time.now()));
    auto end = ended.get_future();
    REQUIRE(end.wait_for(patience) == std::future_status::ready);
    CHECK(end.get().message == "the certificate is revoked");
  }
  options.interval = 24h;
  options.use = [](const node_credentials&) {};
  options.end = [](const runtime::problem&) {};
  const auto patient = certificate_watch{options};
}
