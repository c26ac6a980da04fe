#include "runtime/config/settings.hpp"

#include "runtime/config/quantities.hpp"
#include "runtime/config/spelling.hpp"
#include "runtime/config/text_file.hpp"
#include "runtime/config/yaml_document.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <system_error>
#include <type_traits>
#include <utility>

namespace troupe::runtime {

namespace {

using unit = setting_spec::unit;

/// Names the file with the settings, hence cannot be in it.
constexpr auto settings_variable = std::string_view{"TROUPE_SETTINGS"};

constexpr auto text_bytes_max = std::size_t{4096};

std::string_view find_variable(const environment_map& environment,
                               std::string_view name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string_view{}
                                    : std::string_view{found->second};
}

/// A folder of the XDG Base Directory Specification, which ignores relative
/// values; nothing without a home.
std::optional<std::string> xdg_folder(const environment_map& environment,
                                      std::string_view variable,
                                      std::string_view below_home) {
  const auto folder = find_variable(environment, variable);
  if (folder.starts_with('/'))
    return std::string{folder};
  const auto home = find_variable(environment, "HOME");
  if (!home.starts_with('/'))
    return std::nullopt;
  return std::string{home} + "/" + std::string{below_home};
}

/// Rules of the value itself; the caller adds where it stands.
class value_reader {
public:
  value_reader(const setting_spec& spec, const environment_map& environment)
    : spec_{&spec}, environment_{&environment} {}

  outcome<void> read(std::string_view text, settings& target) const {
    return std::visit(
      [&](auto member) { return read_into(text, target.*member); },
      spec_->member);
  }

private:
  outcome<void> read_into(std::string_view text, std::string& target) const {
    if (text.size() > text_bytes_max
        || text.find('\0') != std::string_view::npos)
      return fail(problem_kind::invalid_input,
                  "longer than " + std::to_string(text_bytes_max)
                    + " bytes, or with NUL bytes",
                  "write a shorter text");
    const auto& choices = spec_->choices;
    if (!choices.empty()
        && std::find(choices.begin(), choices.end(), text) == choices.end())
      return fail(problem_kind::invalid_input,
                  "\"" + std::string{text} + "\" is none of the choices",
                  spelling_hint(text, choices));
    target = text;
    const auto home = find_variable(*environment_, "HOME");
    if (spec_->measure == unit::path && text.starts_with("~/") && !home.empty())
      target.replace(0, 1, home);
    return {};
  }

  outcome<void> read_into(std::string_view text, std::int64_t& target) const {
    auto value = std::int64_t{0};
    const auto end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stop != end)
      return fail(problem_kind::invalid_input,
                  "\"" + std::string{text} + "\" is not a whole number",
                  "write digits only, for example "
                    + std::string{spec_->fallback});
    return keep(value, target);
  }

  outcome<void> read_into(std::string_view text, std::uint64_t& target) const {
    const auto value = parse_byte_size(text);
    if (!value)
      return fail(value.error());
    return keep(static_cast<std::int64_t>(*value), target);
  }

  outcome<void> read_into(std::string_view text,
                          std::chrono::milliseconds& target) const {
    const auto value = parse_duration(text);
    if (!value)
      return fail(value.error());
    return keep(std::int64_t{value->count()}, target);
  }

  template <class T>
  outcome<void> keep(std::int64_t value, T& target) const {
    if (value < spec_->min || value > spec_->max)
      return fail(problem_kind::invalid_input,
                  "must be from " + bound(spec_->min) + " to "
                    + bound(spec_->max),
                  "the default is " + std::string{spec_->fallback});
    target = static_cast<T>(value);
    return {};
  }

  [[nodiscard]] std::string bound(std::int64_t value) const {
    if (spec_->measure == unit::bytes)
      return render_byte_size(static_cast<std::uint64_t>(value));
    if (spec_->measure == unit::milliseconds)
      return render_duration(std::chrono::milliseconds{value});
    return std::to_string(value);
  }

  const setting_spec* spec_;
  const environment_map* environment_;
};

const setting_spec* find_spec(std::string_view key) {
  const auto found = std::ranges::find_if(
    setting_specs(), [=](const auto& spec) { return spec.key == key; });
  return found == setting_specs().end() ? nullptr : &*found;
}

/// Gathers values from the sources, the weakest first.
class loader {
public:
  explicit loader(const settings_sources& sources) : sources_{&sources} {}

  tl::expected<settings, std::vector<problem>> load() && {
    load_fallbacks();
    if (sources_->file)
      load_file(*sources_->file);
    load_environment();
    load_flags();
    if (!problems_.empty())
      return tl::unexpected{std::move(problems_)};
    return std::move(values_);
  }

private:
  /// Takes a value over, or says why not; `place` is completed with the reason.
  void take(const setting_spec& spec, std::string_view text,
            setting_origin origin, problem place) {
    auto result = value_reader{spec, sources_->environment}.read(text, values_);
    if (result) {
      values_.origins.insert_or_assign(std::string{spec.key},
                                       std::move(origin));
      return;
    }
    place.kind = result.error().kind;
    place.message = result.error().message;
    place.hint = result.error().hint;
    problems_.push_back(std::move(place));
  }

  void load_fallbacks() {
    for (const auto& spec : setting_specs())
      take(spec, spec.fallback, {}, {});
    if (const auto folder
        = xdg_folder(sources_->environment, "XDG_STATE_HOME", ".local/state"))
      values_.store_path = *folder + "/troupe/troupe.db";
    else
      values_.store_path = "troupe.db";
  }

