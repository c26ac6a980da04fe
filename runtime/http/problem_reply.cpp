#include "runtime/http/problem_reply.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace troupe::runtime {

namespace {

using json = nlohmann::ordered_json;

struct kind_status {
  problem_kind kind;
  int status;
};

constexpr auto statuses = std::to_array<kind_status>({
  {problem_kind::failed, 500},
  {problem_kind::invalid_input, 422},
  {problem_kind::not_found, 404},
  {problem_kind::conflict, 409},
  {problem_kind::timeout, 504},
  {problem_kind::unavailable, 503},
  {problem_kind::denied, 403},
  {problem_kind::interrupted, 503},
});

struct status_title {
  int status;
  std::string_view title;
};

constexpr auto titles = std::to_array<status_title>({
  {400, "Bad Request"},
  {401, "Unauthorized"},
  {403, "Forbidden"},
  {404, "Not Found"},
  {405, "Method Not Allowed"},
  {409, "Conflict"},
  {411, "Length Required"},
  {413, "Content Too Large"},
  {414, "URI Too Long"},
  {415, "Unsupported Media Type"},
  {422, "Unprocessable Content"},
  {500, "Internal Server Error"},
  {503, "Service Unavailable"},
  {504, "Gateway Timeout"},
});

constexpr auto unavailable_status = 503;
/// An engine that is being restarted is back by then.
constexpr auto retry_after_seconds = "2";

/// Somebody else's bytes may be in a message.
std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

json members_of(const problem& reason) {
  auto members = json::parse(render_json(reason), nullptr, false);
  return members.is_object() ? members : json::object();
}

} // namespace

int http_status_of(problem_kind kind) noexcept {
  const auto* const found = std::find_if(statuses.begin(), statuses.end(),
                                         [kind](const kind_status& each) {
                                           return each.kind == kind;
                                         });
  return found == statuses.end() ? statuses.front().status : found->status;
}

http_reply problem_reply(const std::vector<problem>& reasons, int status) {
  const auto& first = reasons.front();
  if (status == 0)
    status = http_status_of(first.kind);
  const auto* const title = std::find_if(titles.begin(), titles.end(),
                                         [status](const status_title& each) {
                                           return each.status == status;
                                         });
  auto body = json{{"type", "about:blank"}};
  body["title"] = title == titles.end() ? "Error" : title->title;
  body["status"] = status;
  body["detail"] = first.message;
  auto members = members_of(first);
  members.erase("message");
  body.update(members);
  for (std::size_t i = 1; i < reasons.size(); ++i)
    body["others"].push_back(members_of(reasons[i]));
  auto reply = http_reply{};
  reply.status = status;
  reply.headers = {{"Content-Type", "application/problem+json"}};
  if (status == unavailable_status)
    reply.headers.push_back({"Retry-After", retry_after_seconds});
  reply.body = dump(body);
  return reply;
}

http_reply problem_reply(const problem& reason, int status) {
  return problem_reply(std::vector{reason}, status);
}

http_reply json_reply(std::string body, int status) {
  auto reply = http_reply{};
  reply.status = status;
  reply.headers = {{"Content-Type", "application/json"}};
  reply.body = std::move(body);
  return reply;
}

} // namespace troupe::runtime
