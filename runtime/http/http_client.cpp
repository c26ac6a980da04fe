#include "runtime/http/http_client.hpp"

#include "runtime/http/http_transfer.hpp"

#include <utility>

namespace troupe::runtime {

namespace {

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

} // namespace

struct http_client::state {
  http_multi multi = make_http_multi();
};

http_client::http_client() : state_{std::make_unique<state>()} {}

http_client::http_client(http_client&&) noexcept = default;

http_client& http_client::operator=(http_client&&) noexcept = default;

http_client::~http_client() = default;

outcome<http_reply> http_client::send(const http_request& request,
                                      const std::stop_token& stop) {
  const auto made = http_transfer::create(request);
  if (!made)
    return fail(made.error().reason);
  auto& transfer = **made;
  auto code = CURLE_OK;
  auto has_ended = false;
  do {
    curl_multi_add_handle(state_->multi.get(), transfer.handle());
    has_ended = run(state_->multi.get(), stop, code);
    curl_multi_remove_handle(state_->multi.get(), transfer.handle());
  } while (has_ended && transfer.goes_on(code));
  if (!has_ended)
    return fail(problem_kind::interrupted, "the request was interrupted");
  auto result = transfer.result(code);
  if (!result)
    return fail(std::move(result.error().reason));
  return std::move(*result);
}

} // namespace troupe::runtime
