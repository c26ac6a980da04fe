#include "cluster/certificates/node_credentials.hpp"

#include "cluster/certificates/openssl_handles.hpp"
#include "runtime/config/text_file.hpp"

#include <openssl/x509_vfy.h>

#include <chrono>
#include <ctime>
#include <utility>

namespace troupe::cluster {

using runtime::fail;
using runtime::outcome;
using runtime::problem;
using runtime::problem_kind;

namespace {

constexpr auto credential_bytes_max = std::size_t{1} << 20;

using verification = openssl_handle<X509_STORE_CTX, X509_STORE_CTX_free>;

tl::unexpected<problem> wrong_file(const std::string& path, std::string message,
                                   std::string hint) {
  auto reason = problem{};
  reason.kind = problem_kind::invalid_input;
  reason.message = std::move(message);
  reason.file = path;
  reason.hint = std::move(hint);
  return fail(std::move(reason));
}

tl::unexpected<problem> not_read(problem reason, const std::string& node) {
  if (reason.kind == problem_kind::not_found)
    reason.hint = "make certificates with troupe cluster init --nodes "
                  + (node.empty() ? "NAME" : node) + " --dir DIR";
  return fail(std::move(reason));
}

/// Why the certificate is not one of the authority that is valid now.
outcome<void> verify(X509* certificate, X509* authority,
                     const certificate_paths& paths, const std::string& node,
                     runtime::instant now) {
  const auto trusted = certificate_store_handle{X509_STORE_new()};
  const auto context = verification{X509_STORE_CTX_new()};
  if (!trusted || !context || X509_STORE_add_cert(trusted.get(), authority) != 1
      || X509_STORE_CTX_init(context.get(), trusted.get(), certificate, nullptr)
           != 1)
    return wrong_file(paths.authority,
                      "cannot be used: " + take_openssl_error(),
                      how_to_renew(node));
  X509_STORE_CTX_set_time(context.get(), 0,
                          std::chrono::system_clock::to_time_t(
                            std::chrono::floor<std::chrono::seconds>(now)));
  if (X509_verify_cert(context.get()) == 1)
    return {};
  const auto code = X509_STORE_CTX_get_error(context.get());
  const auto& path = X509_STORE_CTX_get_error_depth(context.get()) == 0
                       ? paths.certificate
                       : paths.authority;
  const auto* about = X509_STORE_CTX_get_current_cert(context.get());
  switch (code) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return wrong_file(
        path,
        "the certificate ended at "
          + runtime::to_string(instant_of(X509_get0_notAfter(about))),
        how_to_renew(node));
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return wrong_file(
        path,
        "the certificate begins only at "
          + runtime::to_string(instant_of(X509_get0_notBefore(about))),
        "check the clock of this machine");
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return wrong_file(paths.certificate,
                        "the certificate is of another authority than "
                          + paths.authority,
                        "take all files from one folder of troupe cluster "
                        "init");
    default:
      return wrong_file(path, X509_verify_cert_error_string(code),
                        how_to_renew(node));
  }
}

outcome<void> check_use(X509* certificate, const certificate_paths& paths,
                        const std::string& node) {
  const auto name = node_name_of(certificate);
  if (name.empty())
    return wrong_file(paths.certificate,
                      "the certificate is not of exactly one node",
                      how_to_renew(node));
  if (!node.empty() && name != node)
    return wrong_file(
      paths.certificate,
      "the certificate is of node \"" + name + "\", not of \"" + node + "\"",
      "start the node under its own name, or " + how_to_renew(node));
  if (X509_check_purpose(certificate, X509_PURPOSE_SSL_SERVER, 0) != 1
      || X509_check_purpose(certificate, X509_PURPOSE_SSL_CLIENT, 0) != 1)
    return wrong_file(paths.certificate,
                      "the certificate is not for both ends of a link",
                      how_to_renew(node));
  return {};
}

/// The list is that of the authority, and does not name the node itself.
outcome<std::optional<revocation_list>>
check_revocations(const credential_files& files, const X509* certificate,
                  const certificate_paths& paths, const std::string& node,
                  runtime::instant now) {
  if (!files.revocations)
    return std::nullopt;
  auto list = parse_revocation_list(*files.revocations, paths.revocations,
                                    files.authority, now);
  if (!list)
    return fail(std::move(list.error()));
  if (list->serials.contains(serial_text(X509_get0_serialNumber(certificate))))
    return wrong_file(paths.certificate, "the certificate is revoked",
                      how_to_renew(node));
  return std::move(*list);
}

} // namespace

std::string how_to_renew(const std::string& node) {
  return "make a new one where the authority is kept: troupe cluster init "
         "--nodes "
         + (node.empty() ? "NAME" : node) + " --dir DIR --replace";
}

outcome<credential_files> read_credential_files(const certificate_paths& paths,
                                                const std::string& node) {
  auto files = credential_files{};
  for (const auto& [path, content] :
       {std::pair{&paths.authority, &files.authority},
        std::pair{&paths.certificate, &files.certificate}}) {
    auto read = runtime::read_regular_file(*path, credential_bytes_max);
    if (!read)
      return not_read(std::move(read.error()), node);
    *content = std::move(*read);
  }
  auto key = runtime::read_private_file(paths.key, credential_bytes_max);
  if (!key)
    return not_read(std::move(key.error()), node);
  files.key = std::move(*key);
  auto list
    = runtime::read_regular_file(paths.revocations, revocation_bytes_max);
  if (list)
    files.revocations = std::move(*list);
  else if (list.error().kind != problem_kind::not_found)
    return fail(std::move(list.error()));
  return files;
}

outcome<node_credentials> check_credentials(const credential_files& files,
                                            const certificate_paths& paths,
                                            const std::string& node,
                                            runtime::instant now) {
  constexpr auto no_pem = "is not a certificate in PEM form";
  const auto authority = read_certificate(files.authority);
  if (!authority)
    return wrong_file(paths.authority, no_pem, how_to_renew(node));
  const auto certificate = read_certificate(files.certificate);
  if (!certificate)
    return wrong_file(paths.certificate, no_pem, how_to_renew(node));
  const auto key = read_private_key(files.key);
  if (!key)
    return wrong_file(paths.key,
                      "is not a private key in PEM form without a passphrase",
                      how_to_renew(node));
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    (void)take_openssl_error();
    return wrong_file(paths.key,
                      "the key does not belong to " + paths.certificate,
                      "take both files from one call of troupe cluster init");
  }
  if (auto good = verify(certificate.get(), authority.get(), paths, node, now);
      !good)
    return fail(std::move(good.error()));
  if (auto good = check_use(certificate.get(), paths, node); !good)
    return fail(std::move(good.error()));
  auto list = check_revocations(files, certificate.get(), paths, node, now);
  if (!list)
    return fail(std::move(list.error()));
  return node_credentials{node_name_of(certificate.get()),
                          files.authority,
                          files.certificate,
                          files.key,
                          instant_of(X509_get0_notAfter(certificate.get())),
                          std::move(*list)};
}

outcome<node_credentials> read_node_credentials(const certificate_paths& paths,
                                                const std::string& node,
                                                runtime::instant now) {
  const auto files = read_credential_files(paths, node);
  if (!files)
    return fail(files.error());
  return check_credentials(*files, paths, node, now);
}

} // namespace troupe::cluster
