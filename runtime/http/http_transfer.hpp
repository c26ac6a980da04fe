#pragma once

#include "runtime/http/http_message.hpp"

#include <curl/curl.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>

namespace troupe::runtime {

/// One request on its way through curl, with its redirects. Whoever drives it
/// adds `handle` to a multi handle, and when curl says that it is done removes
/// it and asks `goes_on`. Has to be removed before it is destroyed.
class http_transfer {
public:
  /// `invalid`: no address, or a header with a line break.
  [[nodiscard]] static tl::expected<std::unique_ptr<http_transfer>,
                                    http_failure>
  create(http_request request);

  http_transfer(const http_transfer&) = delete;
  http_transfer& operator=(const http_transfer&) = delete;

  [[nodiscard]] CURL* handle() const noexcept {
    return easy_.get();
  }

  /// Whether there is a redirect to follow: then add the handle again.
  [[nodiscard]] bool goes_on(CURLcode code);

  /// What came of it. Call it once, at the end.
  [[nodiscard]] http_outcome result(CURLcode code);

private:
  using list = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

  http_transfer(http_request request, http_origin origin);

  void prepare();
  void set_method() const;
  void set_limits() const;
  void set_headers();
  bool take_header(std::string_view line);
  bool take_body(std::string_view bytes);
  static std::size_t on_header(char* data, std::size_t, std::size_t size,
                               void* to);
  static std::size_t on_body(char* data, std::size_t, std::size_t size,
                             void* to);

  template <class Value>
  void set(CURLoption option, Value value) const {
    curl_easy_setopt(easy_.get(), option, value);
  }

  http_request request_;
  http_origin origin_;
  std::chrono::steady_clock::time_point deadline_;
  list headers_{nullptr, curl_slist_free_all};
  http_reply reply_;
  std::size_t header_bytes_ = 0;
  /// The limit that was hit; zero: none.
  std::size_t exceeded_ = 0;
  // Last, so that curl forgets the others before they are gone.
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> easy_;
};

/// Transfers at the same time, and their connections.
using http_multi = std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)>;

[[nodiscard]] http_multi make_http_multi();

/// A reason that curl does not know of. `host` may be empty.
[[nodiscard]] http_failure make_http_failure(http_failure_kind kind,
                                             std::string message,
                                             std::string host = {});

} // namespace troupe::runtime
