#include "cluster/certificates/openssl_handles.hpp"

#include "cluster/certificates/node_name.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <array>
#include <chrono>
#include <utility>

namespace troupe::cluster {

namespace {

bio_handle bytes_to_read(std::string_view text) {
  return bio_handle{
    BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

/// A key with a passphrase is refused; nobody is there to ask for one.
int have_no_passphrase(char*, int, int, void*) {
  return -1;
}

/// The first of its kind in a text, or none.
template <class Handle, auto Read>
Handle read_first(std::string_view pem) {
  const auto from = bytes_to_read(pem);
  auto found = Handle{Read(from.get(), nullptr, have_no_passphrase, nullptr)};
  ERR_clear_error();
  return found;
}

/// How OpenSSL computes a digest of a certificate, or of a part of it.
using digest_function
  = int (*)(const X509*, const EVP_MD*, unsigned char*, unsigned int*);

std::string sha256_of(const X509* certificate, digest_function digest_of) {
  constexpr auto digits = std::string_view{"0123456789abcdef"};
  auto digest = std::array<unsigned char, EVP_MAX_MD_SIZE>{};
  auto length = 0U;
  if (certificate == nullptr
      || digest_of(certificate, EVP_sha256(), digest.data(), &length) != 1)
    return {};
  auto text = std::string{};
  for (auto i = 0U; i < length; ++i) {
    text += digits[digest[i] >> 4U];
    text += digits[digest[i] & 0x0fU];
  }
  return text;
}

} // namespace

std::string take_openssl_error() {
  auto text = std::array<char, 256>{};
  const auto code = ERR_peek_last_error();
  ERR_clear_error();
  if (code == 0)
    return {};
  if (const auto* reason = ERR_reason_error_string(code); reason != nullptr)
    return reason;
  ERR_error_string_n(code, text.data(), text.size());
  return text.data();
}

certificate_handle read_certificate(std::string_view pem) {
  return read_first<certificate_handle, PEM_read_bio_X509>(pem);
}

std::vector<certificate_handle> read_certificates(std::string_view pem) {
  const auto from = bytes_to_read(pem);
  auto all = std::vector<certificate_handle>{};
  while (auto next = certificate_handle{
           PEM_read_bio_X509(from.get(), nullptr, have_no_passphrase, nullptr)})
    all.push_back(std::move(next));
  ERR_clear_error();
  return all;
}

std::string pem_of(const X509* certificate) {
  const auto text = bio_handle{BIO_new(BIO_s_mem())};
  if (!text || PEM_write_bio_X509(text.get(), certificate) != 1)
    return {};
  return text_in(text.get());
}

crl_handle read_crl(std::string_view pem) {
  return read_first<crl_handle, PEM_read_bio_X509_CRL>(pem);
}

key_handle read_private_key(std::string_view pem) {
  return read_first<key_handle, PEM_read_bio_PrivateKey>(pem);
}

std::string node_name_of(const X509* certificate) {
  const auto names = openssl_handle<GENERAL_NAMES, GENERAL_NAMES_free>{
    static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr))};
  if (!names || sk_GENERAL_NAME_num(names.get()) != 1)
    return {};
  const auto* only = sk_GENERAL_NAME_value(names.get(), 0);
  if (only->type != GEN_DNS)
    return {};
  const auto* text = only->d.dNSName;
  const auto name
    = std::string{reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                  static_cast<std::size_t>(ASN1_STRING_length(text))};
  return is_node_name(name) ? name : std::string{};
}

std::string serial_text(const ASN1_INTEGER* number) {
  const auto value
    = openssl_handle<BIGNUM, BN_free>{ASN1_INTEGER_to_BN(number, nullptr)};
  auto* digits = value ? BN_bn2hex(value.get()) : nullptr;
  if (digits == nullptr)
    return {};
  auto text = std::string{digits};
  OPENSSL_free(digits);
  return text;
}

std::time_t seconds_of(runtime::instant at) {
  return std::chrono::system_clock::to_time_t(
    std::chrono::floor<std::chrono::seconds>(at));
}

runtime::instant instant_of(const ASN1_TIME* at) {
  auto parts = std::tm{};
  if (ASN1_TIME_to_tm(at, &parts) != 1)
    return {};
  return runtime::instant{std::chrono::seconds{::timegm(&parts)}};
}

std::string text_in(BIO* bytes) {
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bytes, &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string fingerprint_of(const X509* certificate) {
  return sha256_of(certificate, X509_digest);
}

std::string key_fingerprint_of(const X509* certificate) {
  return sha256_of(certificate, X509_pubkey_digest);
}

bool is_issued_by(X509* certificate, X509* authority) {
  const auto is_good
    = X509_check_issued(authority, certificate) == X509_V_OK
      && X509_verify(certificate, X509_get0_pubkey(authority)) == 1;
  (void)take_openssl_error();
  return is_good;
}

} // namespace troupe::cluster
