#include "cluster/certificates/certificate_files.hpp"
#include "cluster/certificates/node_credentials.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>
#include <sys/stat.h>

#include <string>
#include <thread>
#include <vector>

using namespace troupe;
using namespace troupe::cluster;
using namespace troupe::tests;

namespace {

const auto files_now = runtime::parse_instant("2026-05-01T12:00:00Z").value();

/// Numbers that differ, from the same beginning each time.
serial_source count_serials() {
  return [next = std::uint8_t{0}]() mutable {
    auto serial = std::array<std::uint8_t, 16>{};
    serial.back() = ++next;
    return serial;
  };
}

cluster_certificates_request request_for(const temporary_folder& folder,
                                         std::vector<std::string> nodes) {
  auto request = cluster_certificates_request{};
  request.folder = folder / "certs";
  request.nodes = std::move(nodes);
  request.now = files_now;
  return request;
}

mode_t mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 0777U;
}

} // namespace

TEST_CASE("a folder of certificates has what every node needs") {
  const auto folder = temporary_folder{};
  const auto made = write_cluster_certificates(request_for(folder, {"a", "b"}),
                                               count_serials());
  REQUIRE(made);
  CHECK(made->is_new_authority);
  REQUIRE(made->nodes.size() == 2);
  CHECK(mode_of(folder / "certs") == 0700);
  for (const auto& [node, paths] : made->nodes) {
    CHECK(paths == certificates_in(folder / "certs", node));
    CHECK(mode_of(paths.key) == 0600);
    const auto read = read_node_credentials(paths, node, files_now);
    REQUIRE(read);
    CHECK(read->until == made->until);
  }
  CHECK(mode_of(made->authority_key) == 0600);
  auto count = 0;
  for ([[maybe_unused]] const auto& file :
       std::filesystem::directory_iterator{folder / "certs"})
    ++count;
  CHECK(count == 7); // With the register of the authority; no drafts.
}

TEST_CASE("a node is added under the authority that is there") {
  const auto folder = temporary_folder{};
  const auto first
    = write_cluster_certificates(request_for(folder, {"a"}), count_serials());
  REQUIRE(first);
  const auto authority = read_file(first->authority);
  const auto later
    = write_cluster_certificates(request_for(folder, {"b"}), count_serials());
  REQUIRE(later);
  CHECK_FALSE(later->is_new_authority);
  CHECK(read_file(first->authority) == authority);
  CHECK(read_node_credentials(later->nodes[0].second, "b", files_now));
}

TEST_CASE("files are replaced only when told so") {
  const auto folder = temporary_folder{};
  auto request = request_for(folder, {"a"});
  const auto first = write_cluster_certificates(request, count_serials());
  REQUIRE(first);
  const auto key = read_file(first->nodes[0].second.key);

  request.nodes = {"b", "a"};
  const auto refused = write_cluster_certificates(request, count_serials());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == runtime::problem_kind::conflict);
  CHECK(refused.error().file == first->nodes[0].second.certificate);
  CHECK(read_file(first->nodes[0].second.key) == key);
  CHECK_FALSE(std::filesystem::exists(folder / "certs" / "b.pem"));

  request.existing = existing_file::replaced;
  REQUIRE(write_cluster_certificates(request, count_serials()));
  CHECK(read_file(first->nodes[0].second.key) != key);
  CHECK(mode_of(first->nodes[0].second.key) == 0600);
}

TEST_CASE("names of nodes are checked before anything is written") {
  const auto folder = temporary_folder{};
  for (const auto& nodes : std::vector<std::vector<std::string>>{
         {}, {"A"}, {"a", "b", "a"}, {"ca"}, {"crl"}, {"../a"}}) {
    const auto refused
      = write_cluster_certificates(request_for(folder, nodes), count_serials());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == runtime::problem_kind::invalid_input);
    CHECK_FALSE(refused.error().hint.empty());
  }
  CHECK_FALSE(std::filesystem::exists(folder / "certs"));
}

TEST_CASE("a certificate of a node does not outlive its authority") {
  const auto folder = temporary_folder{};
  auto request = request_for(folder, {"a"});
  request.valid = std::chrono::days{4000};
  CHECK_FALSE(write_cluster_certificates(request, count_serials()));
  CHECK_FALSE(std::filesystem::exists(folder / "certs" / "ca.pem"));
}

TEST_CASE("a secret file says where it could not be written") {
  const auto folder = temporary_folder{};
  const auto path = std::string{folder / "none" / "a.key"};
  const auto refused
    = write_secret_file(path, "secret", existing_file::replaced);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().file == path);
  const auto there = std::string{folder.write("a.key", "old")};
  CHECK(write_secret_file(there, "new", existing_file::kept).error().kind
        == runtime::problem_kind::conflict);
  CHECK(read_file(there) == "old");
}

