#include "cluster/transport/tls_stream.hpp"

#include "cluster/transport/link_socket.hpp"

#include <openssl/err.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <system_error>
#include <utility>

namespace troupe::cluster {

using runtime::outcome;

namespace {

using ssl_handle = openssl_handle<SSL, SSL_free>;

/// Of records, which hold 16 KiB each.
constexpr auto read_ahead_bytes = std::size_t{128} << 10;

tl::unexpected<runtime::problem> tls_refused(const std::string& what) {
  return runtime::fail(runtime::problem_kind::invalid_input,
                       what + ": " + take_openssl_error());
}

/// What OpenSSL's words mean to whoever reads a log.
std::string explain(const std::string& words) {
  if (words.find("alert") != std::string::npos)
    return "the other end refused our certificate (" + words + ")";
  if (words == "peer did not return a certificate")
    return "it has no certificate";
  if (words == "wrong version number" || words == "http request"
      || words == "unsupported protocol" || words == "packet length too long")
    return "it does not speak TLS 1.3 (" + words + ")";
  return "TLS failed (" + words + ")";
}

class tls_stream final : public link_stream {
public:
  explicit tls_stream(ssl_handle ssl) noexcept : ssl_{std::move(ssl)} {
    SSL_set_app_data(ssl_.get(), this);
  }

