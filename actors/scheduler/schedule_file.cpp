#include "actors/scheduler/schedule_file.hpp"

#include "actors/scheduler/exclusion_calendar_file.hpp"
#include "actors/scheduler/schedule_timing_file.hpp"
#include "actors/scheduler/schedule_words.hpp"
#include "runtime/config/json_value.hpp"
#include "runtime/config/mapping_reader.hpp"
#include "runtime/config/problem_order.hpp"
#include "runtime/config/qualified_name.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

namespace troupe::scheduler {

namespace {

using runtime::mapping_reader;
using runtime::one_of;
using runtime::outcome;
using runtime::problem;
using runtime::yaml_kind;
using runtime::yaml_value;
using std::chrono::milliseconds;

auto exactly(std::string_view expected) {
  return [expected](const yaml_value& value) {
    const auto choices = std::array{std::pair{expected, true}};
    return value.choice<bool>(choices);
  };
}

outcome<std::string> read_name(const yaml_value& value) {
  auto text = value.text();
  if (text && !runtime::is_qualified_name(*text))
    return runtime::fail(
      value.error("not an id: \"" + *text + "\"",
                  std::string{runtime::qualified_name_hint}));
  return text;
}

auto duration_of(milliseconds min) {
  return [min](const yaml_value& value) {
    return value.duration(min, schedule_bounds::duration_max);
  };
}

auto count_of(std::int64_t max) {
  return [max](const yaml_value& value) { return value.integer(1, max); };
}

/// Reads the parts of a document and gathers all problems.
class document_reader {
public:
  schedule_reading read(const yaml_value& root) {
    auto result = schedule_definition{};
    auto in = mapping_reader{root, found_};
    read_head(in, result);
    read_times(root, in, result);
    read_policies(in, result);
    in.finish();
    check(root, result);
    if (found_.empty())
      return result;
    return tl::unexpected{runtime::in_file_order(std::move(found_))};
  }

private:
  void read_head(mapping_reader& in, schedule_definition& result) {
    auto ignored = false;
    in.required("apiVersion", ignored, exactly(schedule_version));
    in.required("kind", ignored, exactly("Schedule"));
    in.required("id", result.id, read_name);
    in.optional("description", result.description, [](const yaml_value& value) {
      auto text = value.text();
      if (text && text->size() > schedule_bounds::description_bytes_max)
        return outcome<std::string>{runtime::fail(value.error(
          "more than " + std::to_string(schedule_bounds::description_bytes_max)
          + " bytes"))};
      return text;
    });
    in.required("workflow", result.workflow, read_name);
    if (const auto inputs = in.take("inputs")) {
      result.inputs = runtime::read_json(*inputs, found_);
      if (!result.inputs.is_object())
        found_.push_back(inputs->error("inputs must be a mapping",
                                       "write for example {project: apollo}"));
    }
  }

  void read_times(const yaml_value& root, mapping_reader& in,
                  schedule_definition& result) {
    auto zone = runtime::time_zone{};
    in.optional("zone", zone, read_zone);
    result.timing = read_schedule_timing(root, in, zone, found_);
    const auto calendar = in.take("calendar");
    if (calendar)
      result.calendar = read_exclusion_calendar(*calendar, zone, found_);
    const auto uses_zone
      = std::holds_alternative<std::vector<cron_schedule>>(result.timing)
        || calendar;
    if (const auto given = root.find("zone"); given && !uses_zone)
      found_.push_back(given->error("a zone that nothing uses",
                                    "only cron, frequency and calendar do: "
                                    "instants carry their own offset"));
    in.optional("from", result.from, read_instant);
    in.optional("until", result.until, read_instant);
    in.optional("jitter", result.jitter, duration_of(milliseconds{0}));
    in.optional("catch_up", result.catch_up,
                duration_of(schedule_bounds::catch_up_min));
  }

  void read_policies(mapping_reader& in, schedule_definition& result) {
    in.optional("overlap", result.overlap, one_of(overlap_words));
    if (const auto after = in.take("after"))
      read_after(*after, result);
    in.optional("pause_on_failures", result.pause_on_failures,
                count_of(std::numeric_limits<std::int32_t>::max()));
    in.optional("max_runs", result.max_runs,
                count_of(schedule_bounds::runs_max));
    in.optional("paused", result.is_paused);
  }

  /// A list of ids, or a mapping that says more.
  void read_after(const yaml_value& value, schedule_definition& result) {
    if (value.type() != yaml_kind::mapping)
      return read_ids(value, result);
    auto in = mapping_reader{value, found_};
    if (const auto ids = in.take("ids"))
      read_ids(*ids, result);
    else
      found_.push_back(value.error("the key \"ids\" is missing",
                                   "write for example ids: [nightly-load]"));
    in.optional("on_failure", result.after_failure, one_of(dependency_words));
    in.finish();
  }

  void read_ids(const yaml_value& value, schedule_definition& result) {
    const auto items = value.items();
    if (!items)
      return found_.push_back(items.error());
    if (items->size() > schedule_bounds::after_max)
      return found_.push_back(value.error(
        "more than " + std::to_string(schedule_bounds::after_max) + " ids"));
    for (const auto& item : *items) {
      auto id = read_name(item);
      if (id && *id == result.id)
        id = runtime::fail(item.error("a schedule cannot come after itself",
                                      "overlap: buffer_all lets its runs "
                                      "follow each other"));
      else if (id && std::ranges::count(result.after, *id) != 0)
        id = runtime::fail(
          item.error("\"" + *id + "\" is named twice", "remove one"));
      if (id)
        result.after.push_back(std::move(*id));
      else
        found_.push_back(id.error());
    }
  }

  /// Rules between several keys.
  void check(const yaml_value& root, const schedule_definition& of) {
    const auto require
      = [&](bool holds, const char* key, const std::string& message,
            const std::string& hint) {
          if (const auto at = root.find(key); at && !holds)
            found_.push_back(at->error(message, hint));
        };
    require(!of.from || !of.until || *of.from <= *of.until, "until",
            "until is before from", "exchange them");
    require(of.jitter < of.catch_up, "jitter",
            "jitter is not shorter than catch_up",
            "a start that late would be missed: shorten one, or lengthen the "
            "other");
  }

  std::vector<problem> found_;
};

schedule_reading reading_of(const outcome<runtime::yaml_document>& document) {
  if (!document)
    return tl::unexpected{std::vector<problem>{document.error()}};
  return document_reader{}.read(document->root());
}

} // namespace

schedule_reading parse_schedule(std::string_view text,
                                const std::string& file) {
  return reading_of(runtime::yaml_document::parse(text, file));
}

schedule_reading read_schedule(const std::string& path) {
  return reading_of(runtime::yaml_document::read(path));
}

} // namespace troupe::scheduler
