#pragma once

#include "actors/scoring/scoring_request.hpp"
#include "actors/scoring/stage_work.hpp"
#include "tests/support/places.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace troupe::tests {

/// How a simulated run goes. Everything follows from the seed.
struct simulation {
  /// 0: workers answer at once and in turn. Otherwise answers are shuffled,
  /// delayed and repeated.
  std::uint64_t seed = 0;
  std::size_t workers = 2;
  /// How many of them, the last ones, are on other nodes.
  std::size_t far = 0;
  /// How often, at random moments, a worker dies or a task fails. Two at most
  /// exhaust no task.
  int accidents = 0;
  /// What a worker sees before each task; whatever it throws that is no
  /// std::exception ends that worker.
  scoring::stage_hook before_task;
  /// Blocks travel as bytes, as between nodes.
  bool over_the_wire = false;
  /// Workers on other nodes keep what they read, as long as it is no more.
  std::size_t withheld_bytes_max = std::size_t{1} << 30;
  /// Called before a chunk is read once more.
  std::function<void()> before_reading_again;
};

/// All that a run shows to the outside.
struct simulated_result {
  std::map<std::string, std::string> files; ///< summary.json among them.
  std::vector<std::string> records; ///< Bytes for the store, by batch.
  messages::ScoringSummary summary;
  std::size_t chunks_in_hand_max = 0;
  std::size_t pieces_waiting_max = 0;
  std::size_t withheld = 0; ///< Batches that were read without their values.
  std::size_t read_again = 0; ///< Chunks.
};

/// Runs the state machine of a scoring and the workers' part of it on this
/// thread, without actors. Throws when the run gets stuck.
[[nodiscard]] runtime::outcome<simulated_result>
simulate(scoring::scoring_request request, const simulation& how);

/// The golden configuration under these rules; under the standard ones, some
/// criteria need sorted columns.
[[nodiscard]] scoring::scoring_configuration
mixed_configuration(scoring::rule_set rules);

/// The first golden items as JSON lines, repeated under growing ids (1000, ...)
/// for more than there are.
[[nodiscard]] std::string golden_lines_text(std::size_t count);

/// A request for a file of items, cut into batches.
[[nodiscard]] scoring::scoring_request
file_request(scoring::rule_set rules, const std::filesystem::path& items,
             std::size_t batch_size);

} // namespace troupe::tests
