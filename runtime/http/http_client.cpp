#include "runtime/http/http_client.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <mutex>
#include <new>
#include <utility>

namespace troupe::runtime {

namespace {

/// Headers of a reply beyond this are no headers.
constexpr std::size_t header_bytes_max = std::size_t{256} << 10;

using list_pointer
  = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

std::string_view trim(std::string_view text) {
  constexpr auto blanks = " \t\r\n";
  const auto begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos)
    return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

/// A reply on its way in.
struct receiver {
  http_reply reply;
  std::size_t body_bytes_max = 0;
  std::size_t header_bytes = 0;
  /// The limit that was hit; zero: none.
  std::size_t exceeded = 0;

  bool take_header(std::string_view line) {
    // Of a redirect or an interim reply only the last one counts.
    if (line.starts_with("HTTP/")) {
      reply.headers.clear();
      return true;
    }
    header_bytes += line.size();
    if (header_bytes > header_bytes_max) {
      exceeded = header_bytes_max;
      return false;
    }
    const auto colon = line.find(':');
    if (colon != std::string_view::npos)
      reply.headers.push_back({std::string{trim(line.substr(0, colon))},
                               std::string{trim(line.substr(colon + 1))}});
    return true;
  }

  bool take_body(std::string_view bytes) {
    if (reply.body.size() + bytes.size() > body_bytes_max) {
      exceeded = body_bytes_max;
      return false;
    }
    reply.body += bytes;
    return true;
  }
};

std::size_t on_header(char* data, std::size_t, std::size_t size, void* to) {
  return static_cast<receiver*>(to)->take_header({data, size}) ? size : 0;
}

std::size_t on_body(char* data, std::size_t, std::size_t size, void* to) {
  return static_cast<receiver*>(to)->take_body({data, size}) ? size : 0;
}

bool has_break(std::string_view text) {
  return text.find_first_of(std::string_view{"\r\n\0", 3})
         != std::string_view::npos;
}

/// The list of headers as curl wants it; nothing if one could become two.
outcome<list_pointer> make_headers(const http_request& request) {
  auto list = list_pointer{nullptr, curl_slist_free_all};
  const auto add = [&](const std::string& line) {
    auto* const longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr)
      throw std::bad_alloc{};
    static_cast<void>(list.release());
    list.reset(longer);
  };
  for (const auto& [name, value] : request.headers) {
    if (name.empty() || has_break(name) || has_break(value)
        || name.find(':') != std::string::npos)
      return fail(problem_kind::invalid_input,
                  "a header with a line break or without a name",
                  "check where its value comes from");
    add(value.empty() ? name + ";" : name + ": " + value);
  }
  // Without these curl waits for a "go on", and invents a type.
  add("Expect:");
  if (request.body.empty())
    return list;
  const auto has_type = std::any_of(
    request.headers.begin(), request.headers.end(), [](const auto& one) {
      return curl_strequal(one.name.c_str(), "Content-Type") != 0;
    });
  if (!has_type)
    add("Content-Type: application/octet-stream");
  return list;
}

problem_kind kind_of(CURLcode code) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return problem_kind::timeout;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return problem_kind::invalid_input;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CERTPROBLEM:
      return problem_kind::denied;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return problem_kind::unavailable;
    default:
      return problem_kind::failed;
  }
}

std::string_view hint_of(problem_kind kind) {
  switch (kind) {
    case problem_kind::timeout:
      return "try again later, or check the network";
    case problem_kind::denied:
      return "check the address; a certificate of your own organization has to "
             "be known to the system (update-ca-certificates)";
    case problem_kind::unavailable:
      return "check the address, the network and the variable https_proxy";
    case problem_kind::invalid_input:
      return "write https://HOST/PATH";
    default:
      return "check that the address is that of an HTTP server";
  }
}

problem to_problem(CURLcode code, std::string host) {
  auto reason = problem{};
  reason.kind = kind_of(code);
  // curl's longer texts may quote the address, its general ones do not.
  reason.message = curl_easy_strerror(code);
  reason.file = std::move(host);
  reason.hint = hint_of(reason.kind);
  return reason;
}

