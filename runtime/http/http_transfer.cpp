#include "runtime/http/http_transfer.hpp"

#include "runtime/http/http_redirect.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <mutex>
#include <new>
#include <string>
#include <utility>

namespace troupe::runtime {

namespace {

/// Headers of a reply beyond this are no headers.
constexpr std::size_t header_bytes_max = std::size_t{256} << 10;

std::string_view trim(std::string_view text) {
  constexpr auto blanks = " \t\r\n";
  const auto begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos)
    return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

bool has_break(std::string_view text) {
  return text.find_first_of(std::string_view{"\r\n\0", 3})
         != std::string_view::npos;
}

/// Whether the header would be sent as one.
bool is_valid(const http_header& header) {
  return !header.name.empty() && !has_break(header.name)
         && !has_break(header.value)
         && header.name.find(':') == std::string::npos;
}

http_failure_kind kind_of(CURLcode code) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return http_failure_kind::timeout;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return http_failure_kind::invalid;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CONNECT_ERROR:
      return http_failure_kind::tls;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
      return http_failure_kind::connect;
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return http_failure_kind::lost;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
      return http_failure_kind::bad_reply;
    default:
      return http_failure_kind::other;
  }
}

problem_kind problem_of(http_failure_kind kind) {
  switch (kind) {
    case http_failure_kind::invalid:
      return problem_kind::invalid_input;
    case http_failure_kind::connect:
    case http_failure_kind::lost:
    case http_failure_kind::overloaded:
      return problem_kind::unavailable;
    case http_failure_kind::tls:
      return problem_kind::denied;
    case http_failure_kind::timeout:
      return problem_kind::timeout;
    case http_failure_kind::stopped:
      return problem_kind::interrupted;
    default:
      return problem_kind::failed;
  }
}

std::string_view hint_of(http_failure_kind kind) {
  switch (kind) {
    case http_failure_kind::invalid:
      return "write https://HOST/PATH, without user and blanks";
    case http_failure_kind::connect:
    case http_failure_kind::lost:
      return "check the address, the network and the variable https_proxy";
    case http_failure_kind::tls:
      return "check the address; a certificate of your own organization has to "
             "be known to the system (update-ca-certificates)";
    case http_failure_kind::timeout:
      return "try again later, or check the network";
    case http_failure_kind::too_large:
      return "ask for less at a time";
    case http_failure_kind::overloaded:
      return "send fewer, or wait for others to end";
    case http_failure_kind::stopped:
      return {};
    default:
      return "check that the address is that of an HTTP server";
  }
}

void start_library() {
  static auto once = std::once_flag{};
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

} // namespace

http_failure make_http_failure(http_failure_kind kind, std::string message,
                               std::string host) {
  auto failure = http_failure{};
  failure.kind = kind;
  failure.reason.kind = problem_of(kind);
  failure.reason.message = std::move(message);
  failure.reason.file = std::move(host);
  failure.reason.hint = hint_of(kind);
  return failure;
}

http_multi make_http_multi() {
  start_library();
  auto multi = http_multi{curl_multi_init(), curl_multi_cleanup};
  if (!multi)
    throw std::bad_alloc{};
  return multi;
}

tl::expected<std::unique_ptr<http_transfer>, http_failure>
http_transfer::create(http_request request) {
  auto origin = origin_of(request.url);
  if (!origin)
    return tl::unexpected<http_failure>{
      make_http_failure(http_failure_kind::invalid, "not an HTTP address")};
  if (!std::all_of(request.headers.begin(), request.headers.end(), is_valid)) {
    auto failure
      = make_http_failure(http_failure_kind::invalid,
                          "a header with a line break or without a name");
    failure.reason.hint = "check where its value comes from";
    return tl::unexpected<http_failure>{std::move(failure)};
  }
  return std::unique_ptr<http_transfer>{
    new http_transfer{std::move(request), std::move(*origin)}};
}

http_transfer::http_transfer(http_request request, http_origin origin)
  : request_{std::move(request)}, origin_{std::move(origin)},
    deadline_{std::chrono::steady_clock::now() + request_.timeout},
    easy_{curl_easy_init(), curl_easy_cleanup} {
  if (!easy_)
    throw std::bad_alloc{};
  prepare();
}

void http_transfer::prepare() {
  curl_easy_reset(easy_.get());
  set(CURLOPT_URL, request_.url.c_str());
  set_method();
  set_limits();
  set_headers();
  set(CURLOPT_USERAGENT, "troupe");
  set(CURLOPT_ACCEPT_ENCODING, "");
  if (origin_.is_loopback())
    set(CURLOPT_PROXY, "");
  set(CURLOPT_HEADERFUNCTION, &on_header);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_WRITEFUNCTION, &on_body);
  set(CURLOPT_WRITEDATA, this);
}

