#include "cluster/certificates/certificate_files.hpp"

#include "cluster/certificates/certificate_maker.hpp"
#include "cluster/certificates/issued_certificates.hpp"
#include "cluster/certificates/node_name.hpp"
#include "cluster/certificates/openssl_handles.hpp"
#include "cluster/certificates/revocation_list.hpp"
#include "runtime/config/text_file.hpp"
#include "runtime/file_descriptor.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

namespace troupe::cluster {

using runtime::fail;
using runtime::file_descriptor;
using runtime::outcome;
using runtime::problem;
using runtime::problem_kind;

namespace {

constexpr auto pem_bytes_max = std::size_t{1} << 20;
constexpr auto register_bytes_max = std::size_t{256} << 20;
constexpr auto nodes_max = std::size_t{1000};
constexpr auto authority_name = "troupe cluster authority";
constexpr auto authority_valid = std::chrono::days{3650};

problem about_file(problem_kind kind, const std::string& path,
                   std::string message, std::string hint) {
  auto reason = problem{};
  reason.kind = kind;
  reason.message = std::move(message);
  reason.file = path;
  reason.hint = std::move(hint);
  return reason;
}

problem cannot_write(const std::string& path, int error) {
  const auto kind = error == EACCES || error == EPERM || error == EROFS
                      ? problem_kind::denied
                      : problem_kind::unavailable;
  return about_file(kind, path,
                    "cannot write: " + std::generic_category().message(error),
                    "choose a folder that you may write to, with room left");
}

problem is_there(const std::string& path) {
  return about_file(problem_kind::conflict, path, "the file is there already",
                    "to make it anew, add --replace");
}

problem about(problem reason, const std::string& path) {
  reason.file = path;
  return reason;
}

bool exists(const std::string& path) {
  auto error = std::error_code{};
  return std::filesystem::exists(std::filesystem::symlink_status(path, error));
}

bool write_all(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const auto count = ::write(descriptor, content.data(), content.size());
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return false;
    content.remove_prefix(static_cast<std::size_t>(count));
  }
  return ::fsync(descriptor) == 0;
}

/// A link fails where there is a file; a renaming replaces it.
bool give_name(const std::string& draft, const std::string& path,
               existing_file existing) {
  if (existing == existing_file::replaced)
    return ::rename(draft.c_str(), path.c_str()) == 0;
  if (::link(draft.c_str(), path.c_str()) != 0)
    return false;
  ::unlink(draft.c_str());
  return true;
}

outcome<void> make_folder(const std::string& path) {
  const auto parent = std::filesystem::path{path}.parent_path();
  auto error = std::error_code{};
  if (!parent.empty())
    std::filesystem::create_directories(parent, error);
  if (::mkdir(path.c_str(), S_IRWXU) == 0
      || std::filesystem::is_directory(path, error))
    return {};
  return fail(cannot_write(path, ENOTDIR));
}

outcome<void> check_nodes(std::vector<std::string> names) {
  if (names.empty() || names.size() > nodes_max)
    return fail(problem_kind::invalid_input,
                "a cluster has between 1 and 1000 nodes",
                "name them, for example --nodes a,b,c");
  for (const auto& name : names) {
    if (auto checked = check_node_name(name); !checked)
      return checked;
    if (name == "ca" || name == "crl")
      return fail(problem_kind::invalid_input,
                  "\"" + name + "\" is the name of the authority's files",
                  "choose another name for the node");
  }
  std::ranges::sort(names);
  const auto twice = std::ranges::adjacent_find(names);
  if (twice != names.end())
    return fail(problem_kind::invalid_input,
                "node \"" + *twice + "\" is named twice",
                "give each node a name of its own");
  return {};
}

outcome<void> check_room(const cluster_certificates_request& request) {
  if (request.existing == existing_file::replaced)
    return {};
  for (const auto& node : request.nodes) {
    const auto paths = certificates_in(request.folder, node);
    for (const auto& path : {paths.certificate, paths.key})
      if (exists(path))
        return fail(is_there(path));
  }
  return {};
}

/// Held while the files of the authority are read and written: what two calls
/// at once add to its lists must not be lost. Waits for the other.
outcome<file_descriptor> lock_folder(const std::string& path) {
  auto folder
    = file_descriptor{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!folder || ::flock(folder.get(), LOCK_EX) != 0)
    return fail(about_file(
      errno == ENOENT ? problem_kind::not_found : problem_kind::unavailable,
      path, "cannot use the folder: " + std::generic_category().message(errno),
      "name the folder where troupe cluster init made "
      "the certificates"));
  return folder;
}

/// The authority of the folder; nothing if it has none.
outcome<std::optional<certificate_pair>>
find_authority(const std::string& certificate_path,
               const std::string& key_path) {
  if (!exists(certificate_path) && !exists(key_path))
    return std::nullopt;
  auto certificate
    = runtime::read_regular_file(certificate_path, pem_bytes_max);
  if (!certificate)
    return fail(std::move(certificate.error()));
  auto key = runtime::read_private_file(key_path, pem_bytes_max);
  if (!key)
    return fail(std::move(key.error()));
  return certificate_pair{std::move(*certificate), std::move(*key)};
}

/// The text of a file; nothing if there is none.
outcome<std::optional<std::string>> find_text(const std::string& path,
                                              std::size_t bytes_max) {
  auto text = runtime::read_regular_file(path, bytes_max);
  if (text)
    return std::move(*text);
  if (text.error().kind == problem_kind::not_found)
    return std::nullopt;
  return fail(std::move(text.error()));
}

std::string register_in(const std::string& folder) {
  return std::filesystem::path{folder} / "ca.issued";
}

outcome<std::optional<revocation_list>>
find_revocations(const certificate_paths& paths,
                 const certificate_pair& authority, runtime::instant now) {
  const auto text = find_text(paths.revocations, revocation_bytes_max);
  if (!text)
    return fail(text.error());
  if (!*text)
    return std::nullopt;
  auto list = parse_revocation_list(**text, paths.revocations,
                                    authority.certificate, now);
  if (!list)
    return fail(std::move(list.error()));
  return std::move(*list);
}

/// All that count for the node: what is in its file, and what was replaced.
outcome<std::vector<std::string>> certificates_of(const std::string& folder,
                                                  const std::string& node,
                                                  runtime::instant now) {
  const auto issued = find_text(register_in(folder), register_bytes_max);
  if (!issued)
    return fail(issued.error());
  auto noted = issued_to(issued->value_or(""), node, now);
  if (!noted)
    return fail(about(std::move(noted.error()), register_in(folder)));
  auto found = std::move(*noted);
  const auto path = certificates_in(folder, node).certificate;
  const auto current = find_text(path, pem_bytes_max);
  if (!current)
    return fail(current.error());
  if (*current)
    found.push_back(**current);
  if (found.empty())
    return fail(about_file(problem_kind::not_found, path,
                           "the authority has issued no certificate to node "
                           "\""
                             + node + "\"",
                           "see which nodes there are: troupe doctor "
                           "--certificates "
                             + folder));
  return found;
}

std::vector<std::string>
serials_in(const std::vector<std::string>& certificates) {
  auto serials = std::set<std::string>{};
  for (const auto& text : certificates)
    if (const auto certificate = read_certificate(text))
      serials.insert(serial_text(X509_get0_serialNumber(certificate.get())));
  return {serials.begin(), serials.end()};
}

bool has_all(const revocation_list& list,
             const std::vector<std::string>& serials) {
  return !serials.empty()
         && std::ranges::all_of(serials, [&](const auto& serial) {
              return list.serials.contains(serial);
            });
}

/// What the authority issued to the nodes before, as far as it is still there:
/// a folder may be older than its register.
outcome<std::vector<std::string>>
find_replaced(const cluster_certificates_request& request,
              const certificate_pair& authority) {
  const auto issuer = read_certificate(authority.certificate);
  auto found = std::vector<std::string>{};
  for (const auto& node : request.nodes) {
    auto text = find_text(certificates_in(request.folder, node).certificate,
                          pem_bytes_max);
    if (!text)
      return fail(std::move(text.error()));
    // Junk, or another authority's, is not for us to revoke.
    const auto one = *text ? read_certificate(**text) : certificate_handle{};
    if (one && issuer && is_issued_by(one.get(), issuer.get()))
      found.push_back(std::move(**text));
  }
  return found;
}

outcome<void> note_issued(const cluster_certificates_request& request,
                          const certificate_pair& authority,
                          const std::vector<certificate_pair>& issued) {
  const auto path = register_in(request.folder);
  const auto so_far = find_text(path, register_bytes_max);
  if (!so_far)
    return fail(so_far.error());
  auto certificates = find_replaced(request, authority);
  if (!certificates)
    return fail(std::move(certificates.error()));
  for (const auto& one : issued)
    certificates->push_back(one.certificate);
  auto all = add_to_register(so_far->value_or(""), *certificates, request.now);
  if (!all)
    return fail(about(std::move(all.error()), path));
  return write_secret_file(path, *all, existing_file::replaced);
}

outcome<std::vector<certificate_pair>>
issue_all(const cluster_certificates_request& request,
          const certificate_pair& authority, const serial_source& draw_serial) {
  auto issued = std::vector<certificate_pair>{};
  for (const auto& node : request.nodes) {
    auto one = issue_certificate(authority, node,
                                 {request.now - signed_before,
                                  request.now + request.valid, draw_serial()});
    if (!one)
      return fail(std::move(one.error()));
    issued.push_back(std::move(*one));
  }
  return issued;
}

/// The key first: a certificate is what others look for.
outcome<void> write_pair(const std::string& certificate_path,
                         const std::string& key_path,
                         const certificate_pair& pair, existing_file existing) {
  if (auto written = write_secret_file(key_path, pair.key, existing); !written)
    return written;
  return write_secret_file(certificate_path, pair.certificate, existing);
}

outcome<void> write_everything(const cluster_certificates_request& request,
                               const certificate_pair& authority,
                               const std::vector<certificate_pair>& issued,
                               cluster_certificates& result) {
  if (result.is_new_authority)
    if (auto written = write_pair(result.authority, result.authority_key,
                                  authority, existing_file::kept);
        !written)
      return written;
  // Before anybody gets a certificate: what is not in it cannot be revoked.
  if (auto noted = note_issued(request, authority, issued); !noted)
    return noted;
  for (std::size_t i = 0; i < issued.size(); ++i) {
    auto paths = certificates_in(request.folder, request.nodes[i]);
    if (auto written
        = write_pair(paths.certificate, paths.key, issued[i], request.existing);
        !written)
      return written;
    result.nodes.emplace_back(request.nodes[i], std::move(paths));
  }
  return {};
}

} // namespace

