#include "cluster/certificates/certificate_maker.hpp"

#include "cluster/certificates/node_name.hpp"
#include "cluster/certificates/opened_authority.hpp"

#include <openssl/pem.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <initializer_list>
#include <utility>

namespace troupe::cluster {

using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;

namespace {

using extension_text = std::pair<int, const char*>;

tl::unexpected<runtime::problem> openssl_failed(const std::string& what) {
  return fail(problem_kind::failed, what + ": " + take_openssl_error());
}

bool set_serial(X509* certificate, std::array<std::uint8_t, 16> bytes) {
  bytes[0] &= 0x7fU;
  if (std::ranges::all_of(bytes, [](auto byte) { return byte == 0; }))
    bytes.back() = 1; // Zero is not allowed.
  const auto number = openssl_handle<BIGNUM, BN_free>{
    BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr)};
  return number
         && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate))
              != nullptr;
}

bool set_subject(X509* certificate, const std::string& name) {
  auto* subject = X509_get_subject_name(certificate);
  return X509_NAME_add_entry_by_txt(
           subject, "CN", MBSTRING_UTF8,
           reinterpret_cast<const unsigned char*>(name.data()),
           static_cast<int>(name.size()), -1, 0)
         == 1;
}

bool add_extensions(X509* certificate, X509* issuer,
                    std::initializer_list<extension_text> extensions) {
  auto context = X509V3_CTX{};
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  for (const auto& [kind, text] : extensions) {
    const auto one = openssl_handle<X509_EXTENSION, X509_EXTENSION_free>{
      X509V3_EXT_conf_nid(nullptr, &context, kind, text)};
    if (!one || X509_add_ext(certificate, one.get(), -1) != 1)
      return false;
  }
  return true;
}

/// A certificate without extensions, issuer and signature.
certificate_handle begin_certificate(EVP_PKEY* key, const std::string& name,
                                     const certificate_terms& terms) {
  auto made = certificate_handle{X509_new()};
  const auto is_begun
    = made && X509_set_version(made.get(), X509_VERSION_3) == 1
      && set_serial(made.get(), terms.serial)
      && ASN1_TIME_set(X509_getm_notBefore(made.get()), seconds_of(terms.from))
           != nullptr
      && ASN1_TIME_set(X509_getm_notAfter(made.get()), seconds_of(terms.until))
           != nullptr
      && X509_set_pubkey(made.get(), key) == 1 && set_subject(made.get(), name);
  return is_begun ? std::move(made) : nullptr;
}

outcome<certificate_pair> as_pem(X509* certificate, EVP_PKEY* key) {
  auto certificate_text = pem_of(certificate);
  const auto key_text = bio_handle{BIO_new(BIO_s_mem())};
  if (certificate_text.empty() || !key_text
      || PEM_write_bio_PKCS8PrivateKey(key_text.get(), key, nullptr, nullptr, 0,
                                       nullptr, nullptr)
           != 1)
    return openssl_failed("cannot write a certificate");
  return certificate_pair{std::move(certificate_text), text_in(key_text.get())};
}

} // namespace

outcome<certificate_pair> make_authority(const std::string& name,
                                         const certificate_terms& terms) {
  const auto key = key_handle{EVP_EC_gen("P-256")};
  if (!key)
    return openssl_failed("cannot make a key");
  const auto made = begin_certificate(key.get(), name, terms);
  if (!made
      || X509_set_issuer_name(made.get(), X509_get_subject_name(made.get()))
           != 1
      || !add_extensions(made.get(), made.get(),
                         {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                          {NID_key_usage, "critical,keyCertSign,cRLSign"},
                          {NID_subject_key_identifier, "hash"}})
      || X509_sign(made.get(), key.get(), EVP_sha256()) == 0)
    return openssl_failed("cannot make an authority");
  return as_pem(made.get(), key.get());
}

outcome<certificate_pair> issue_certificate(const certificate_pair& authority,
                                            const std::string& name,
                                            const certificate_terms& terms) {
  if (auto checked = check_node_name(name); !checked)
    return fail(std::move(checked.error()));
  const auto opened = open_authority(authority);
  if (!opened)
    return fail(opened.error());
  auto* issuer = opened->certificate.get();
  auto until = seconds_of(terms.until);
  if (X509_cmp_time(X509_get0_notAfter(issuer), &until) < 0)
    return fail(problem_kind::invalid_input,
                "the certificate would be valid for longer than its authority",
                "ask for fewer days, or make a new authority in a new folder");
  const auto key = key_handle{EVP_EC_gen("P-256")};
  if (!key)
    return openssl_failed("cannot make a key");
  const auto made = begin_certificate(key.get(), name, terms);
  const auto host = "DNS:" + name;
  if (!made
      || X509_set_issuer_name(made.get(), X509_get_subject_name(issuer)) != 1
      || !add_extensions(made.get(), issuer,
                         {{NID_basic_constraints, "critical,CA:FALSE"},
                          {NID_key_usage, "critical,digitalSignature"},
                          {NID_ext_key_usage, "serverAuth,clientAuth"},
                          {NID_subject_key_identifier, "hash"},
                          {NID_authority_key_identifier, "keyid"},
                          {NID_subject_alt_name, host.c_str()}})
      || X509_sign(made.get(), opened->key.get(), EVP_sha256()) == 0)
    return openssl_failed("cannot issue a certificate");
  return as_pem(made.get(), key.get());
}

} // namespace troupe::cluster
