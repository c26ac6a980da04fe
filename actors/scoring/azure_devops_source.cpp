#include "actors/scoring/azure_devops_source.hpp"

#include "runtime/http/http_client.hpp"
#include "runtime/http/http_retry.hpp"
#include "runtime/logging/log.hpp"
#include "runtime/stop_signal.hpp"
#include "runtime/tabular/piece_source.hpp"

#include <memory>
#include <random>
#include <string>
#include <utility>

namespace troupe::scoring {

using runtime::fail;
using runtime::outcome;

namespace {

/// Shorter waits are nothing to report.
constexpr std::chrono::milliseconds pause_reported{2'000};

struct azure_devops_pieces {
  azure_devops_reading reading;
  azure_devops_surroundings with;

  /// One request, or its failure; what comes is appended.
  outcome<void> step(std::string& lines) {
    if (reading.pause() >= pause_reported)
      runtime::log_info("scoring", "waiting before the next request",
                        {{"milliseconds", reading.pause().count()}});
    if (reading.pause().count() > 0 && !with.pause(reading.pause()))
      return fail(runtime::problem_kind::interrupted,
                  "the reading was interrupted");
    auto reply = with.send(reading.request());
    report_failure(reply);
    return reply ? reading.take(*reply, with.now(), with.draw(), lines)
                 : reading.take(std::move(reply.error()), with.draw());
  }

  /// What is tried again would otherwise leave no trace.
  static void report_failure(const outcome<runtime::http_reply>& reply) {
    if (!reply)
      runtime::log_warning("scoring", "a request to Azure DevOps failed",
                           {{"reason", reply.error().message}});
    else if (runtime::is_retryable(reply->status))
      runtime::log_warning("scoring", "Azure DevOps refused a request",
                           {{"status", reply->status}});
  }

  outcome<bool> append(std::string& lines) {
    while (lines.empty() && !reading.is_done())
      if (auto done = step(lines); !done)
        return fail(done.error());
    if (lines.empty() && reading.missing_items() != 0)
      runtime::log_warning("scoring",
                           "work items were deleted while they were read",
                           {{"items", reading.missing_items()}});
    return !lines.empty();
  }
};

} // namespace

outcome<runtime::byte_source>
open_azure_devops(azure_devops_question question,
                  azure_devops_surroundings with) {
  const auto pieces = std::make_shared<azure_devops_pieces>(azure_devops_pieces{
    azure_devops_reading{std::move(question)}, std::move(with)});
  auto first = std::string{};
  if (auto asked = pieces->step(first); !asked)
    return fail(asked.error());
  return runtime::make_byte_source(
    [pieces](std::string& lines) { return pieces->append(lines); });
}

outcome<runtime::byte_source> open_azure_devops(azure_devops_question question,
                                                const runtime::secret& token,
                                                std::stop_token stop) {
  auto with = azure_devops_surroundings{};
  const auto client = std::make_shared<runtime::http_client>();
  with.send = [client, token, stop](runtime::http_request request) {
    request.headers.push_back(
      {"Authorization", runtime::basic_authorization("", token.reveal())});
    return client->send(request, stop);
  };
  with.pause = [stop](std::chrono::milliseconds time) {
    return runtime::pause_for(time, stop);
  };
  with.now = [] { return runtime::real_clock{}.now(); };
  // Only spreads requests in time; no result depends on it.
  const auto chance
    = std::make_shared<std::minstd_rand>(std::random_device{}());
  with.draw = [chance] { return std::generate_canonical<double, 24>(*chance); };
  return open_azure_devops(std::move(question), std::move(with));
}

} // namespace troupe::scoring
