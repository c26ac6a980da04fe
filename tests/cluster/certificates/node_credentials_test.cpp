#include "cluster/certificates/certificate_maker.hpp"
#include "cluster/certificates/node_credentials.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>
#include <sys/stat.h>

#include <filesystem>
#include <string>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::cluster;
using namespace troupe::tests;

namespace {

/// Files of a node, each of which a test can spoil.
struct credentials_fixture {
  temporary_folder folder;
  runtime::instant now = runtime::parse_instant("2026-05-01T12:00:00Z").value();
  certificate_pair authority = make(1, 100);
  certificate_paths paths = certificates_in(folder.path(), "a");

  credentials_fixture() {
    write(paths.authority, authority.certificate);
    write_node(issue(authority, "a"));
  }

  [[nodiscard]] certificate_terms terms(std::uint8_t serial, int days) const {
    auto result
      = certificate_terms{now - 24h, now + std::chrono::days{days}, {}};
    result.serial.back() = serial;
    return result;
  }

  [[nodiscard]] certificate_pair make(std::uint8_t serial, int days) const {
    return make_authority("authority", terms(serial, days)).value();
  }

  [[nodiscard]] certificate_pair issue(const certificate_pair& by,
                                       const std::string& name) const {
    return issue_certificate(by, name, terms(9, 10)).value();
  }

  static void write(const std::string& path, const std::string& content) {
    REQUIRE(write_secret_file(path, content, existing_file::replaced));
  }

  void write_node(const certificate_pair& node) const {
    write(paths.certificate, node.certificate);
    write(paths.key, node.key);
  }

  [[nodiscard]] runtime::problem refusal(runtime::instant at) const {
    const auto read = read_node_credentials(paths, "a", at);
    REQUIRE_FALSE(read);
    CHECK_FALSE(read.error().hint.empty());
    return read.error();
  }

  [[nodiscard]] runtime::problem refusal() const {
    return refusal(now);
  }
};

} // namespace

TEST_CASE_METHOD(credentials_fixture, "good files are taken as they are") {
  const auto read = read_node_credentials(paths, "a", now);
  REQUIRE(read);
  CHECK(read->node == "a");
  CHECK(read->until == now + std::chrono::days{10});
  CHECK(read->authority == authority.certificate);
  CHECK(read_node_credentials(paths, "", now)->node == "a");
}

TEST_CASE_METHOD(credentials_fixture, "a certificate holds between its ends") {
  const auto late = refusal(now + std::chrono::days{11});
  CHECK(late.kind == runtime::problem_kind::invalid_input);
  CHECK(late.file == paths.certificate);
  CHECK(late.message == "the certificate ended at 2026-05-11T12:00:00Z");
  CHECK(late.hint.find("--replace") != std::string::npos);
  const auto early = refusal(now - std::chrono::days{2});
  CHECK(early.message.find("begins only at 2026-04-30T12:00:00Z")
        != std::string::npos);
  CHECK(early.hint == "check the clock of this machine");
}

TEST_CASE_METHOD(credentials_fixture, "an authority that has ended is named") {
  const auto late = refusal(now + std::chrono::days{101});
  CHECK(late.message.find("ended at") != std::string::npos);
}

TEST_CASE_METHOD(credentials_fixture,
                 "a certificate of another authority is refused") {
  const auto other = make(2, 100);
  write_node(issue(other, "a"));
  const auto refused = refusal();
  CHECK(refused.file == paths.certificate);
  CHECK(refused.message
        == "the certificate is of another authority than " + paths.authority);
}

TEST_CASE_METHOD(credentials_fixture,
                 "a key of another certificate is refused") {
  write(paths.key, issue(authority, "a").key);
  const auto refused = refusal();
  CHECK(refused.file == paths.key);
  CHECK(refused.message == "the key does not belong to " + paths.certificate);
}

TEST_CASE_METHOD(credentials_fixture,
                 "a certificate of another node is refused") {
  write_node(issue(authority, "b"));
  CHECK(refusal().message == "the certificate is of node \"b\", not of \"a\"");
}

TEST_CASE_METHOD(credentials_fixture, "an authority is no node") {
  write_node(authority);
  const auto refused = refusal();
  CHECK(refused.message == "the certificate is not of exactly one node");
}

TEST_CASE_METHOD(credentials_fixture, "a key that others may read is refused") {
  using std::filesystem::perms;
  std::filesystem::permissions(paths.key,
                               perms::owner_read | perms::group_read);
  const auto refused = refusal();
  CHECK(refused.kind == runtime::problem_kind::denied);
  CHECK(refused.file == paths.key);
  CHECK(refused.hint == "chmod 600 " + paths.key);
}

TEST_CASE_METHOD(credentials_fixture, "files that are missing are named") {
  for (const auto& path : {paths.authority, paths.certificate, paths.key}) {
    const auto content = read_file(path);
    std::filesystem::remove(path);
    const auto refused = refusal();
    CHECK(refused.kind == runtime::problem_kind::not_found);
    CHECK(refused.file == path);
    CHECK(refused.hint.find("troupe cluster init --nodes a")
          != std::string::npos);
    write(path, "nothing of use");
    CHECK(refusal().file == path);
    write(path, content);
  }
  CHECK(read_node_credentials(paths, "a", now));
}

TEST_CASE_METHOD(credentials_fixture,
                 "a list of revoked certificates is read") {
  CHECK_FALSE(read_node_credentials(paths, "a", now)->revocations);
  const auto other = issue(authority, "b");
  const auto list
    = revoke_certificates(authority, nullptr, {other.certificate}, now).value();
  write(paths.revocations, list.pem);
  // Serial numbers are the same in this test.
  CHECK(refusal().message == "the certificate is revoked");
  write_node(issue_certificate(authority, "a", terms(8, 10)).value());
  CHECK(read_node_credentials(paths, "a", now)->revocations == list);
  write(paths.revocations, "nothing of use");
  CHECK(refusal().file == paths.revocations);
}

TEST_CASE_METHOD(credentials_fixture, "a pipe is refused, not waited for") {
  for (const auto& path : {paths.revocations, paths.certificate}) {
    std::filesystem::remove(path);
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    CHECK(refusal().file == path);
  }
}
