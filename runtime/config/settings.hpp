#pragma once

#include "runtime/config/secrets.hpp"
#include "runtime/problem.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace troupe::runtime {

/// What the value of a setting came from; the later wins.
enum class setting_source { fallback, file, environment, flag };

struct setting_origin {
  setting_source source = setting_source::fallback;
  /// "troupe.yaml:3", "TROUPE_WORKERS" or "--workers"; empty for a default.
  std::string where;
};

/// The program's own settings. `setting_specs` says what each means.
struct settings {
  std::string store_path;
  std::uint64_t store_cache_bytes = 0;
  std::int64_t store_queue_max = 0;
  std::string server_socket;
  std::int64_t workers = 0;
  std::int64_t scoring_batch_items = 0;
  std::chrono::milliseconds runs_keep_for{0};
  std::int64_t runs_keep_max = 0;
  std::chrono::milliseconds runs_keep_failed_for{0};
  std::int64_t runs_keep_failed_max = 0;
  std::chrono::milliseconds runs_keep_keys_for{0};
  std::string log_level;
  std::string log_file;
  std::uint64_t log_file_bytes_max = 0;
  std::int64_t log_files_max = 0;
  std::string color;
  std::string output;
  std::chrono::milliseconds shutdown_timeout{0};
  /// By key; has every key.
  std::map<std::string, setting_origin, std::less<>> origins;
};

/// The declaration of one setting: all that help, checks and documentation
/// need. The type of its value is that of its member.
struct setting_spec {
  using member_pointer
    = std::variant<std::string settings::*, std::int64_t settings::*,
                   std::uint64_t settings::*,
                   std::chrono::milliseconds settings::*>;

  enum class unit : std::uint8_t { none, path, bytes, milliseconds };

  /// Where it is in a file, for example "store.path".
  std::string_view key;
  member_pointer member;
  unit measure = unit::none;
  /// As a user would write it.
  std::string_view fallback;
  /// Bounds of a number, in its unit.
  std::int64_t min = 0;
  std::int64_t max = 0;
  /// If not empty, the only texts there are.
  std::span<const std::string_view> choices;
  /// One sentence without a full stop.
  std::string_view help;
};

/// All settings, groups together, in the order of their documentation.
[[nodiscard]] std::span<const setting_spec> setting_specs();

/// "store.path" is TROUPE_STORE_PATH in the environment ...
[[nodiscard]] std::string environment_name(const setting_spec& spec);

/// ... and --store-path on the command line.
[[nodiscard]] std::string flag_name(const setting_spec& spec);

/// "text", "path", "choice", "integer", "size" or "duration".
[[nodiscard]] std::string_view type_name(const setting_spec& spec);

/// A settings file that was found.
struct settings_file {
  std::string path;
  std::string text;
};

/// Where a settings file is looked for, in this order: troupe.yaml here, then
/// $XDG_CONFIG_HOME/troupe/troupe.yaml (~/.config when unset).
[[nodiscard]] std::vector<std::string>
settings_file_places(const environment_map& environment);

/// The file named by the flag or by TROUPE_SETTINGS, which must exist; else the
/// first there is of `settings_file_places`; else nothing.
[[nodiscard]] outcome<std::optional<settings_file>>
find_settings_file(const std::optional<std::string>& flag,
                   const environment_map& environment);

/// All that settings are made of. Nothing is read but this.
struct settings_sources {
  /// Values of the flags that were given, by key of the setting.
  std::map<std::string, std::string, std::less<>> flags;
  environment_map environment;
  std::optional<settings_file> file;
};

/// Flag over environment over file over default, all checked, even those that
/// another overrides. Errors: every problem there is. An unknown key is one,
/// and so is an unknown variable TROUPE_*.
[[nodiscard]] tl::expected<settings, std::vector<problem>>
load_settings(const settings_sources& sources);

/// The value of a setting as a user would write it.
[[nodiscard]] std::string value_text(const settings& values,
                                     const setting_spec& spec);

enum class show_origins { no, yes };

/// A settings file with these values; origins are comments.
[[nodiscard]] std::string render_yaml(const settings& values,
                                      show_origins origins);

/// {"KEY": VALUE, ...}; with origins {"KEY": {"value": VALUE, "source": ...,
/// "where": ...}, ...}. Sizes are in bytes, durations in milliseconds.
[[nodiscard]] std::string render_json(const settings& values,
                                      show_origins origins);

} // namespace troupe::runtime
