#include "cluster/certificates/issued_certificates.hpp"

#include "cluster/certificates/openssl_handles.hpp"

#include <set>
#include <utility>

namespace troupe::cluster {

using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;

namespace {

bool has_ended(const X509* certificate, runtime::instant now) {
  return instant_of(X509_get0_notAfter(certificate)) <= now;
}

/// All of it: where a block is damaged, OpenSSL's reader stops as at the end.
outcome<std::vector<certificate_handle>>
read_register(const std::string& issued) {
  auto all = read_certificates(issued);
  auto read = std::string{};
  for (const auto& certificate : all)
    read += pem_of(certificate.get());
  auto written = issued;
  std::erase(written, '\r');
  if (read == written)
    return all;
  return fail(problem_kind::invalid_input,
              "the register of issued certificates is damaged; certificates "
              "before the damage: "
                + std::to_string(all.size()),
              "restore it from a copy, or remove all but its certificates; "
              "what is missing in it cannot be revoked");
}

} // namespace

outcome<std::string>
add_to_register(const std::string& issued,
                const std::vector<std::string>& certificates,
                runtime::instant now) {
  auto all = read_register(issued);
  if (!all)
    return fail(std::move(all.error()));
  for (const auto& text : certificates)
    if (auto certificate = read_certificate(text))
      all->push_back(std::move(certificate));
  auto kept = std::string{};
  auto known = std::set<std::string>{};
  for (const auto& certificate : *all)
    if (!has_ended(certificate.get(), now)
        && known.insert(fingerprint_of(certificate.get())).second)
      kept += pem_of(certificate.get());
  return kept;
}

outcome<std::vector<std::string>> issued_to(const std::string& issued,
                                            const std::string& node,
                                            runtime::instant now) {
  const auto all = read_register(issued);
  if (!all)
    return fail(all.error());
  auto found = std::vector<std::string>{};
  for (const auto& certificate : *all)
    if (node_name_of(certificate.get()) == node
        && !has_ended(certificate.get(), now))
      found.push_back(pem_of(certificate.get()));
  return found;
}

} // namespace troupe::cluster