  void load_file(const settings_file& file) {
    constexpr auto limits = yaml_limits{std::size_t{1} << 20, 8, 10'000};
    const auto document = yaml_document::parse(file.text, file.path, limits);
    if (!document)
      problems_.push_back(document.error());
    else if (!document->root().is_null())
      load_group(document->root(), "");
  }

  /// Reads the mapping that holds the keys which begin with `prefix`. Ends
  /// because the prefix grows and must begin some key.
  void load_group(const yaml_value& mapping, const std::string& prefix) {
    const auto entries = mapping.entries();
    if (!entries) {
      problems_.push_back(entries.error());
      return;
    }
    auto known = std::vector<std::string_view>{};
    for (const auto& spec : setting_specs())
      if (spec.key.starts_with(prefix)) {
        const auto rest = spec.key.substr(prefix.size());
        const auto name = rest.substr(0, rest.find('.'));
        if (known.empty() || known.back() != name)
          known.push_back(name);
      }
    for (auto& unknown : mapping.unknown_keys(known))
      problems_.push_back(std::move(unknown));
    for (const auto& [name, value] : *entries) {
      if (const auto spec = find_spec(prefix + name))
        load_entry(*spec, value);
      else if (std::find(known.begin(), known.end(), name) != known.end()
               && !value.is_null())
        load_group(value, prefix + name + ".");
    }
  }

  void load_entry(const setting_spec& spec, const yaml_value& value) {
    if (value.is_null())
      return;
    const auto text = value.text();
    if (!text) {
      problems_.push_back(text.error());
      return;
    }
    const auto place = value.error({});
    take(spec, *text,
         {setting_source::file, place.file + ":" + std::to_string(place.line)},
         place);
  }

  void load_environment() {
    auto known = std::vector<std::string>{std::string{settings_variable}};
    for (const auto& spec : setting_specs()) {
      known.push_back(environment_name(spec));
      const auto found = sources_->environment.find(known.back());
      if (found == sources_->environment.end())
        continue;
      auto place = problem{};
      place.file = "environment";
      place.key = known.back();
      take(spec, found->second, {setting_source::environment, known.back()},
           std::move(place));
    }
    report_unknown_variables({known.begin(), known.end()});
  }

  void report_unknown_variables(const std::vector<std::string_view>& known) {
    constexpr auto prefix = std::string_view{"TROUPE_"};
    const auto& environment = sources_->environment;
    for (auto i = environment.lower_bound(prefix);
         i != environment.end() && i->first.starts_with(prefix); ++i) {
      if (std::find(known.begin(), known.end(), i->first) != known.end())
        continue;
      auto wrong = problem{};
      wrong.kind = problem_kind::invalid_input;
      wrong.message = "unknown variable " + i->first;
      wrong.file = "environment";
      wrong.key = i->first;
      wrong.hint = spelling_hint(i->first, known);
      problems_.push_back(std::move(wrong));
    }
  }

  void load_flags() {
    for (const auto& [key, text] : sources_->flags) {
      auto place = problem{};
      place.file = "command line";
      if (const auto spec = find_spec(key)) {
        place.key = flag_name(*spec);
        auto origin = setting_origin{setting_source::flag, place.key};
        take(*spec, text, std::move(origin), std::move(place));
        continue;
      }
      auto known = std::vector<std::string_view>{};
      for (const auto& spec : setting_specs())
        known.push_back(spec.key);
      place.kind = problem_kind::invalid_input;
      place.message = "unknown setting " + key;
      place.hint = spelling_hint(key, known);
      problems_.push_back(std::move(place));
    }
  }

  const settings_sources* sources_;
  settings values_;
  std::vector<problem> problems_;
};

std::string replaced(std::string_view key, char separator) {
  auto name = std::string{key};
  for (auto& c : name)
    if (c == '.' || c == '_')
      c = separator;
  return name;
}

} // namespace

std::string environment_name(const setting_spec& spec) {
  auto name = replaced(spec.key, '_');
  for (auto& c : name)
    if (c >= 'a' && c <= 'z')
      c = static_cast<char>(c - 'a' + 'A');
  return "TROUPE_" + name;
}

std::string flag_name(const setting_spec& spec) {
  return "--" + replaced(spec.key, '-');
}

std::string_view type_name(const setting_spec& spec) {
  if (!spec.choices.empty())
    return "choice";
  switch (spec.measure) {
    case unit::path:
      return "path";
    case unit::bytes:
      return "size";
    case unit::milliseconds:
      return "duration";
    case unit::none:
      break;
  }
  return std::holds_alternative<std::string settings::*>(spec.member)
           ? "text"
           : "integer";
}

std::vector<std::string>
settings_file_places(const environment_map& environment) {
  auto places = std::vector<std::string>{"troupe.yaml"};
  if (const auto folder = xdg_folder(environment, "XDG_CONFIG_HOME", ".config"))
    places.push_back(*folder + "/troupe/troupe.yaml");
  return places;
}

outcome<std::optional<settings_file>>
find_settings_file(const std::optional<std::string>& flag,
                   const environment_map& environment) {
  constexpr auto bytes_max = std::size_t{1} << 20;
  const auto variable = find_variable(environment, settings_variable);
  if (flag || !variable.empty()) {
    auto path = flag ? *flag : std::string{variable};
    auto text = read_text_file(path, bytes_max);
    if (!text)
      return fail(std::move(text.error()));
    return settings_file{std::move(path), std::move(*text)};
  }
  for (auto& path : settings_file_places(environment)) {
    auto text = read_text_file(path, bytes_max);
    if (text)
      return settings_file{std::move(path), std::move(*text)};
    if (text.error().kind != problem_kind::not_found)
      return fail(std::move(text.error()));
  }
  return std::nullopt;
}

tl::expected<settings, std::vector<problem>>
load_settings(const settings_sources& sources) {
  return loader{sources}.load();
}

} // namespace troupe::runtime
