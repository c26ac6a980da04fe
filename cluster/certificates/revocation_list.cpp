#include "cluster/certificates/revocation_list.hpp"

#include "cluster/certificates/opened_authority.hpp"

#include <openssl/pem.h>

#include <algorithm>
#include <utility>

namespace troupe::cluster {

using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;

namespace {

using number_handle = openssl_handle<ASN1_INTEGER, ASN1_INTEGER_free>;
using time_handle = openssl_handle<ASN1_TIME, ASN1_TIME_free>;
using revoked_handle = openssl_handle<X509_REVOKED, X509_REVOKED_free>;

constexpr auto where_from = "copy crl.pem from where the authority is kept";

tl::unexpected<runtime::problem> no_use(const std::string& path,
                                        std::string message,
                                        std::string hint = where_from) {
  auto reason = runtime::problem{};
  reason.kind = problem_kind::invalid_input;
  reason.message = std::move(message);
  reason.file = path;
  reason.hint = std::move(hint);
  return fail(std::move(reason));
}

tl::unexpected<runtime::problem> openssl_failed() {
  return fail(problem_kind::failed, "cannot make a list of revoked "
                                    "certificates: "
                                      + take_openssl_error());
}

std::uint64_t number_of(const X509_CRL* list) {
  const auto number = number_handle{static_cast<ASN1_INTEGER*>(
    X509_CRL_get_ext_d2i(list, NID_crl_number, nullptr, nullptr))};
  auto value = std::uint64_t{0};
  if (!number || ASN1_INTEGER_get_uint64(&value, number.get()) != 1)
    value = 0;
  (void)take_openssl_error();
  return value;
}

/// What an empty list of the authority has, but its number and signature.
crl_handle begin_list(const X509* authority, runtime::instant from) {
  auto made = crl_handle{X509_CRL_new()};
  const auto begin = time_handle{ASN1_TIME_set(nullptr, seconds_of(from))};
  const auto is_begun
    = made && begin && X509_CRL_set_version(made.get(), X509_CRL_VERSION_2) == 1
      && X509_CRL_set_issuer_name(made.get(), X509_get_subject_name(authority))
           == 1
      && X509_CRL_set1_lastUpdate(made.get(), begin.get()) == 1
      && X509_CRL_set1_nextUpdate(made.get(), X509_get0_notAfter(authority))
           == 1;
  return is_begun ? std::move(made) : nullptr;
}

bool copy_entries(X509_CRL* to, const std::string& from) {
  const auto list = read_crl(from);
  if (!list)
    return false;
  auto* entries = X509_CRL_get_REVOKED(list.get());
  for (auto i = 0; i < sk_X509_REVOKED_num(entries); ++i) {
    auto copy
      = revoked_handle{X509_REVOKED_dup(sk_X509_REVOKED_value(entries, i))};
    if (!copy || X509_CRL_add0_revoked(to, copy.get()) != 1)
      return false;
    (void)copy.release();
  }
  return true;
}

bool add_entry(X509_CRL* to, const X509* certificate, runtime::instant at) {
  auto entry = revoked_handle{X509_REVOKED_new()};
  const auto begin = time_handle{ASN1_TIME_set(nullptr, seconds_of(at))};
  // The function copies the number, although its parameter is not const.
  auto* serial = const_cast<ASN1_INTEGER*>(X509_get0_serialNumber(certificate));
  if (!entry || !begin
      || X509_REVOKED_set_serialNumber(entry.get(), serial) != 1
      || X509_REVOKED_set_revocationDate(entry.get(), begin.get()) != 1
      || X509_CRL_add0_revoked(to, entry.get()) != 1)
    return false;
  (void)entry.release();
  return true;
}

bool add_extensions(X509_CRL* list, X509* authority, std::uint64_t number) {
  const auto value = number_handle{ASN1_INTEGER_new()};
  auto context = X509V3_CTX{};
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, authority, nullptr, nullptr, list, 0);
  const auto key
    = openssl_handle<X509_EXTENSION, X509_EXTENSION_free>{X509V3_EXT_conf_nid(
      nullptr, &context, NID_authority_key_identifier, "keyid")};
  return value && key && ASN1_INTEGER_set_uint64(value.get(), number) == 1
         && X509_CRL_add1_ext_i2d(list, NID_crl_number, value.get(), 0, 0) == 1
         && X509_CRL_add_ext(list, key.get(), -1) == 1;
}

std::string as_pem(X509_CRL* list) {
  const auto text = bio_handle{BIO_new(BIO_s_mem())};
  if (!text || PEM_write_bio_X509_CRL(text.get(), list) != 1)
    return {};
  return text_in(text.get());
}

std::set<std::string> serials_of(X509_CRL* list) {
  auto serials = std::set<std::string>{};
  auto* entries = X509_CRL_get_REVOKED(list);
  for (auto i = 0; i < sk_X509_REVOKED_num(entries); ++i)
    serials.insert(serial_text(
      X509_REVOKED_get0_serialNumber(sk_X509_REVOKED_value(entries, i))));
  return serials;
}

bool is_signed_by(X509_CRL* list, const X509* authority) {
  const auto is_good
    = X509_NAME_cmp(X509_CRL_get_issuer(list), X509_get_subject_name(authority))
        == 0
      && X509_CRL_verify(list, X509_get0_pubkey(authority)) == 1;
  (void)take_openssl_error();
  return is_good;
}

} // namespace

