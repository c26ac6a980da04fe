#include "actors/scoring/azure_devops_item.hpp"

#include "actors/scoring/work_item.hpp"
#include "runtime/tabular/jsonl_writer.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

namespace troupe::scoring {

using nlohmann::json;

namespace {

using renaming = std::pair<std::string_view, std::string_view>;

/// Reference names of fields, and the keys of items. Of several fields with
/// one key the first that is set counts.
constexpr auto keys = std::to_array<renaming>({
  {"System.Title", "title"},
  {"System.Parent", "parent_id"},
  {"System.AreaPath", "area_path"},
  {"System.IterationPath", "iteration_path"},
  {"System.AssignedTo", "assigned_to"},
  {"System.Tags", "tags"},
  {"System.CreatedDate", "created_date"},
  {"Microsoft.VSTS.Common.ActivatedDate", "activated_date"},
  {"Microsoft.VSTS.Common.ResolvedDate", "resolved_date"},
  {"Microsoft.VSTS.Common.ClosedDate", "closed_date"},
  {"Microsoft.VSTS.Scheduling.TargetDate", "target_date"},
  {"Microsoft.VSTS.Common.BusinessValue", "business_value_raw"},
  {"Microsoft.VSTS.Common.Risk", "risk_score"},
  {"Microsoft.VSTS.Scheduling.StoryPoints", "story_points"},
  {"Microsoft.VSTS.Scheduling.Effort", "story_points"},
  {"Microsoft.VSTS.Scheduling.Size", "story_points"},
});

/// Fields that become custom fields of another name.
constexpr auto custom_keys = std::to_array<renaming>({
  {"Microsoft.VSTS.Common.TimeCriticality", "time_criticality"},
});

/// Keys of items that only a custom field can have.
constexpr auto own_keys = std::to_array<std::string_view>(
  {"business_value_raw", "story_points", "effort_hours", "complexity_score",
   "risk_score", "strategy_pillar", "okr_alignment", "pi_number"});

/// Agile, Scrum, CMMI and Basic, as far as their words are not ours.
constexpr auto types = std::to_array<renaming>({
  {"Product Backlog Item", "User Story"},
  {"Requirement", "User Story"},
  {"Issue", "User Story"},
});

constexpr auto states = std::to_array<renaming>({
  {"Proposed", "New"},
  {"Approved", "New"},
  {"To Do", "New"},
  {"Committed", "Active"},
  {"Doing", "In Progress"},
  {"Done", "Closed"},
});

template <std::size_t size>
std::string_view find(const std::array<renaming, size>& table,
                      std::string_view name) {
  for (const auto& [from, to] : table)
    if (from == name)
      return to;
  return {};
}

json tags_of(const std::string& text) {
  auto tags = json::array();
  for (std::size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find(';', at), text.size());
    const auto first = text.find_first_not_of(' ', at);
    const auto last = text.find_last_not_of(' ', end == 0 ? 0 : end - 1);
    if (first < end && last != std::string::npos && last >= first)
      tags.push_back(text.substr(first, last - first + 1));
    at = end + 1;
  }
  return tags;
}

/// A person is an object with a name; anything else stays what it is.
json plain(const json& value) {
  if (!value.is_object())
    return value;
  const auto name = value.find("displayName");
  return name == value.end() ? value : *name;
}

bool is_wanted(const json& value) {
  if (value.is_string())
    return value.get_ref<const std::string&>().size()
           <= azure_devops_text_bytes_max;
  return !value.is_null();
}

/// The keys of one item, before they become a line.
class item_keys {
public:
  void add(const std::string& name, const json& value) {
    if (name == "System.Id" || !is_wanted(value))
      return;
    if (name == "System.WorkItemType" || name == "System.State") {
      add_word(name, value);
    } else if (const auto key = find(keys, name); !key.empty()) {
      add_field(name, key, value);
    } else if (const auto custom = find(custom_keys, name); !custom.empty()) {
      custom_[std::string{custom}] = plain(value);
    } else if (name.starts_with("Custom.")) {
      add_custom(name.substr(7), value);
    } else {
      custom_[name] = plain(value);
    }
  }

  void write(std::int64_t id, std::string& lines) const {
    auto writer = runtime::jsonl_writer{lines};
    writer.integer("work_item_id", id);
    for (const auto& [key, value] : own_.items())
      writer.json(key, text_of(value));
    writer.json("custom_fields", text_of(custom_));
    writer.end_object();
  }

private:
  static std::string text_of(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
  }

  void add_word(const std::string& name, const json& value) {
    const auto is_type = name == "System.WorkItemType";
    const auto word = value.is_string() ? value.get<std::string>() : "";
    const auto is_known = is_type ? parse_work_item_type(word).has_value()
                                  : parse_work_item_state(word).has_value();
    const auto other = is_type ? find(types, word) : find(states, word);
    const auto* const key = is_type ? "work_item_type" : "state";
    if (is_known)
      own_[key] = word;
    else if (!other.empty())
      own_[key] = other;
    if (!is_known)
      custom_[name] = plain(value);
  }

  void add_field(const std::string& name, std::string_view key,
                 const json& value) {
    // The fields come in any order: a later one of the table gives way.
    const auto place = std::string{key};
    if (const auto before = from_.find(place); before != from_.end()) {
      const auto rank = [](std::string_view one) {
        return std::find_if(keys.begin(), keys.end(), [&](const auto& entry) {
          return entry.first == one;
        });
      };
      if (rank(before->second) < rank(name)) {
        custom_[name] = plain(value);
        return;
      }
      custom_[before->second] = own_[place];
    }
    from_[place] = name;
    own_[place] = name == "System.Tags" && value.is_string()
                    ? tags_of(value.get_ref<const std::string&>())
                    : plain(value);
  }

  void add_custom(const std::string& name, const json& value) {
    custom_[name] = plain(value);
    const auto is_own
      = std::find(own_keys.begin(), own_keys.end(), name) != own_keys.end();
    // A field of the process itself has precedence.
    if (is_own && from_.find(name) == from_.end())
      own_[name] = plain(value);
  }

  json own_ = json::object();
  json custom_ = json::object();
  /// Which field a key came from.
  std::map<std::string, std::string> from_;
};

} // namespace

void append_azure_devops_item(std::int64_t id, const json& fields,
                              std::string& lines) {
  auto item = item_keys{};
  for (const auto& [name, value] : fields.items())
    item.add(name, value);
  item.write(id, lines);
}

} // namespace troupe::scoring