void http_transfer::set_method() const {
  const auto word = std::string{to_string(request_.method)};
  switch (request_.method) {
    case http_method::get:
      set(CURLOPT_HTTPGET, 1L);
      break;
    case http_method::head:
      set(CURLOPT_NOBODY, 1L);
      break;
    default:
      set(CURLOPT_POST, 1L);
      set(CURLOPT_CUSTOMREQUEST, word.c_str());
  }
  if (request_.body.empty() && request_.method <= http_method::head)
    return;
  if (request_.method <= http_method::head)
    set(CURLOPT_CUSTOMREQUEST, word.c_str());
  set(CURLOPT_POSTFIELDS, request_.body.c_str());
  set(CURLOPT_POSTFIELDSIZE_LARGE,
      static_cast<curl_off_t>(request_.body.size()));
}

void http_transfer::set_limits() const {
  const auto clip = [](std::chrono::milliseconds time) {
    return static_cast<long>(std::clamp<std::int64_t>(
      time.count(), 1, std::numeric_limits<std::int32_t>::max()));
  };
  set(CURLOPT_CONNECTTIMEOUT_MS, clip(request_.connect_timeout));
  // Redirects share one deadline.
  set(CURLOPT_TIMEOUT_MS, clip(std::chrono::ceil<std::chrono::milliseconds>(
                            deadline_ - std::chrono::steady_clock::now())));
  set(CURLOPT_FRESH_CONNECT, request_.needs_new_connection ? 1L : 0L);
  // A name that is being looked up must not hold up the end.
  set(CURLOPT_QUICK_EXIT, 1L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  // We follow redirects ourselves: curl would take most headers along.
  set(CURLOPT_FOLLOWLOCATION, 0L);
}

void http_transfer::set_headers() {
  headers_.reset();
  const auto add = [&](const std::string& line) {
    auto* const longer = curl_slist_append(headers_.get(), line.c_str());
    if (longer == nullptr)
      throw std::bad_alloc{};
    static_cast<void>(headers_.release());
    headers_.reset(longer);
  };
  for (const auto& [name, value] : request_.headers)
    add(value.empty() ? name + ";" : name + ": " + value);
  // Without these curl waits for a "go on", and invents a type.
  add("Expect:");
  const auto has_type = std::any_of(
    request_.headers.begin(), request_.headers.end(),
    [](const auto& one) { return header_key(one.name) == "content-type"; });
  if (!request_.body.empty() && !has_type)
    add("Content-Type: application/octet-stream");
  set(CURLOPT_HTTPHEADER, headers_.get());
}

bool http_transfer::take_header(std::string_view line) {
  // Of an interim reply only the last one counts.
  if (line.starts_with("HTTP/")) {
    reply_.headers.clear();
    return true;
  }
  header_bytes_ += line.size();
  if (header_bytes_ > header_bytes_max) {
    exceeded_ = header_bytes_max;
    return false;
  }
  const auto colon = line.find(':');
  if (colon != std::string_view::npos)
    reply_.headers.push_back({std::string{trim(line.substr(0, colon))},
                              std::string{trim(line.substr(colon + 1))}});
  return true;
}

bool http_transfer::take_body(std::string_view bytes) {
  if (reply_.body.size() + bytes.size() > request_.response_bytes_max) {
    exceeded_ = request_.response_bytes_max;
    return false;
  }
  reply_.body += bytes;
  return true;
}

std::size_t http_transfer::on_header(char* data, std::size_t, std::size_t size,
                                     void* to) {
  return static_cast<http_transfer*>(to)->take_header({data, size}) ? size : 0;
}

std::size_t http_transfer::on_body(char* data, std::size_t, std::size_t size,
                                   void* to) {
  return static_cast<http_transfer*>(to)->take_body({data, size}) ? size : 0;
}

bool http_transfer::goes_on(CURLcode code) {
  if (code != CURLE_OK || request_.redirects_max == 0)
    return false;
  auto status = 0L;
  char* url = nullptr;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(easy_.get(), CURLINFO_REDIRECT_URL, &url);
  if (url == nullptr)
    return false;
  auto next = redirected(request_, static_cast<int>(status), url);
  if (!next)
    return false;
  request_ = std::move(*next);
  --request_.redirects_max;
  origin_ = origin_of(request_.url).value();
  reply_ = {};
  prepare();
  return true;
}

http_outcome http_transfer::result(CURLcode code) {
  if (exceeded_ != 0)
    return tl::unexpected<http_failure>{make_http_failure(
      http_failure_kind::too_large,
      std::string{header_bytes_ > header_bytes_max
                    ? "the headers of the reply are"
                    : "the reply is"}
        + " longer than " + std::to_string(exceeded_) + " bytes",
      origin_.host)};
  if (code != CURLE_OK) {
    // curl's longer texts may quote the address, its general ones do not.
    auto failure = make_http_failure(kind_of(code), curl_easy_strerror(code),
                                     origin_.host);
    // A handshake may break like any other connection.
    if (code == CURLE_SSL_CONNECT_ERROR)
      failure.reason.kind = problem_kind::unavailable;
    return tl::unexpected<http_failure>{std::move(failure)};
  }
  auto status = 0L;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  reply_.status = static_cast<int>(status);
  return std::move(reply_);
}

} // namespace troupe::runtime
