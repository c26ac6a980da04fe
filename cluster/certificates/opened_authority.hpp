#pragma once

#include "cluster/certificates/certificate_maker.hpp"
#include "cluster/certificates/openssl_handles.hpp"
#include "runtime/problem.hpp"

namespace troupe::cluster {

/// An authority that can sign.
struct opened_authority {
  certificate_handle certificate;
  key_handle key;
};

/// `invalid_input` when the key is not that of the certificate, or either is
/// none.
[[nodiscard]] runtime::outcome<opened_authority>
open_authority(const certificate_pair& authority);

} // namespace troupe::cluster
