#pragma once

#include "cluster/certificates/node_credentials.hpp"
#include "runtime/instant.hpp"
#include "runtime/problem.hpp"

#include <optional>
#include <utility>

namespace troupe::cluster {

/// How near the end of a certificate is; each is told once.
enum class certificate_end : std::uint8_t {
  far,
  within_month, ///< 30 days.
  within_week,
  within_day,
  past,
};

[[nodiscard]] certificate_end end_of(runtime::instant until,
                                     runtime::instant now) noexcept;

/// What to tell of a certificate that ends within 30 days or has ended; nothing
/// if it does not.
[[nodiscard]] std::optional<runtime::problem>
warn_of_end(const certificate_paths& paths, const std::string& node,
            runtime::instant until, runtime::instant now);

/// Decides what a running node does with what it finds in its files. Pure: the
/// files and the time come in.
class certificate_renewal {
public:
  /// What is new since the last look.
  struct findings {
    /// To be used from now on, in place of what was.
    std::optional<node_credentials> taken;
    /// Why other files than those in use are not taken; once for the same
    /// files and reason.
    std::optional<runtime::problem> refused;
    /// The certificate in use ends soon.
    std::optional<runtime::problem> warning;
    /// The certificate in use has ended or is revoked, and the files have no
    /// other one: `denied`. Others have cut their links, so the node must not
    /// go on, least of all lead.
    std::optional<runtime::problem> end;
  };

  certificate_renewal(certificate_paths paths, node_credentials in_use)
    : paths_{std::move(paths)}, in_use_{std::move(in_use)} {}

  [[nodiscard]] findings look(const runtime::outcome<credential_files>& found,
                              runtime::instant now);

private:
  [[nodiscard]] runtime::outcome<node_credentials>
  judge(const credential_files& files, runtime::instant now) const;
  [[nodiscard]] std::optional<runtime::problem>
  why_to_end(const runtime::outcome<credential_files>& found,
             runtime::instant now) const;
  [[nodiscard]] std::optional<runtime::problem> warn_once(runtime::instant now);

  certificate_paths paths_;
  node_credentials in_use_;
  certificate_end told_end_ = certificate_end::far;
  /// What was refused last; nothing in it if it could not be read.
  std::optional<std::pair<credential_files, runtime::problem>> told_refusal_;
};

} // namespace troupe::cluster
