#include "cluster/certificates/certificate_maker.hpp"
#include "cluster/certificates/openssl_handles.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <string>

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::cluster;

namespace {

const auto maker_now = runtime::parse_instant("2026-05-01T12:00:00Z").value();

certificate_terms terms_for(std::chrono::days valid, std::uint8_t serial) {
  auto terms = certificate_terms{maker_now, maker_now + valid, {}};
  terms.serial.back() = serial;
  return terms;
}

std::string serial_of(const X509* certificate) {
  const auto number = openssl_handle<BIGNUM, BN_free>{
    ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr)};
  auto* text = BN_bn2hex(number.get());
  auto result = std::string{text};
  OPENSSL_free(text);
  return result;
}

} // namespace

TEST_CASE("an issued certificate has the name, the serial and the signature") {
  const auto authority
    = make_authority("test authority", terms_for(std::chrono::days{10}, 1));
  REQUIRE(authority);
  const auto made = issue_certificate(*authority, "node-1",
                                      terms_for(std::chrono::days{2}, 0x2a));
  REQUIRE(made);
  const auto root = read_certificate(authority->certificate);
  const auto certificate = read_certificate(made->certificate);
  const auto key = read_private_key(made->key);
  REQUIRE(certificate);
  REQUIRE(key);
  CHECK(node_name_of(certificate.get()) == "node-1");
  CHECK(serial_of(certificate.get()) == "2A");
  CHECK(X509_check_private_key(certificate.get(), key.get()) == 1);
  CHECK(X509_verify(certificate.get(), X509_get0_pubkey(root.get())) == 1);
  CHECK(EVP_PKEY_get_bits(key.get()) == 256);
  CHECK(X509_check_ca(root.get()) == 1);
  CHECK(X509_check_ca(certificate.get()) == 0);
  CHECK(node_name_of(root.get()).empty());
  CHECK(fingerprint_of(root.get()).size() == 64);
  CHECK(fingerprint_of(root.get()) != fingerprint_of(certificate.get()));
}

TEST_CASE("serial numbers are positive and never zero") {
  auto terms = terms_for(std::chrono::days{1}, 0);
  const auto zero = make_authority("a", terms);
  CHECK(serial_of(read_certificate(zero->certificate).get()) == "01");
  terms.serial.fill(0xff);
  const auto high = make_authority("a", terms);
  CHECK(serial_of(read_certificate(high->certificate).get())
        == "7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF");
}

TEST_CASE("what cannot be issued is refused") {
  const auto authority
    = make_authority("test authority", terms_for(std::chrono::days{10}, 1));
  const auto other
    = make_authority("test authority", terms_for(std::chrono::days{10}, 2));
  const auto terms = terms_for(std::chrono::days{2}, 3);
  CHECK(issue_certificate(*authority, "A.b", terms).error().kind
        == runtime::problem_kind::invalid_input);
  CHECK(issue_certificate({authority->certificate, other->key}, "a", terms)
          .error()
          .message
        == "the authority's certificate and key do not belong together");
  CHECK(issue_certificate({"", ""}, "a", terms).error().kind
        == runtime::problem_kind::invalid_input);
  CHECK(issue_certificate(*authority, "a", terms_for(std::chrono::days{11}, 4))
          .error()
          .message
        == "the certificate would be valid for longer than its authority");
}
