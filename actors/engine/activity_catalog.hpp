#pragma once

#include "runtime/problem.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::engine {

/// What an argument of an activity may be.
enum class argument_type : std::uint8_t {
  any,
  text,
  integer,
  number,
  boolean,
  duration, ///< A text such as "90s".
  size, ///< A text such as "64MiB", or a whole number of bytes.
  texts, ///< A list of texts.
  integers, ///< A list of whole numbers.
  text_map, ///< An object of texts, numbers and truth values; null: none.
  object,
};

struct activity_argument {
  std::string name;
  argument_type type = argument_type::any;
  bool required = false;
};

/// Whether doing it twice is the same as doing it once.
enum class repetition : std::uint8_t {
  idempotent,
  by_key, ///< If who is outside heeds the key of idempotency it is given.
};

/// What a workflow may say of an activity.
struct activity_spec {
  std::string name;
  std::string purpose;
  std::vector<activity_argument> arguments;
  /// Arguments of which there has to be exactly one; empty: no such rule.
  std::vector<std::string> alternatives;
  /// Arguments that are not listed are none of ours.
  bool takes_others = false;
  repetition repeating = repetition::by_key;
  /// What one attempt costs a scheduler, in units of a `noop`.
  double cost = 1.0;
  /// Kinds of errors it may end with, beside `shared_error_kinds`.
  std::vector<std::string> error_kinds;
};

/// Whether it is no worker's business, as the engine itself waits: sleep,
/// signal, approval, workflow.
[[nodiscard]] bool is_of_engine(std::string_view activity) noexcept;

/// Kinds of errors that any activity may end with.
[[nodiscard]] const std::vector<std::string>& shared_error_kinds();

/// The activities there are, by name.
class activity_catalog {
public:
  /// Replaces one of the same name.
  void add(activity_spec spec);

  /// Null if there is none.
  [[nodiscard]] const activity_spec* find(std::string_view name) const;

  /// In alphabetical order.
  [[nodiscard]] std::vector<std::string_view> names() const;

private:
  std::map<std::string, activity_spec, std::less<>> specs_;
};

/// noop, command, http, sleep, approval, signal, workflow, score, simulate.
[[nodiscard]] const activity_catalog& built_in_activities();

/// What is wrong with evaluated arguments: unknown, missing, or of another
/// type. `key` of a problem is the path within `with`, for example "argv[0]".
[[nodiscard]] std::vector<runtime::problem>
check_arguments(const activity_spec& spec, const nlohmann::json& with);

} // namespace troupe::engine
