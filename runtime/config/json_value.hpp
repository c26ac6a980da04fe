#pragma once

#include "runtime/config/yaml_document.hpp"
#include "runtime/problem.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace troupe::runtime {

/// The value as JSON: unquoted numbers and truth values keep their type. Adds
/// a problem for whole numbers beyond 64 bits.
[[nodiscard]] nlohmann::json read_json(const yaml_value& value,
                                       std::vector<problem>& problems);

/// An unquoted scalar that is no text: a number or a truth value; null for a
/// text. Adds a problem for whole numbers beyond 64 bits.
[[nodiscard]] nlohmann::json read_bare_scalar(const yaml_value& value,
                                              const std::string& text,
                                              std::vector<problem>& problems);

/// The same as `read_json` where texts or keys have a meaning of their own.
/// `Rules` are
///
///     json read_text(const yaml_value&, std::string, const json_pointer&);
///     void read_key(const yaml_value& entry, std::string_view key);
///
/// Both rules and problems must outlive it.
template <class Rules>
class json_walk {
public:
  json_walk(Rules& rules, std::vector<problem>& problems)
    : rules_{&rules}, problems_{&problems} {}

  [[nodiscard]] nlohmann::json walk(const yaml_value& value,
                                    const nlohmann::json::json_pointer& where
                                    = nlohmann::json::json_pointer{}) {
    switch (value.type()) {
      case yaml_kind::null:
        return nullptr;
      case yaml_kind::scalar:
        return walk_scalar(value, where);
      case yaml_kind::sequence:
        return walk_list(value, where);
      case yaml_kind::mapping:
        break;
    }
    return walk_mapping(value, where);
  }

private:
  nlohmann::json walk_scalar(const yaml_value& value,
                             const nlohmann::json::json_pointer& where) {
    auto text = value.text().value();
    auto bare = read_bare_scalar(value, text, *problems_);
    return bare.is_null() ? rules_->read_text(value, std::move(text), where)
                          : bare;
  }

  nlohmann::json walk_list(const yaml_value& value,
                           const nlohmann::json::json_pointer& where) {
    auto list = nlohmann::json::array();
    const auto items = value.items().value();
    for (const auto& item : items)
      list.push_back(walk(item, where / list.size()));
    return list;
  }

  nlohmann::json walk_mapping(const yaml_value& value,
                              const nlohmann::json::json_pointer& where) {
    auto object = nlohmann::json::object();
    const auto entries = value.entries().value();
    for (const auto& [key, entry] : entries) {
      rules_->read_key(entry, key);
      object[key] = walk(entry, where / key);
    }
    return object;
  }

  Rules* rules_;
  std::vector<problem>* problems_;
};

} // namespace troupe::runtime
