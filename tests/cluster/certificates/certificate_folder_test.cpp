#include "cluster/certificates/certificate_files.hpp"
#include "cluster/certificates/certificate_folder.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <string>

using namespace troupe;
using namespace troupe::cluster;
using namespace troupe::tests;

namespace {

using std::chrono::days;

const auto folder_now = runtime::parse_instant("2026-05-01T12:00:00Z").value();

} // namespace

TEST_CASE("a folder of certificates is examined as nodes would") {
  const auto folder = temporary_folder{};
  const auto certs = std::string{folder / "certs"};
  CHECK(examine_certificates(certs, folder_now).error().kind
        == runtime::problem_kind::not_found);
  auto last_serial = std::uint8_t{0};
  auto request = cluster_certificates_request{};
  request.folder = certs;
  request.nodes = {"a", "b", "c"};
  request.now = folder_now;
  request.valid = days{100};
  REQUIRE(write_cluster_certificates(request, [&] {
    auto serial = std::array<std::uint8_t, 16>{};
    serial.back() = ++last_serial;
    return serial;
  }));
  const auto whole = examine_certificates(certs, folder_now);
  REQUIRE(whole);
  CHECK(whole->nodes.size() == 3);
  CHECK(whole->nodes[0] == std::pair{std::string{"a"}, folder_now + days{100}});
  CHECK(whole->problems.empty());

  const auto soon = examine_certificates(certs, folder_now + days{71});
  REQUIRE(soon->problems.size() == 3);
  CHECK(soon->problems[0].message
        == "the certificate ends soon, at 2026-08-09T12:00:00Z");

  REQUIRE(revoke_node(certs, "b", folder_now));
  std::filesystem::remove(certificates_in(certs, "c").key);
  const auto spoilt = examine_certificates(certs, folder_now);
  CHECK(spoilt->nodes.size() == 1);
  REQUIRE(spoilt->problems.size() == 2);
  CHECK(spoilt->problems[0].message == "the certificate is revoked");
  CHECK(spoilt->problems[1].file == certificates_in(certs, "c").key);

  const auto late = examine_certificates(certs, folder_now + days{100});
  CHECK(late->nodes.empty());
  CHECK(late->problems.size() == 3);
}
