#pragma once

#include "actors/engine/expression.hpp"
#include "actors/engine/text_template.hpp"
#include "runtime/problem.hpp"

#include <nlohmann/json.hpp>
#include <tl/expected.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace troupe::engine {

/// What the beginning of a path stands for.
class path_value {
public:
  enum class state : std::uint8_t {
    known,
    absent, ///< There is no such value, and there will be none.
    unknown, ///< Only a run will tell.
  };

  /// Refers to a value, which must outlive the evaluation and be at most
  /// `value_depth_max` deep.
  [[nodiscard]] static path_value reference(const nlohmann::json& value) {
    return path_value{state::known, &value, {}};
  }

  [[nodiscard]] static path_value of(nlohmann::json value) {
    return path_value{state::known, nullptr, std::move(value)};
  }

  [[nodiscard]] static path_value absent() {
    return path_value{state::absent, nullptr, {}};
  }

  [[nodiscard]] static path_value unknown() {
    return path_value{state::unknown, nullptr, {}};
  }

  [[nodiscard]] state kind() const noexcept {
    return kind_;
  }

  /// Whether the value ends with this object.
  [[nodiscard]] bool is_own() const noexcept {
    return referred_ == nullptr;
  }

  /// Null unless known.
  [[nodiscard]] const nlohmann::json& value() const noexcept {
    return referred_ == nullptr ? own_ : *referred_;
  }

private:
  // Braces would make a list of the value.
  path_value(state kind, const nlohmann::json* referred, nlohmann::json own)
    : kind_{kind}, referred_{referred}, own_(std::move(own)) {}

  state kind_;
  const nlohmann::json* referred_;
  nlohmann::json own_;
};

/// Where the names of an expression get their values.
class expression_context {
public:
  expression_context() = default;
  expression_context(const expression_context&) = default;
  expression_context& operator=(const expression_context&) = default;
  virtual ~expression_context() = default;

  /// The value of root, name and field; the evaluation goes into it by `rest`.
  [[nodiscard]] virtual path_value find(const value_path& path) const = 0;
};

/// What is known of a step while a run goes on.
struct step_values {
  /// Absent for a step that was skipped or has not ended.
  std::optional<nlohmann::json> output;
  std::string state;
  std::int64_t failed = 0;
  std::int64_t attempts = 0;
};

/// A context with everything in it.
class expression_values final : public expression_context {
public:
  /// An object, by name.
  nlohmann::json inputs = nlohmann::json::object();
  /// Steps that are not here are unknown.
  std::map<std::string, step_values, std::less<>> steps;
  std::optional<nlohmann::json> item;
  /// Empty: unknown.
  std::string run_id;

  [[nodiscard]] path_value find(const value_path& path) const override;
};

enum class fault_kind : std::uint8_t {
  missing, ///< A value that is not there; `default` helps.
  unknown, ///< A value that only a run will tell.
  refused, ///< Wrong type, division by zero, overflow, too large.
};

/// Why there is no value.
struct evaluation_fault {
  fault_kind kind = fault_kind::refused;
  runtime::problem reason;
};

template <class T>
using evaluated = tl::expected<T, evaluation_fault>;

/// How much the result of an evaluation may hold.
inline constexpr auto result_bytes_max = std::size_t{16} << 20;

/// The value of an expression. Whole numbers are those of 64 bits; a result
/// beyond them, a division by zero and a real number without end are faults.
/// "/" gives a whole number where it goes up, "%" has the sign of the dividend.
/// Values of different types are unequal; numbers compare by value, texts by
/// their bytes; only these have an order.
[[nodiscard]] evaluated<nlohmann::json>
evaluate(const expression& what, const expression_context& context);

/// A single expression keeps its type, anything else is text: numbers in their
/// shortest form, lists and objects as JSON; null is a fault.
[[nodiscard]] evaluated<nlohmann::json>
evaluate(const text_template& what, const expression_context& context);

/// The whole value with its templates evaluated and its secrets as written.
[[nodiscard]] evaluated<nlohmann::json>
evaluate(const value_template& what, const expression_context& context);

/// A template that has to be true or false, such as `when` and `success`.
[[nodiscard]] evaluated<bool> evaluate_truth(const text_template& what,
                                             const expression_context& context);

/// A value as it stands within a text: texts as they are, all else as JSON.
[[nodiscard]] std::string render_text(const nlohmann::json& value);

/// "a text", "a number", "a list" and so on, for messages.
[[nodiscard]] std::string describe_type(const nlohmann::json& value);

} // namespace troupe::engine
