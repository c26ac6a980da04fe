#pragma once

#include "runtime/config/yaml_document.hpp"
#include "runtime/problem.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::simulation {

/// Reads one mapping that several documents give together, those first in the
/// list win. Mappings merge key by key, anything else replaces; a null takes
/// away what the later layers say. Gathers all problems, each at its own file
/// and line.
class layered_reader {
public:
  /// `path` is empty for whole documents. No layers: the mapping is absent, and
  /// whoever asked for it has said so; no key is missed then. `problems` must
  /// outlive the reader.
  layered_reader(std::string path, std::vector<runtime::yaml_value> layers,
                 std::vector<runtime::problem>& problems);

  /// The value that holds; nothing if there is none or it is null.
  [[nodiscard]] std::optional<runtime::yaml_value>
  take(std::string_view key) const;

  template <class T, class Get>
  void optional(std::string_view key, T& target, const Get& get) {
    if (const auto value = take(key))
      store(get(*value), target);
  }

  template <class T, class Get>
  void required(std::string_view key, T& target, const Get& get) {
    if (const auto value = need(key))
      store(get(*value), target);
  }

  /// As `take`, but its absence is a problem.
  [[nodiscard]] std::optional<runtime::yaml_value> need(std::string_view key);

  /// The mapping below a key.
  [[nodiscard]] layered_reader section(std::string_view key);

  /// As `section`, but its absence is a problem.
  [[nodiscard]] layered_reader needed_section(std::string_view key);

  /// Reports the keys of all layers that are not in `known`.
  void finish(std::span<const std::string_view> known);

  [[nodiscard]] const std::vector<runtime::yaml_value>&
  layers() const noexcept {
    return layers_;
  }

  [[nodiscard]] std::vector<runtime::problem>& problems() const noexcept {
    return *problems_;
  }

private:
  template <class From, class To>
  void store(runtime::outcome<From> from, To& target) {
    if (from)
      target = static_cast<To>(std::move(*from));
    else
      problems_->push_back(std::move(from.error()));
  }

  [[nodiscard]] std::string path_of(std::string_view key) const;
  void report_missing(std::string_view key);

  std::string path_;
  std::vector<runtime::yaml_value> layers_;
  std::vector<runtime::problem>* problems_;
};

} // namespace troupe::simulation
