#include "tools/cli/retention_report.hpp"

#include "runtime/config/quantities.hpp"

namespace troupe::tools {

std::string render_retention(const engine::run_retention& keep,
                             const engine::retention_figures& figures) {
  using runtime::render_duration;
  using std::to_string;
  auto text = "runs: " + to_string(figures.open) + " open; "
              + to_string(figures.ended)
              + " completed, cancelled or compensated (kept "
              + render_duration(keep.keep_for) + ", at most "
              + to_string(keep.keep_max) + "); " + to_string(figures.failed)
              + " failed (kept " + render_duration(keep.keep_failed_for)
              + ", at most " + to_string(keep.keep_failed_max) + "); "
              + to_string(figures.surplus) + " may go";
  if (figures.being_deleted != 0)
    text += ", " + to_string(figures.being_deleted) + " are being deleted";
  if (figures.kept_keys != 0)
    text += "; " + to_string(figures.kept_keys) + " keys of runs that are gone";
  return text + " (keys kept " + render_duration(keep.keep_keys_for) + ")\n";
}

nlohmann::ordered_json
retention_json(const engine::run_retention& keep,
               const engine::retention_figures& figures) {
  return {{"keep_for_ms", keep.keep_for.count()},
          {"keep_max", keep.keep_max},
          {"keep_failed_for_ms", keep.keep_failed_for.count()},
          {"keep_failed_max", keep.keep_failed_max},
          {"keep_keys_for_ms", keep.keep_keys_for.count()},
          {"open", figures.open},
          {"ended", figures.ended},
          {"failed", figures.failed},
          {"surplus", figures.surplus},
          {"being_deleted", figures.being_deleted},
          {"kept_keys", figures.kept_keys}};
}

} // namespace troupe::tools
