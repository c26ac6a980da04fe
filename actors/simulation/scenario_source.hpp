#pragma once

#include "runtime/config/yaml_document.hpp"
#include "runtime/problem.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::simulation {

inline constexpr auto bases_max = std::size_t{8};
inline constexpr auto scenarios_max = std::size_t{10'000};

/// A value from outside the file: the path of a key and YAML for its value,
/// for example "compensation.cola_rate" and "0.03". Replaces a list as a whole.
struct scenario_override {
  std::string path;
  std::string text;
};

/// What one scenario is made of: the documents that give it, those that win
/// first: overrides (the last given first), the entry of a list of scenarios,
/// the file, its base, the base of that.
struct scenario_source {
  std::string name;
  std::vector<runtime::yaml_value> overrides;
  std::vector<runtime::yaml_value> files;

  [[nodiscard]] std::vector<runtime::yaml_value> layers() const;
};

/// The scenarios of a file in its order: those of its list `scenarios`, or
/// itself, named by its key `name` or else like the file. A list is not
/// inherited. Problems: those of yaml_document, `base` that is no text, leads
/// back to itself or is more than bases_max deep, an entry of `scenarios` that
/// is no mapping, an override that has no key or is not YAML.
[[nodiscard]] std::vector<scenario_source>
find_scenarios(const runtime::yaml_document& document, const std::string& path,
               std::span<const scenario_override> overrides,
               std::vector<runtime::problem>& problems);

} // namespace troupe::simulation