  /// OpenSSL forgets a certificate that does not hold.
  static int on_verified(int is_good, X509_STORE_CTX* about) {
    auto* ssl = static_cast<SSL*>(
      X509_STORE_CTX_get_ex_data(about, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto* stream = static_cast<tls_stream*>(SSL_get_app_data(ssl));
    if (is_good != 1 && stream != nullptr)
      stream->keep_claim(X509_STORE_CTX_get0_cert(about));
    return is_good;
  }

  stream_result handshake() override {
    clear_errors();
    return result_of(SSL_do_handshake(ssl_.get()), 0);
  }

  /// One record at most, of which OpenSSL keeps what does not fit.
  stream_result read(std::span<char> first, std::span<char>) override {
    clear_errors();
    auto count = std::size_t{0};
    const auto code
      = SSL_read_ex(ssl_.get(), first.data(), first.size(), &count);
    return result_of(code, count);
  }

  stream_result write(std::span<const std::string_view> parts) override {
    auto total = std::size_t{0};
    for (const auto part : parts)
      total += part.size();
    const auto together = written_together{SSL_get_fd(ssl_.get()), total};
    auto written = std::size_t{0};
    for (auto part : parts)
      while (!part.empty()) {
        clear_errors();
        auto count = std::size_t{0};
        const auto code
          = SSL_write_ex(ssl_.get(), part.data(), part.size(), &count);
        if (const auto result = result_of(code, count);
            result.status != stream_status::done)
          // Whether to wait is said again, when the rest is tried.
          return written != 0 && is_to_wait(result.status)
                   ? stream_result{stream_status::done, written}
                   : result;
        part.remove_prefix(count);
        written += count;
      }
    return {stream_status::done, written};
  }

  [[nodiscard]] std::optional<link_proof> proof() const override {
    const auto* certificate = SSL_get0_peer_certificate(ssl_.get());
    if (certificate == nullptr)
      return link_proof{};
    return link_proof{node_name_of(certificate),
                      serial_text(X509_get0_serialNumber(certificate)),
                      instant_of(X509_get0_notAfter(certificate)),
                      key_fingerprint_of(authority())};
  }

  [[nodiscard]] std::string reason() const override {
    return reason_;
  }

private:
  /// What other connections of this thread left behind is not our error.
  static void clear_errors() noexcept {
    ERR_clear_error();
    errno = 0;
  }

  static bool is_to_wait(stream_status status) noexcept {
    return status == stream_status::want_read
           || status == stream_status::want_write;
  }

  stream_result result_of(int code, std::size_t bytes) {
    if (code > 0)
      return {stream_status::done, bytes};
    const auto error = errno;
    switch (SSL_get_error(ssl_.get(), code)) {
      case SSL_ERROR_WANT_READ:
        return {stream_status::want_read};
      case SSL_ERROR_WANT_WRITE:
        return {stream_status::want_write};
      case SSL_ERROR_ZERO_RETURN:
        return {stream_status::closed};
      case SSL_ERROR_SYSCALL:
        ERR_clear_error();
        if (error == 0)
          return {stream_status::closed};
        reason_ = std::generic_category().message(error);
        return {stream_status::failed};
      default:
        return failure();
    }
  }

  /// The last one of what was verified.
  [[nodiscard]] const X509* authority() const {
    const auto* chain = SSL_get0_verified_chain(ssl_.get());
    const auto count = sk_X509_num(chain);
    return count > 0 ? sk_X509_value(chain, count - 1) : nullptr;
  }

  void keep_claim(const X509* certificate) {
    const auto name = node_name_of(certificate);
    if (!name.empty())
      claim_ = " (\"" + name + "\", serial "
               + serial_text(X509_get0_serialNumber(certificate)) + ")";
  }

  stream_result failure() {
    const auto code = ERR_peek_last_error();
    const auto verified = SSL_get_verify_result(ssl_.get());
    const auto words = take_openssl_error();
    // The end of the connection without the end of TLS: a killed process.
    if (ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
      return {stream_status::closed};
    if (ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED)
      reason_ = std::string{"its certificate does not hold: "}
                + X509_verify_cert_error_string(verified) + claim_;
    else
      reason_ = explain(words);
    return {stream_status::failed};
  }

  ssl_handle ssl_;
  std::string claim_; ///< Whose certificate does not hold.
  std::string reason_;
};

bool use_credentials(SSL_CTX* context, const node_credentials& credentials) {
  const auto authority = read_certificate(credentials.authority);
  const auto certificate = read_certificate(credentials.certificate);
  const auto key = read_private_key(credentials.key);
  return authority && certificate && key
         && X509_STORE_add_cert(SSL_CTX_get_cert_store(context),
                                authority.get())
              == 1
         && SSL_CTX_add_client_CA(context, authority.get()) == 1
         && SSL_CTX_use_certificate(context, certificate.get()) == 1
         && SSL_CTX_use_PrivateKey(context, key.get()) == 1
         && SSL_CTX_check_private_key(context) == 1;
}

/// From now on each handshake looks whether the other end is revoked.
bool use_revocations(SSL_CTX* context, const node_credentials& credentials) {
  if (!credentials.revocations)
    return true;
  const auto list = read_crl(credentials.revocations->pem);
  auto* store = SSL_CTX_get_cert_store(context);
  return list && X509_STORE_add_crl(store, list.get()) == 1
         && X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK) == 1;
}

} // namespace

outcome<tls_context> tls_context::create(const node_credentials& credentials) {
  ERR_clear_error();
  auto context = context_handle{SSL_CTX_new(TLS_method())};
  if (!context
      || SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION) != 1
      || !use_credentials(context.get(), credentials)
      || !use_revocations(context.get(), credentials))
    return tls_refused("OpenSSL does not take the certificate of the node");
  SSL_CTX_set_verify(context.get(),
                     SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                     tls_stream::on_verified);
  // A node may not come back with what was proved earlier.
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION
                                       | SSL_OP_NO_RENEGOTIATION);
  // One read for several records, in place of two for each.
  SSL_CTX_set_read_ahead(context.get(), 1);
  SSL_CTX_set_default_read_buffer_len(context.get(), read_ahead_bytes);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE
                                    | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
                                    | SSL_MODE_RELEASE_BUFFERS);
  return tls_context{std::move(context)};
}

std::unique_ptr<link_stream>
tls_context::make_stream(const runtime::file_descriptor& socket,
                         link_origin origin) const {
  auto ssl = ssl_handle{SSL_new(context_.get())};
  if (!ssl || SSL_set_fd(ssl.get(), socket.get()) != 1)
    return nullptr;
  if (origin == link_origin::dialed)
    SSL_set_connect_state(ssl.get());
  else
    SSL_set_accept_state(ssl.get());
  return std::make_unique<tls_stream>(std::move(ssl));
}

} // namespace troupe::cluster
