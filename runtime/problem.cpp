#include "runtime/problem.hpp"

#include <nlohmann/json.hpp>

namespace troupe::runtime {

std::string_view to_string(problem_kind kind) noexcept {
  switch (kind) {
    case problem_kind::failed:
      return "failed";
    case problem_kind::invalid_input:
      return "invalid_input";
    case problem_kind::not_found:
      return "not_found";
    case problem_kind::conflict:
      return "conflict";
    case problem_kind::timeout:
      return "timeout";
    case problem_kind::unavailable:
      return "unavailable";
    case problem_kind::denied:
      return "denied";
    case problem_kind::interrupted:
      return "interrupted";
  }
  return "failed"; // A newer node may send kinds that we do not know.
}

tl::unexpected<problem> fail(problem_kind kind, std::string message,
                             std::string hint) {
  auto reason = problem{};
  reason.kind = kind;
  reason.message = std::move(message);
  reason.hint = std::move(hint);
  return fail(std::move(reason));
}

std::string render(const problem& reason) {
  auto text = std::string{};
  if (!reason.file.empty()) {
    text += reason.file;
    if (reason.line != 0)
      text += ":" + std::to_string(reason.line);
    if (reason.line != 0 && reason.column != 0)
      text += ":" + std::to_string(reason.column);
    text += ": ";
  }
  text += reason.message;
  if (!reason.key.empty())
    text += " (key " + reason.key + ")";
  if (!reason.hint.empty())
    text += "\n  hint: " + reason.hint;
  return text;
}

std::string render_json(const problem& reason) {
  auto json = nlohmann::ordered_json{};
  json["kind"] = to_string(reason.kind);
  json["message"] = reason.message;
  if (!reason.file.empty())
    json["file"] = reason.file;
  if (reason.line != 0)
    json["line"] = reason.line;
  if (reason.column != 0)
    json["column"] = reason.column;
  if (!reason.key.empty())
    json["key"] = reason.key;
  if (!reason.hint.empty())
    json["hint"] = reason.hint;
  // Foreign bytes in a message must not turn an error report into an error.
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

} // namespace troupe::runtime
