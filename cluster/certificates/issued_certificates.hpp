#pragma once

#include "runtime/instant.hpp"
#include "runtime/problem.hpp"

#include <string>
#include <vector>

namespace troupe::cluster {

// What an authority has issued is a register in PEM form, one certificate after
// another, so that all certificates of a node can be revoked, also those that
// were replaced.

/// The register with further certificates, each once, without those that have
/// ended. `invalid_input`, with a hint, for a register that is damaged: what
/// cannot be read must not be lost.
[[nodiscard]] runtime::outcome<std::string>
add_to_register(const std::string& issued,
                const std::vector<std::string>& certificates,
                runtime::instant now);

/// The certificates of that node in the register that have not ended; the same
/// error.
[[nodiscard]] runtime::outcome<std::vector<std::string>>
issued_to(const std::string& issued, const std::string& node,
          runtime::instant now);

} // namespace troupe::cluster
