#include "cluster/certificates/certificate_renewal.hpp"

#include "cluster/certificates/openssl_handles.hpp"

#include <chrono>

namespace troupe::cluster {

using runtime::fail;
using runtime::outcome;
using runtime::problem;
using runtime::problem_kind;

namespace {

constexpr auto keep_list_hint
  = "copy crl.pem from where the authority is kept; the list in use stays";

bool are_in_use(const credential_files& files, const node_credentials& used) {
  const auto has_same_list
    = files.revocations.has_value() == used.revocations.has_value()
      && (!files.revocations || *files.revocations == used.revocations->pem);
  return has_same_list && files.authority == used.authority
         && files.certificate == used.certificate && files.key == used.key;
}

/// However its file is written.
bool is_same_authority(const std::string& one, const std::string& other) {
  return key_fingerprint_of(read_certificate(one).get())
         == key_fingerprint_of(read_certificate(other).get());
}

/// By its own authority, in whichever of its lists.
bool is_revoked(const node_credentials& used, const std::string& list_pem,
                runtime::instant now) {
  if (used.revocations && list_pem == used.revocations->pem)
    return false; // As was checked when it was taken.
  const auto list = parse_revocation_list(list_pem, {}, used.authority, now);
  const auto certificate = read_certificate(used.certificate);
  return list && certificate
         && list->serials.contains(
           serial_text(X509_get0_serialNumber(certificate.get())));
}

} // namespace

certificate_end end_of(runtime::instant until, runtime::instant now) noexcept {
  if (until <= now)
    return certificate_end::past;
  if (until - now <= std::chrono::days{1})
    return certificate_end::within_day;
  if (until - now <= std::chrono::days{7})
    return certificate_end::within_week;
  if (until - now <= std::chrono::days{30})
    return certificate_end::within_month;
  return certificate_end::far;
}

std::optional<problem> warn_of_end(const certificate_paths& paths,
                                   const std::string& node,
                                   runtime::instant until,
                                   runtime::instant now) {
  const auto how_near = end_of(until, now);
  if (how_near == certificate_end::far)
    return std::nullopt;
  auto warning = problem{};
  warning.kind = problem_kind::failed;
  warning.message = how_near == certificate_end::past
                      ? "the certificate ended at "
                      : "the certificate ends soon, at ";
  warning.message += runtime::to_string(until);
  warning.file = paths.certificate;
  warning.hint = how_to_renew(node);
  return warning;
}

certificate_renewal::findings
certificate_renewal::look(const outcome<credential_files>& found,
                          runtime::instant now) {
  auto result = findings{};
  if (found && are_in_use(*found, in_use_)) {
    told_refusal_.reset();
  } else if (auto judged = found
                             ? judge(*found, now)
                             : outcome<node_credentials>{fail(found.error())}) {
    in_use_ = *judged;
    told_refusal_.reset();
    told_end_ = certificate_end::far;
    result.taken = std::move(*judged);
  } else {
    auto told = std::pair{found ? *found : credential_files{},
                          std::move(judged.error())};
    if (told != told_refusal_)
      result.refused = told.second;
    told_refusal_ = std::move(told);
  }
  result.end = why_to_end(found, now);
  if (!result.end)
    result.warning = warn_once(now);
  return result;
}

/// A list counts whatever is wrong with the files beside it.
std::optional<problem>
certificate_renewal::why_to_end(const outcome<credential_files>& found,
                                runtime::instant now) const {
  auto reason = problem{};
  if (in_use_.until <= now) {
    reason = *warn_of_end(paths_, in_use_.node, in_use_.until, now);
  } else if (found && found->revocations
             && is_revoked(in_use_, *found->revocations, now)) {
    reason.message = "the certificate is revoked";
    reason.file = paths_.certificate;
    reason.hint = how_to_renew(in_use_.node);
  } else {
    return std::nullopt;
  }
  reason.kind = problem_kind::denied;
  return reason;
}

/// As at the start of a node; and nobody who was revoked comes back.
outcome<node_credentials>
certificate_renewal::judge(const credential_files& files,
                           runtime::instant now) const {
  auto next = check_credentials(files, paths_, in_use_.node, now);
  // Another authority has lists of its own.
  if (!next || !in_use_.revocations
      || !is_same_authority(next->authority, in_use_.authority))
    return next;
  auto reason = problem{};
  reason.file = paths_.revocations;
  reason.hint = keep_list_hint;
  if (!next->revocations) {
    reason.kind = problem_kind::not_found;
    reason.message = "the list of revoked certificates is gone";
    return fail(std::move(reason));
  }
  if (auto objection
      = object_to_list(*next->revocations, *in_use_.revocations)) {
    reason.kind = problem_kind::invalid_input;
    reason.message = std::move(*objection);
    return fail(std::move(reason));
  }
  return next;
}

std::optional<problem> certificate_renewal::warn_once(runtime::instant now) {
  const auto how_near = end_of(in_use_.until, now);
  if (how_near <= told_end_)
    return std::nullopt;
  told_end_ = how_near;
  return warn_of_end(paths_, in_use_.node, in_use_.until, now);
}

} // namespace troupe::cluster
