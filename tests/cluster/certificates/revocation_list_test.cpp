#include "cluster/certificates/openssl_handles.hpp"
#include "cluster/certificates/revocation_list.hpp"

#include <catch2/catch.hpp>
#include <openssl/err.h>

#include <string>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::cluster;

namespace {

const auto list_now = runtime::parse_instant("2026-05-01T12:00:00Z").value();

certificate_terms list_terms(std::uint8_t serial,
                             std::chrono::hours valid = 200h) {
  auto terms = certificate_terms{list_now - 24h, list_now + valid, {}};
  terms.serial.back() = serial;
  return terms;
}

/// An authority with nodes.
struct revoking_authority {
  certificate_pair pair
    = make_authority("authority", list_terms(1, 240h)).value();

  [[nodiscard]] std::string node(std::uint8_t serial) const {
    return issue_certificate(pair, "a", list_terms(serial)).value().certificate;
  }

  [[nodiscard]] revocation_list revoke(const std::string& certificate,
                                       const revocation_list* so_far = nullptr,
                                       runtime::instant at = list_now) const {
    return revoke_certificates(pair, so_far, {certificate}, at).value();
  }

  [[nodiscard]] runtime::outcome<revocation_list>
  parse(const std::string& pem, runtime::instant at = list_now) const {
    return parse_revocation_list(pem, "crl.pem", pair.certificate, at);
  }
};

} // namespace

TEST_CASE("a list has what was revoked, and grows") {
  const auto authority = revoking_authority{};
  const auto first = authority.revoke(authority.node(0x2a));
  CHECK(first.number == 1);
  CHECK(first.serials == std::set<std::string>{"2A"});
  CHECK(authority.parse(first.pem) == first);

  const auto second = authority.revoke(authority.node(0x2b), &first);
  CHECK(second.number == 2);
  CHECK(second.serials == std::set<std::string>{"2A", "2B"});
  CHECK(authority.parse(second.pem) == second);
  CHECK(object_to_list(first, second).value()
        == "the list of revoked certificates (number 1) is older than the one "
           "in use (number 2)");
  CHECK_FALSE(object_to_list(second, first));
  CHECK_FALSE(object_to_list(second, second));
}

TEST_CASE("several certificates are revoked at once, each once") {
  const auto authority = revoking_authority{};
  const auto one = authority.node(0x2a);
  const auto first = authority.revoke(one);
  const auto all
    = revoke_certificates(authority.pair, &first,
                          {one, authority.node(0x2b), authority.node(0x2c)},
                          list_now)
        .value();
  CHECK(all.serials == std::set<std::string>{"2A", "2B", "2C"});
  CHECK(sk_X509_REVOKED_num(X509_CRL_get_REVOKED(read_crl(all.pem).get()))
        == 3);
}

TEST_CASE("lists without a number are told apart by their time") {
  const auto first = revocation_list{"", 0, list_now, {}};
  const auto second = revocation_list{"", 0, list_now + 1s, {}};
  CHECK(object_to_list(first, second));
  CHECK_FALSE(object_to_list(second, first));
}

TEST_CASE("no list replaces one that has more, or has its number") {
  const auto used = revocation_list{"", 7, list_now, {"2A", "2B"}};
  const auto check
    = [&](std::uint64_t number, runtime::instant from,
          std::set<std::string> serials, const std::string& message) {
        const auto objection
          = object_to_list({"", number, from, std::move(serials)}, used);
        REQUIRE(objection);
        CHECK(objection->find(message) != std::string::npos);
      };
  check(8, list_now + 1s, {"2A", "2C", "2D"}, "lacks certificates");
  check(8, list_now + 1s, {}, "lacks certificates");
  check(7, list_now + 1s, {"2A", "2B"}, "is another one than the one in use");
  check(7, list_now, {"2A", "2B", "2C"}, "is another one");
  check(7, list_now - 1s, {"2A", "2B"}, "is older");
  // The same one, written in another way.
  CHECK_FALSE(object_to_list({"other", 7, list_now, {"2A", "2B"}}, used));
  CHECK_FALSE(object_to_list({"", 9, list_now, {"2A", "2B", "2C"}}, used));
}

TEST_CASE("OpenSSL takes a list for what it is") {
  const auto authority = revoking_authority{};
  const auto node = read_certificate(authority.node(0x2a));
  const auto other = read_certificate(authority.node(0x2b));
  const auto list = read_crl(authority.revoke(authority.node(0x2a)).pem);
  const auto root = read_certificate(authority.pair.certificate);
  REQUIRE(list);
  CHECK(X509_CRL_verify(list.get(), X509_get0_pubkey(root.get())) == 1);
  X509_REVOKED* entry = nullptr;
  CHECK(X509_CRL_get0_by_cert(list.get(), &entry, node.get()) == 1);
  CHECK(instant_of(X509_REVOKED_get0_revocationDate(entry)) == list_now);
  CHECK(X509_CRL_get0_by_cert(list.get(), &entry, other.get()) == 0);
  // It never ends before the authority, so that no cluster stands still for it.
  CHECK(ASN1_TIME_compare(X509_CRL_get0_nextUpdate(list.get()),
                          X509_get0_notAfter(root.get()))
        == 0);
}

TEST_CASE("a list that cannot be used is refused, with what to do") {
  const auto authority = revoking_authority{};
  const auto list = authority.revoke(authority.node(0x2a));
  const auto check = [&](const std::string& pem, runtime::instant at,
                         const std::string& message) {
    const auto refused = authority.parse(pem, at);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == runtime::problem_kind::invalid_input);
    CHECK(refused.error().message.find(message) != std::string::npos);
    CHECK(refused.error().file == "crl.pem");
    CHECK_FALSE(refused.error().hint.empty());
    CHECK(ERR_peek_error() == 0);
  };
  check("", list_now, "is not a list of revoked certificates");
  check(list.pem.substr(0, list.pem.size() / 2), list_now, "is not a list");
  check(authority.pair.certificate, list_now, "is not a list");
  check(list.pem, list_now + 241h, "ended at 2026-05-11T12:00:00Z");
  check(list.pem, list_now - 1h, "begins only at 2026-05-01T11:55:00Z");
  // Of another authority of the same name.
  const auto other = revoking_authority{};
  check(other.revoke(other.node(0x2a)).pem, list_now,
        "not signed by the authority");
}

TEST_CASE("an authority revokes only what it has issued") {
  const auto authority = revoking_authority{};
  const auto other = revoking_authority{};
  for (const auto& certificate : {other.node(0x2a), std::string{"none"}}) {
    const auto refused
      = revoke_certificates(authority.pair, nullptr, {certificate}, list_now);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message
          == "the certificate is not one of the authority");
  }
  CHECK_FALSE(revoke_certificates({authority.pair.certificate, other.pair.key},
                                  nullptr, {authority.node(0x2a)}, list_now));
  CHECK(ERR_peek_error() == 0);
}