outcome<revocation_list> parse_revocation_list(const std::string& pem,
                                               const std::string& path,
                                               const std::string& authority,
                                               runtime::instant now) {
  const auto issuer = read_certificate(authority);
  const auto list = read_crl(pem);
  if (!issuer || !list)
    return no_use(path, "is not a list of revoked certificates in PEM form");
  if (!is_signed_by(list.get(), issuer.get()))
    return no_use(path, "the list is not signed by the authority");
  auto at = seconds_of(now);
  const auto* from = X509_CRL_get0_lastUpdate(list.get());
  const auto* until = X509_CRL_get0_nextUpdate(list.get());
  if (X509_cmp_time(from, &at) > 0)
    return no_use(
      path, "the list begins only at " + runtime::to_string(instant_of(from)),
      "check the clock of this machine");
  if (until != nullptr && X509_cmp_time(until, &at) < 0)
    return no_use(path,
                  "the list ended at " + runtime::to_string(instant_of(until)));
  auto found = revocation_list{};
  found.pem = pem;
  found.number = number_of(list.get());
  found.from = instant_of(from);
  found.serials = serials_of(list.get());
  return found;
}

std::optional<std::string> object_to_list(const revocation_list& next,
                                          const revocation_list& in_use) {
  const auto list = "the list of revoked certificates (number "
                    + std::to_string(next.number) + ") ";
  const auto used
    = "the one in use (number " + std::to_string(in_use.number) + ")";
  if (next.number < in_use.number
      || (next.number == in_use.number && next.from < in_use.from))
    return list + "is older than " + used;
  if (!std::ranges::includes(next.serials, in_use.serials))
    return list + "lacks certificates that " + used + " has";
  if (next.number != 0 && next.number == in_use.number
      && (next.from != in_use.from || next.serials != in_use.serials))
    return list + "is another one than " + used;
  return std::nullopt;
}

outcome<revocation_list> revoke_certificates(
  const certificate_pair& authority, const revocation_list* so_far,
  const std::vector<std::string>& certificates, runtime::instant now) {
  const auto opened = open_authority(authority);
  if (!opened)
    return fail(opened.error());
  auto* issuer = opened->certificate.get();
  const auto made = begin_list(issuer, now - signed_before);
  if (!made || (so_far != nullptr && !copy_entries(made.get(), so_far->pem)))
    return openssl_failed();
  for (const auto& each : certificates) {
    const auto revoked = read_certificate(each);
    if (!revoked || !is_issued_by(revoked.get(), issuer))
      return fail(problem_kind::invalid_input,
                  "the certificate is not one of the authority",
                  "take both from one folder of troupe cluster init");
    if (!serials_of(made.get())
           .contains(serial_text(X509_get0_serialNumber(revoked.get())))
        && !add_entry(made.get(), revoked.get(), now))
      return openssl_failed();
  }
  const auto number = so_far == nullptr ? 1 : so_far->number + 1;
  if (!add_extensions(made.get(), issuer, number)
      || X509_CRL_sort(made.get()) != 1
      || X509_CRL_sign(made.get(), opened->key.get(), EVP_sha256()) == 0)
    return openssl_failed();
  auto list = revocation_list{};
  list.pem = as_pem(made.get());
  if (list.pem.empty())
    return openssl_failed();
  list.number = number;
  list.from = instant_of(X509_CRL_get0_lastUpdate(made.get()));
  list.serials = serials_of(made.get());
  return list;
}

} // namespace troupe::cluster