certificate_paths certificates_in(const std::string& folder,
                                  const std::string& node) {
  const auto base = std::filesystem::path{folder};
  return {base / "ca.pem", base / (node + ".pem"), base / (node + ".key"),
          base / "crl.pem"};
}

outcome<void> write_secret_file(const std::string& path,
                                std::string_view content,
                                existing_file existing) {
  auto draft = path + ".XXXXXX";
  // Of mode 0600 from the beginning.
  const auto file = file_descriptor{::mkostemp(draft.data(), O_CLOEXEC)};
  if (!file)
    return fail(cannot_write(path, errno));
  if (write_all(file.get(), content) && give_name(draft, path, existing))
    return {};
  const auto error = errno;
  ::unlink(draft.c_str());
  return fail(error == EEXIST ? is_there(path) : cannot_write(path, error));
}

outcome<cluster_certificates>
write_cluster_certificates(const cluster_certificates_request& request,
                           const serial_source& draw_serial) {
  if (auto checked = check_nodes(request.nodes); !checked)
    return fail(std::move(checked.error()));
  if (auto checked = check_room(request); !checked)
    return fail(std::move(checked.error()));
  if (auto made = make_folder(request.folder); !made)
    return fail(std::move(made.error()));
  const auto lock = lock_folder(request.folder);
  if (!lock)
    return fail(lock.error());
  auto result = cluster_certificates{};
  result.authority = certificates_in(request.folder, "ca").certificate;
  result.authority_key = certificates_in(request.folder, "ca").key;
  result.until = request.now + request.valid;
  auto authority = find_authority(result.authority, result.authority_key);
  if (!authority)
    return fail(std::move(authority.error()));
  if (!*authority) {
    auto made = make_authority(authority_name,
                               {request.now - signed_before,
                                request.now + authority_valid, draw_serial()});
    if (!made)
      return fail(std::move(made.error()));
    *authority = std::move(*made);
    result.is_new_authority = true;
  }
  // All are issued before the first is written: a refusal leaves nothing.
  const auto issued = issue_all(request, **authority, draw_serial);
  if (!issued)
    return fail(issued.error());
  if (auto written = write_everything(request, **authority, *issued, result);
      !written)
    return fail(std::move(written.error()));
  return result;
}

