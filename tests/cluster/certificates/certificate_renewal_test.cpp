#include "cluster/certificates/certificate_renewal.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::cluster;

namespace {

using std::chrono::days;

const auto renewal_now = runtime::parse_instant("2026-05-01T12:00:00Z").value();
const auto renewal_paths = certificates_in("certs", "a");

certificate_terms renewal_terms(std::uint8_t serial, days valid) {
  auto terms = certificate_terms{renewal_now - 24h, renewal_now + valid, {}};
  terms.serial.back() = serial;
  return terms;
}

/// A running node, and the files that it finds.
struct renewal_fixture {
  certificate_pair authority
    = make_authority("authority", renewal_terms(1, days{1'000})).value();
  credential_files files = issue(10, days{100});
  certificate_renewal renewal{renewal_paths, check(files)};

  [[nodiscard]] credential_files issue(std::uint8_t serial, days valid,
                                       const std::string& node = "a") const {
    const auto made
      = issue_certificate(authority, node, renewal_terms(serial, valid))
          .value();
    return {authority.certificate, made.certificate, made.key, std::nullopt};
  }

  [[nodiscard]] static node_credentials check(const credential_files& found) {
    return check_credentials(found, renewal_paths, "a", renewal_now).value();
  }

  [[nodiscard]] revocation_list
  revoke(std::uint8_t serial, const revocation_list* so_far = nullptr) const {
    return revoke_certificates(authority, so_far,
                               {issue(serial, days{10}, "b").certificate},
                               renewal_now)
      .value();
  }

  /// What the node makes of its files now.
  certificate_renewal::findings look(days later = days{0}) {
    return renewal.look(files, renewal_now + later);
  }

  /// Told once, and again when the files change.
  void check_refused(const std::string& message) {
    const auto found = look();
    CHECK_FALSE(found.taken);
    REQUIRE(found.refused);
    CHECK(found.refused->message.find(message) != std::string::npos);
    CHECK_FALSE(found.refused->hint.empty());
    CHECK_FALSE(look().refused);
  }
};

} // namespace

TEST_CASE_METHOD(renewal_fixture, "files that stay are nothing new") {
  const auto found = look();
  CHECK_FALSE(found.taken);
  CHECK_FALSE(found.refused);
  CHECK_FALSE(found.warning);
}

TEST_CASE_METHOD(renewal_fixture, "new files are taken once") {
  files = issue(11, days{200});
  const auto found = look();
  REQUIRE(found.taken);
  CHECK(found.taken->until == renewal_now + days{200});
  CHECK_FALSE(look().taken);
}

TEST_CASE_METHOD(renewal_fixture,
                 "what would be refused at a start stays out") {
  const auto good = files;
  files = issue(11, days{100}, "b");
  check_refused("of node \"b\"");
  files = issue(12, days{100});
  files.key = good.key;
  check_refused("the key does not belong to");
  files.certificate = "junk";
  check_refused("is not a certificate");
  // What was in use comes back: nothing is new, and nothing is wrong.
  files = good;
  CHECK_FALSE(look().taken);
  files.certificate = "junk";
  check_refused("is not a certificate");
  files = issue(13, days{100});
  CHECK(look().taken);
}

TEST_CASE_METHOD(renewal_fixture, "files that cannot be read are told once") {
  auto reason = runtime::problem{};
  reason.message = "is missing";
  const auto missing
    = runtime::outcome<credential_files>{runtime::fail(reason)};
  CHECK(renewal.look(missing, renewal_now).refused == reason);
  CHECK_FALSE(renewal.look(missing, renewal_now).refused);
  CHECK_FALSE(look().refused);
  CHECK(renewal.look(missing, renewal_now).refused == reason);
}

TEST_CASE_METHOD(renewal_fixture, "a certificate that ends soon is told") {
  CHECK_FALSE(look(days{69}).warning);
  const auto month = look(days{70}).warning;
  REQUIRE(month);
  CHECK(month->message == "the certificate ends soon, at 2026-08-09T12:00:00Z");
  CHECK(month->file == renewal_paths.certificate);
  CHECK(month->hint.find("--nodes a") != std::string::npos);
  CHECK_FALSE(look(days{71}).warning);
  CHECK(look(days{93}).warning);
  CHECK(look(days{99}).warning);
  CHECK_FALSE(look(days{99}).warning);
  const auto ended = look(days{100});
  CHECK_FALSE(ended.warning);
  REQUIRE(ended.end);
  CHECK(ended.end->kind == runtime::problem_kind::denied);
  CHECK(ended.end->message == "the certificate ended at 2026-08-09T12:00:00Z");
  CHECK(ended.end->hint.find("--nodes a") != std::string::npos);
  files = issue(11, days{120});
  const auto renewed = look(days{101});
  CHECK(renewed.taken);
  CHECK_FALSE(renewed.end);
  CHECK(renewed.warning->message
        == "the certificate ends soon, at 2026-08-29T12:00:00Z");
}

TEST_CASE_METHOD(renewal_fixture, "a list of revoked certificates is taken") {
  const auto first = revoke(20);
  files.revocations = first.pem;
  CHECK(look().taken->revocations == first);
  const auto second = revoke(21, &first);
  files.revocations = second.pem;
  CHECK(look().taken->revocations == second);
}

TEST_CASE_METHOD(renewal_fixture, "nobody who was revoked comes back") {
  const auto first = revoke(20);
  const auto second = revoke(21, &first);
  files.revocations = second.pem;
  REQUIRE(look().taken);
  files.revocations = first.pem;
  check_refused("(number 1) is older than the one in use (number 2)");
  // Nor with another way to write the authority.
  const auto as_written = files.authority;
  for (const auto* change : {"\n", "a comment before it\n"}) {
    files.authority = change + as_written;
    check_refused("(number 1) is older");
  }
  files.authority = as_written;
  // A list of the authority as it was restored from a copy.
  const auto third = revoke(23, &first);
  files.revocations = revoke(24, &third).pem;
  check_refused("lacks certificates");
  files.revocations.reset();
  check_refused("is gone");
  files.revocations = "junk";
  check_refused("is not a list");
  files.revocations = second.pem;
  CHECK_FALSE(look().refused);
  files.authority += "\n";
  CHECK(look().taken);
}

TEST_CASE_METHOD(renewal_fixture, "a node that is revoked itself ends") {
  const auto list
    = revoke_certificates(authority, nullptr, {files.certificate}, renewal_now)
        .value();
  files.revocations = list.pem;
  check_refused("the certificate is revoked");
  const auto check_end = [&] {
    const auto end = look().end;
    REQUIRE(end);
    CHECK(end->kind == runtime::problem_kind::denied);
    CHECK(end->message == "the certificate is revoked");
    CHECK(end->file == renewal_paths.certificate);
    CHECK(end->hint.find("--nodes a") != std::string::npos);
  };
  check_end();
  SECTION("whatever is wrong with its other files") {
    files.key = "junk";
    check_end();
    files.authority = "junk";
    check_end();
  }
  SECTION("unless it has another certificate") {
    files = issue(11, days{100});
    files.revocations = list.pem;
    auto found = look();
    CHECK(found.taken);
    CHECK_FALSE(found.end);
    CHECK_FALSE(look().end);
  }
  SECTION("but not when somebody else's list has its number") {
    const auto own = files;
    authority
      = make_authority("authority", renewal_terms(2, days{1'000})).value();
    files = own;
    files.revocations = revoke(10).pem;
    check_refused("not signed by the authority");
    CHECK_FALSE(look().end);
  }
}

TEST_CASE_METHOD(renewal_fixture, "another authority has lists of its own") {
  files.revocations = revoke(20).pem;
  REQUIRE(look().taken);
  authority
    = make_authority("authority", renewal_terms(2, days{1'000})).value();
  const auto old_list = files.revocations;
  files = issue(11, days{100});
  files.revocations = old_list;
  check_refused("not signed by the authority");
  files.revocations.reset();
  CHECK(look().taken);
}
