#include "cluster/certificates/opened_authority.hpp"

namespace troupe::cluster {

runtime::outcome<opened_authority>
open_authority(const certificate_pair& authority) {
  auto opened = opened_authority{read_certificate(authority.certificate),
                                 read_private_key(authority.key)};
  if (opened.certificate && opened.key
      && X509_check_private_key(opened.certificate.get(), opened.key.get())
           == 1)
    return opened;
  (void)take_openssl_error();
  return runtime::fail(
    runtime::problem_kind::invalid_input,
    "the authority's certificate and key do not belong together",
    "take both from the folder where the authority was made");
}

} // namespace troupe::cluster
