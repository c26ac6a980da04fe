#include "cluster/certificates/issued_certificates.hpp"

#include "cluster/certificates/openssl_handles.hpp"

namespace troupe::cluster {

namespace {

bool has_ended(const X509* certificate, runtime::instant now) {
  return instant_of(X509_get0_notAfter(certificate)) <= now;
}

} // namespace

std::string add_to_register(const std::string& issued,
                            const std::vector<std::string>& certificates,
                            runtime::instant now) {
  auto all = issued;
  for (const auto& certificate : certificates)
    all += certificate;
  auto kept = std::string{};
  for (const auto& certificate : read_certificates(all))
    if (!has_ended(certificate.get(), now))
      kept += pem_of(certificate.get());
  return kept;
}

std::vector<std::string> issued_to(const std::string& issued,
                                   const std::string& node,
                                   runtime::instant now) {
  auto found = std::vector<std::string>{};
  for (const auto& certificate : read_certificates(issued))
    if (node_name_of(certificate.get()) == node
        && !has_ended(certificate.get(), now))
      found.push_back(pem_of(certificate.get()));
  return found;
}

} // namespace troupe::cluster