outcome<revoked_node> revoke_node(const std::string& folder,
                                  const std::string& node,
                                  runtime::instant now) {
  if (auto checked = check_nodes({node}); !checked)
    return fail(std::move(checked.error()));
  const auto lock = lock_folder(folder);
  if (!lock)
    return fail(lock.error());
  const auto paths = certificates_in(folder, node);
  const auto authority
    = find_authority(paths.authority, certificates_in(folder, "ca").key);
  if (!authority)
    return fail(authority.error());
  if (!*authority)
    return fail(about_file(problem_kind::not_found, paths.authority,
                           "there is no authority",
                           "name the folder where troupe cluster init made "
                           "the certificates"));
  const auto certificates = certificates_of(folder, node, now);
  if (!certificates)
    return fail(certificates.error());
  const auto so_far = find_revocations(paths, **authority, now);
  if (!so_far)
    return fail(so_far.error());
  auto result
    = revoked_node{node, serials_in(*certificates), paths.revocations};
  if (*so_far && has_all(**so_far, result.serials)) {
    result.count = (*so_far)->serials.size();
    result.was_revoked = true;
    return result;
  }
  const auto list = revoke_certificates(
    **authority, *so_far ? &**so_far : nullptr, *certificates, now);
  if (!list) {
    auto reason = list.error();
    reason.file = paths.certificate;
    return fail(std::move(reason));
  }
  if (auto written = write_secret_file(paths.revocations, list->pem,
                                       existing_file::replaced);
      !written)
    return fail(std::move(written.error()));
  result.count = list->serials.size();
  return result;
}

} // namespace troupe::cluster
