#pragma once

#include "runtime/instant.hpp"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::cluster {

/// Frees what OpenSSL allocated.
template <auto Free>
struct openssl_deleter {
  template <class T>
  void operator()(T* held) const noexcept {
    Free(held);
  }
};

template <class T, auto Free>
using openssl_handle = std::unique_ptr<T, openssl_deleter<Free>>;

using bio_handle = openssl_handle<BIO, BIO_free_all>;
using certificate_handle = openssl_handle<X509, X509_free>;
using key_handle = openssl_handle<EVP_PKEY, EVP_PKEY_free>;
using crl_handle = openssl_handle<X509_CRL, X509_CRL_free>;
using certificate_store_handle = openssl_handle<X509_STORE, X509_STORE_free>;

/// What OpenSSL last complained of on this thread, in its words; its list of
/// errors is empty afterwards.
[[nodiscard]] std::string take_openssl_error();

/// The first certificate in PEM form; null if there is none.
[[nodiscard]] certificate_handle read_certificate(std::string_view pem);

/// All certificates in PEM form, one after another, up to what is none.
[[nodiscard]] std::vector<certificate_handle>
read_certificates(std::string_view pem);

/// In PEM form; empty if OpenSSL fails.
[[nodiscard]] std::string pem_of(const X509* certificate);

/// The first list of revoked certificates in PEM form; null if there is none.
[[nodiscard]] crl_handle read_crl(std::string_view pem);

/// A private key in PEM form without a passphrase; null if it is none.
[[nodiscard]] key_handle read_private_key(std::string_view pem);

/// The only host name of the certificate; empty if there is not exactly one, or
/// none that a node may have.
[[nodiscard]] std::string node_name_of(const X509* certificate);

/// In hexadecimal digits, two per byte, as `openssl x509 -serial` shows it.
[[nodiscard]] std::string serial_text(const ASN1_INTEGER* number);

/// Since 1970, for OpenSSL; a fraction of a second is cut off.
[[nodiscard]] std::time_t seconds_of(runtime::instant at);

/// The beginning of 1970 for what is no time.
[[nodiscard]] runtime::instant instant_of(const ASN1_TIME* at);

/// All that was written to a BIO of memory.
[[nodiscard]] std::string text_in(BIO* bytes);

/// SHA-256 over the certificate, 64 hexadecimal digits in lower case.
[[nodiscard]] std::string fingerprint_of(const X509* certificate);

/// The same over its public key, which makes an authority what it is: its
/// certificate may be written anew, or get another end. Empty for null.
[[nodiscard]] std::string key_fingerprint_of(const X509* certificate);

/// Whether that authority has signed the certificate.
[[nodiscard]] bool is_issued_by(X509* certificate, X509* authority);

} // namespace troupe::cluster
