#pragma once

#include "runtime/config/yaml_document.hpp"
#include "runtime/problem.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::runtime {

/// Reads a mapping key by key into variables and gathers all problems instead
/// of stopping at the first. Every key that is asked for is known; `finish`
/// reports the others.
///
///     auto in = mapping_reader{value, problems};
///     in.required("id", target.id);
///     in.optional("weight", target.weight,
///                 [](const yaml_value& v) { return v.number(0.0, 1.0); });
///     in.finish();
class mapping_reader {
public:
  /// `problems` must outlive the reader. Something else than a mapping is a
  /// problem; null is an empty mapping.
  mapping_reader(yaml_value mapping, std::vector<problem>& problems);

  /// Sets `target` to `get(value)` if the key is there and not null; a target
  /// of type std::optional<T> may take a getter of T.
  template <class T, class Get>
  void optional(std::string_view key, T& target, const Get& get) {
    if (const auto value = take(key))
      store(get(*value), target);
  }

  template <class T>
  void optional(std::string_view key, T& target) {
    optional(key, target, [](const yaml_value& v) { return v.as<T>(); });
  }

  template <class T>
  void optional(std::string_view key, std::optional<T>& target) {
    optional(key, target, [](const yaml_value& v) { return v.as<T>(); });
  }

  /// The same for a key whose absence is a problem.
  template <class T, class Get>
  void required(std::string_view key, T& target, const Get& get) {
    if (const auto value = take(key))
      store(get(*value), target);
    else
      report_missing(key);
  }

  template <class T>
  void required(std::string_view key, T& target) {
    required(key, target, [](const yaml_value& v) { return v.as<T>(); });
  }

  /// The value of a key that the caller reads itself; nothing if it is absent
  /// or null.
  [[nodiscard]] std::optional<yaml_value> take(std::string_view key);

  /// Reports the keys nobody asked for. Call once, at the end.
  void finish();

private:
  void report_missing(std::string_view key);

  template <class From, class To>
  void store(outcome<From> from, To& target) {
    if (from)
      target = static_cast<To>(std::move(*from));
    else
      problems_->push_back(std::move(from.error()));
  }

  yaml_value mapping_;
  std::vector<problem>* problems_;
  std::vector<std::string> known_;
  bool is_mapping_ = true;
};

} // namespace troupe::runtime