TEST_CASE("a node is revoked until its certificate is made anew") {
  const auto folder = temporary_folder{};
  const auto certs = std::string{folder / "certs"};
  const auto draw = count_serials();
  auto request = request_for(folder, {"a", "b"});
  REQUIRE(write_cluster_certificates(request, draw));
  const auto paths = certificates_in(certs, "a");
  const auto revoked = revoke_node(certs, "a", files_now);
  REQUIRE(revoked);
  CHECK(revoked->list == paths.revocations);
  CHECK(revoked->count == 1);
  CHECK_FALSE(revoked->was_revoked);
  CHECK(mode_of(paths.revocations) == 0600);
  CHECK(read_node_credentials(paths, "a", files_now).error().message
        == "the certificate is revoked");
  CHECK(read_node_credentials(certificates_in(certs, "b"), "b", files_now));

  const auto list = read_file(paths.revocations);
  const auto again = revoke_node(certs, "a", files_now);
  REQUIRE(again);
  CHECK(again->was_revoked);
  CHECK(again->serials == revoked->serials);
  CHECK(read_file(paths.revocations) == list);

  request.nodes = {"a"};
  request.existing = existing_file::replaced;
  REQUIRE(write_cluster_certificates(request, draw));
  CHECK(read_node_credentials(paths, "a", files_now));
  CHECK(revoke_node(certs, "a", files_now)->count == 2);
}

TEST_CASE("what was replaced is revoked as well") {
  const auto folder = temporary_folder{};
  const auto certs = std::string{folder / "certs"};
  const auto draw = count_serials();
  auto request = request_for(folder, {"a", "b"});
  REQUIRE(write_cluster_certificates(request, draw));
  request.nodes = {"a"};
  request.existing = existing_file::replaced;
  REQUIRE(write_cluster_certificates(request, draw));
  const auto revoked = revoke_node(certs, "a", files_now);
  REQUIRE(revoked);
  CHECK(revoked->serials.size() == 2);
  CHECK(revoked->count == 2);
  CHECK(read_node_credentials(certificates_in(certs, "b"), "b", files_now));
  CHECK(mode_of(certs + "/ca.issued") == 0600);

  // The files of the node may be anywhere.
  std::filesystem::remove(certificates_in(certs, "b").certificate);
  CHECK(revoke_node(certs, "b", files_now)->count == 3);
}

TEST_CASE("a folder from before the register revokes what it replaces") {
  const auto folder = temporary_folder{};
  const auto certs = std::string{folder / "certs"};
  const auto draw = count_serials();
  auto request = request_for(folder, {"a", "b"});
  REQUIRE(write_cluster_certificates(request, draw));
  std::filesystem::remove(certs + "/ca.issued");
  // Not its own: nothing to be revoked, and nothing in the way.
  REQUIRE(write_secret_file(certificates_in(certs, "b").certificate, "junk",
                            existing_file::replaced));
  request.existing = existing_file::replaced;
  REQUIRE(write_cluster_certificates(request, draw));
  CHECK(revoke_node(certs, "a", files_now)->serials.size() == 2);
  CHECK(revoke_node(certs, "b", files_now)->serials.size() == 1);
}

TEST_CASE("a damaged register is told, and stays as it is") {
  const auto folder = temporary_folder{};
  const auto certs = std::string{folder / "certs"};
  auto request = request_for(folder, {"a"});
  REQUIRE(write_cluster_certificates(request, count_serials()));
  const auto path = certs + "/ca.issued";
  const auto damaged = read_file(path) + "damaged";
  REQUIRE(write_secret_file(path, damaged, existing_file::replaced));
  request.existing = existing_file::replaced;
  const auto key = read_file(certificates_in(certs, "a").key);
  CHECK(write_cluster_certificates(request, count_serials()).error().file
        == path);
  CHECK(revoke_node(certs, "a", files_now).error().file == path);
  CHECK(read_file(path) == damaged);
  CHECK(read_file(certificates_in(certs, "a").key) == key);
}

TEST_CASE("nodes that are revoked at the same time are all revoked") {
  const auto folder = temporary_folder{};
  const auto certs = std::string{folder / "certs"};
  const auto nodes = std::vector<std::string>{"a", "b", "c", "d", "e", "f"};
  REQUIRE(
    write_cluster_certificates(request_for(folder, nodes), count_serials()));
  auto threads = std::vector<std::thread>{};
  for (const auto& node : nodes)
    threads.emplace_back([&] { (void)revoke_node(certs, node, files_now); });
  for (auto& thread : threads)
    thread.join();
  CHECK(revoke_node(certs, "a", files_now)->count == nodes.size());
}

TEST_CASE("what cannot be revoked is told, and nothing is written") {
  const auto folder = temporary_folder{};
  const auto certs = std::string{folder / "certs"};
  CHECK(revoke_node(certs, "a", files_now).error().kind
        == runtime::problem_kind::not_found);
  REQUIRE(
    write_cluster_certificates(request_for(folder, {"a"}), count_serials()));
  CHECK(revoke_node(certs, "b", files_now).error().file
        == certificates_in(certs, "b").certificate);
  CHECK(revoke_node(certs, "../a", files_now).error().kind
        == runtime::problem_kind::invalid_input);
  CHECK(revoke_node(certs, "ca", files_now).error().kind
        == runtime::problem_kind::invalid_input);
  const auto paths = certificates_in(certs, "a");
  CHECK_FALSE(std::filesystem::exists(paths.revocations));
  REQUIRE(
    write_secret_file(paths.revocations, "junk", existing_file::replaced));
  CHECK(revoke_node(certs, "a", files_now).error().file == paths.revocations);
  CHECK(read_file(paths.revocations) == "junk");
}