/// Runs one transfer; false when a stop was requested.
bool run(CURLM* multi, const std::stop_token& stop, CURLcode& result) {
  const auto wake
    = std::stop_callback{stop, [multi] { curl_multi_wakeup(multi); }};
  for (;;) {
    auto running = 0;
    auto code = curl_multi_perform(multi, &running);
    if (stop.stop_requested())
      return false;
    if (code == CURLM_OK && running != 0)
      code = curl_multi_poll(multi, nullptr, 0, 1'000, nullptr);
    if (code != CURLM_OK) {
      result = CURLE_FAILED_INIT;
      return true;
    }
    auto left = 0;
    if (const auto* message = curl_multi_info_read(multi, &left);
        message != nullptr && message->msg == CURLMSG_DONE) {
      result = message->data.result;
      return true;
    }
  }
}

void start_library() {
  static auto once = std::once_flag{};
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

} // namespace

struct http_client::state {
  http_client_options options;
  std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)> multi{
    curl_multi_init(), curl_multi_cleanup};
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> easy{curl_easy_init(),
                                                           curl_easy_cleanup};

  explicit state(http_client_options from) : options{std::move(from)} {
    if (!multi || !easy)
      throw std::bad_alloc{};
  }

  template <class Value>
  void set(CURLoption option, Value value) const {
    curl_easy_setopt(easy.get(), option, value);
  }

  void set_method(const http_request& request) const {
    switch (request.method) {
      case http_method::get:
        set(CURLOPT_HTTPGET, 1L);
        break;
      case http_method::head:
        set(CURLOPT_NOBODY, 1L);
        break;
      default:
        set(CURLOPT_POST, 1L);
        set(CURLOPT_CUSTOMREQUEST,
            std::string{to_string(request.method)}.c_str());
    }
    if (request.body.empty() && request.method <= http_method::head)
      return;
    if (request.method <= http_method::head)
      set(CURLOPT_CUSTOMREQUEST,
          std::string{to_string(request.method)}.c_str());
    set(CURLOPT_POSTFIELDS, request.body.c_str());
    set(CURLOPT_POSTFIELDSIZE_LARGE,
        static_cast<curl_off_t>(request.body.size()));
  }

  void set_policy(const http_request& request,
                  const http_origin& origin) const {
    const auto clip = [](std::chrono::milliseconds time) {
      return static_cast<long>(std::clamp<std::int64_t>(
        time.count(), 1, std::numeric_limits<std::int32_t>::max()));
    };
    set(CURLOPT_CONNECTTIMEOUT_MS, clip(request.connect_timeout));
    set(CURLOPT_TIMEOUT_MS, clip(request.timeout));
    // A name that is being looked up must not hold up the end.
    set(CURLOPT_QUICK_EXIT, 1L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_REDIR_PROTOCOLS_STR,
        origin.is_encrypted ? "https" : "http,https");
    set(CURLOPT_FOLLOWLOCATION, request.redirects_max == 0 ? 0L : 1L);
    set(CURLOPT_MAXREDIRS, static_cast<long>(request.redirects_max));
    set(CURLOPT_USERAGENT, options.user_agent.c_str());
    set(CURLOPT_ACCEPT_ENCODING, "");
    if (origin.is_loopback())
      set(CURLOPT_PROXY, "");
    if (!options.certificates.empty())
      set(CURLOPT_CAINFO, options.certificates.c_str());
  }
};

http_client::http_client(http_client_options options) {
  start_library();
  state_ = std::make_unique<state>(std::move(options));
}

http_client::http_client(http_client&&) noexcept = default;

http_client& http_client::operator=(http_client&&) noexcept = default;

http_client::~http_client() = default;

outcome<http_reply> http_client::send(const http_request& request,
                                      const std::stop_token& stop) {
  const auto origin = origin_of(request.url);
  if (!origin)
    return fail(problem_kind::invalid_input, "not an HTTP address",
                "write https://HOST/PATH, without user and blanks");
  auto headers = make_headers(request);
  if (!headers)
    return fail(headers.error());
  auto* const easy = state_->easy.get();
  curl_easy_reset(easy);
  auto incoming = receiver{};
  incoming.body_bytes_max = request.response_bytes_max;
  state_->set(CURLOPT_URL, request.url.c_str());
  state_->set_method(request);
  state_->set_policy(request, *origin);
  state_->set(CURLOPT_HTTPHEADER, headers->get());
  state_->set(CURLOPT_HEADERFUNCTION, &on_header);
  state_->set(CURLOPT_HEADERDATA, &incoming);
  state_->set(CURLOPT_WRITEFUNCTION, &on_body);
  state_->set(CURLOPT_WRITEDATA, &incoming);
  auto code = CURLE_OK;
  curl_multi_add_handle(state_->multi.get(), easy);
  const auto has_ended = run(state_->multi.get(), stop, code);
  curl_multi_remove_handle(state_->multi.get(), easy);
  if (!has_ended)
    return fail(problem_kind::interrupted, "the request was interrupted");
  if (incoming.exceeded != 0) {
    const auto is_body = incoming.header_bytes <= header_bytes_max;
    auto reason = to_problem(CURLE_WRITE_ERROR, origin->host);
    reason.message
      = std::string{is_body ? "the reply is" : "the headers of the reply are"}
        + " longer than " + std::to_string(incoming.exceeded) + " bytes";
    reason.hint = is_body ? "ask for less at a time"
                          : "look for a proxy or a server that adds headers";
    return fail(std::move(reason));
  }
  if (code != CURLE_OK)
    return fail(to_problem(code, origin->host));
  auto status = 0L;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  incoming.reply.status = static_cast<int>(status);
  return std::move(incoming.reply);
}

} // namespace troupe::runtime
