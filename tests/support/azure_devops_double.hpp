#pragma once

#include "runtime/http/http_message.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace troupe::tests {

/// One project of Azure DevOps without a network: answers requests as the
/// server does, in an order of its own, and goes wrong when told to. May be
/// asked by any thread.
class azure_devops_double {
public:
  /// Fields of the work items by id.
  std::map<std::int64_t, nlohmann::json> items;
  /// Listed, but gone when they are read: null, or left out.
  std::set<std::int64_t> gone;
  /// More matches than this are refused (VS402337).
  std::size_t ids_listed_max = 20'000;
  /// Whether a small $top spares a query that refusal.
  bool top_counts = false;
  /// What is answered instead, by the number of the request from 1.
  std::map<std::size_t, runtime::http_reply> troubles;
  /// The token that is accepted; empty: any.
  std::string token;

  [[nodiscard]] runtime::http_reply
  answer(const runtime::http_request& request);

  [[nodiscard]] std::vector<runtime::http_request> requests() const;

private:
  [[nodiscard]] runtime::http_reply list(const runtime::http_request& request);
  [[nodiscard]] runtime::http_reply read(const runtime::http_request& request);

  mutable std::mutex mutex_;
  std::vector<runtime::http_request> requests_;
};

[[nodiscard]] runtime::http_reply
json_reply(int status, const nlohmann::json& body,
           std::vector<runtime::http_header> headers = {});

/// An error as the server words it.
[[nodiscard]] runtime::http_reply
error_reply(int status, const std::string& message,
            std::vector<runtime::http_header> headers = {});

/// The page to sign in that comes in place of an answer.
[[nodiscard]] runtime::http_reply sign_in_page(int status);

/// A work item as a project would have it that keeps the keys of items in
/// fields of its own; `item` is a line of a portfolio without money.
[[nodiscard]] nlohmann::json fields_of(const nlohmann::json& item);

} // namespace troupe::tests
