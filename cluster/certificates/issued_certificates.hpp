#pragma once

#include "runtime/instant.hpp"

#include <string>
#include <vector>

namespace troupe::cluster {

// What an authority has issued is a register in PEM form, one certificate after
// another, so that all certificates of a node can be revoked, also those that
// were replaced.

/// The register with further certificates, without those that have ended.
[[nodiscard]] std::string
add_to_register(const std::string& issued,
                const std::vector<std::string>& certificates,
                runtime::instant now);

/// The certificates of that node in the register that have not ended.
[[nodiscard]] std::vector<std::string> issued_to(const std::string& issued,
                                                 const std::string& node,
                                                 runtime::instant now);

} // namespace troupe::cluster
