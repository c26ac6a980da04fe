#include "actors/engine/activity_secrets.hpp"

#include <algorithm>
#include <utility>

namespace troupe::engine {

using json = nlohmann::json;
using runtime::outcome;

namespace {

/// The place of one text of the input: "/env/A" is with.env.A.
source_place place_within(source_place place, std::string_view pointer) {
  auto key = std::string{pointer};
  std::replace(key.begin(), key.end(), '/', '.');
  place.key = (place.key.empty() ? "with" : place.key) + key;
  return place;
}

outcome<runtime::secret> open(const json& text,
                              const secret_resolver& resolve) {
  if (!text.is_string())
    return runtime::fail(runtime::problem_kind::invalid_input,
                         "has to be a reference to a secret");
  const auto reference
    = runtime::parse_secret_reference(text.get_ref<const std::string&>());
  if (!reference)
    return runtime::fail(reference.error());
  return resolve(*reference);
}

} // namespace

outcome<opened_input>
open_secrets(json with, const std::vector<json::json_pointer>& references,
             const secret_resolver& resolve, const secret_places& places,
             const source_place& place) {
  auto result = opened_input{};
  for (const auto& where : references) {
    if (!with.contains(where))
      continue;
    const auto pointer = where.to_string();
    auto found = places.is_one(pointer)
                   ? open(with.at(where), resolve)
                   : runtime::fail(runtime::problem_kind::invalid_input,
                                   places.message, places.hint);
    if (!found) {
      const auto at = place_within(place, pointer);
      auto reason = std::move(found.error());
      reason.file = at.file;
      reason.line = at.line;
      reason.column = at.column;
      reason.key = at.key;
      return runtime::fail(std::move(reason));
    }
    with[where] = found->reveal();
    result.secrets.push_back(std::move(*found));
  }
  result.with = std::move(with);
  return result;
}

runtime::redactor redactor_of(const std::vector<runtime::secret>& secrets) {
  auto result = runtime::redactor{};
  for (const auto& each : secrets)
    result.add_value(each.reveal());
  return result;
}

std::size_t longest_of(const std::vector<runtime::secret>& secrets) {
  auto longest = std::size_t{0};
  for (const auto& each : secrets)
    longest = std::max(longest, each.reveal().size());
  return longest;
}

} // namespace troupe::engine
