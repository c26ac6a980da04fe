#pragma once

#include "actors/simulation/hire_year.hpp"
#include "actors/simulation/leaver_search.hpp"
#include "actors/simulation/people_keeper.hpp"
#include "actors/simulation/person_ids.hpp"
#include "actors/simulation/projection.hpp"
#include "actors/simulation/rule_violation.hpp"
#include "actors/simulation/scenario.hpp"
#include "actors/simulation/simulation_tasks.hpp"
#include "actors/simulation/year_check.hpp"
#include "actors/simulation/year_totals.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace troupe::simulation {

/// What a run is to do.
struct simulation_run_options {
  scenario parameters;
  /// The people of the start, in the order of keys, as columns.
  messages::column_block everybody;
  /// Their ids, for text and for what is said of people.
  person_ids ids;
  /// Years that are behind already, whose people `everybody` are.
  std::vector<year_totals> before;
  /// People of a block.
  std::size_t block_people = 8'192;
  std::size_t workers = 2;
  /// Lines for events.csv and snapshots.csv are wanted.
  bool keep_text = false;
  /// Packed rows and events for the store are wanted.
  bool keep_packed = false;
  /// Events and rows as columns are wanted.
  bool keep_columns = false;
  /// Bytes that people, their columns on the way and what waits to be written
  /// or stored may take together, as far as one block at a time fits in; 0: any
  /// number. Changes nothing in the results. Ids are not counted.
  std::uint64_t memory_limit_bytes = 0;
  /// The people of a block can be loaded from where the packed rows go to.
  bool can_load = false;
};

/// Everything a simulation decides: which block is next, what a result means,
/// when a year is over. Pure: answers and failures go in as they happen, tasks
/// and output come out; the same results for any number of processors and any
/// order of their answers.
///
///   [count -> list] -> simulate -> (the next year) ... -> done
///
/// The first two find the last of those who leave, exactly, over all blocks;
/// they are left out in years in which nobody does.
class simulation_run final : public simulation_tasks {
public:
  enum class stage : std::uint8_t { count, list, simulate, done };

  /// Text to append to an output file.
  struct output {
    std::string file;
    messages::column_block text;
  };

  /// A block of a year for the store.
  struct packed {
    std::uint64_t block = 0;
    std::uint64_t first_key = 0;
    std::uint64_t last_key = 0;
    messages::column rows;
    messages::column events;
  };

  /// Blocks of a year to be stored; with the totals, the year is whole.
  struct commit {
    std::int32_t year = 0;
    std::vector<packed> blocks;
    std::optional<year_totals> totals;
    std::uint64_t raw_bytes = 0; ///< Of the whole year, if it is whole.
    std::uint64_t packed_bytes = 0;
  };

  /// A year that is over, as columns; for each block what a task result has.
  struct finished_year {
    year_totals totals;
    std::vector<messages::column_block> blocks;
  };

  /// People that have to be loaded before their block can be simulated.
  struct wanted_block {
    std::int32_t year = 0; ///< They are there on 1 January.
    std::uint64_t block = 0;
    messages::column keys;
  };

  explicit simulation_run(simulation_run_options options);

  [[nodiscard]] runtime::outcome<void> start() override;
  void set_far_workers(std::size_t count) noexcept override {
    far_workers_ = count;
  }
  [[nodiscard]] std::optional<offer>
  take(worker_id worker,
       runtime::worker_place place = runtime::worker_place::near) override;
  [[nodiscard]] runtime::outcome<void>
  complete(const messages::SimulationTaskResult& result,
           const messages::column_block& block) override;
  [[nodiscard]] runtime::outcome<void>
  fail(const messages::SimulationTaskFailure& failure) override;
  [[nodiscard]] runtime::outcome<void> lose(worker_id worker) override;
  void take_back(worker_id worker) override;

  /// All years are over, and everything they put out is written.
  [[nodiscard]] bool is_done() const override {
    return stage_ == stage::done;
  }

  // -- the output ------------------------------------------------------------

  /// The next piece of text, those of a file in the order of people. One at a
  /// time: nothing until output_written().
  [[nodiscard]] std::optional<output> take_output();
  [[nodiscard]] runtime::outcome<void> output_written();

  /// The next blocks to store, in the order of people; one at a time. To be
  /// asked for after take_load, which may want them stored.
  [[nodiscard]] std::optional<commit> take_commit();
  [[nodiscard]] runtime::outcome<void> committed();

  /// The year that has just ended, if columns are wanted; once.
  [[nodiscard]] std::optional<finished_year> take_year();

  // -- people that are not in memory -----------------------------------------

  /// The next block to load; a few at a time.
  [[nodiscard]] std::optional<wanted_block> take_load();

  /// Its people, with the keys that were asked for, as a task has them.
  [[nodiscard]] runtime::outcome<void>
  loaded(std::uint64_t block, const messages::column_block& people);

  /// Ends the run.
  [[nodiscard]] runtime::outcome<void> load_failed(runtime::problem reason);

  /// What is limited takes so much now, tasks that are out aside.
  [[nodiscard]] std::uint64_t memory_bytes() const noexcept {
    return people_.bytes() + waiting_bytes_ + kept_bytes_;
  }

  /// How often a block was put away, or packed, for want of memory.
  [[nodiscard]] std::uint64_t blocks_spilled() const noexcept {
    return people_.spilled();
  }

  // -- the result ------------------------------------------------------------

  [[nodiscard]] stage current_stage() const noexcept {
    return stage_;
  }

  /// Of the years that are over, those before the run included.
  [[nodiscard]] const std::vector<year_totals>& years() const noexcept {
    return years_;
  }

  /// The year it is at.
  [[nodiscard]] std::int32_t year() const noexcept {
    return year_;
  }

  /// Share of the run that is done, 0 to 1: years, and blocks of this one.
  [[nodiscard]] double progress() const noexcept;

  [[nodiscard]] messages::SimulationSummary summary() const;

private:
  /// People of the year, who are kept elsewhere, or hires to be made.
  struct block {
    person_ids ids;
    hire_range hires;
    /// Of another node, has the people, too; 0: nobody.
    worker_id home = 0;

    [[nodiscard]] bool is_hires() const noexcept {
      return hires.size() != 0;
    }
  };

  struct result {
    bool is_there = false;
    messages::column_block made; ///< If columns are wanted.
    std::vector<messages::column> output; ///< Texts, then packed bytes.
    std::vector<rule_violation> violations;
  };

  void enter(stage next);
  void release();
  void add_tasks();
  [[nodiscard]] std::optional<runtime::task_board::assignment>
  assign(worker_id worker, runtime::worker_place place);
  void forget(worker_id worker);
  runtime::outcome<void> begin_year();
  runtime::outcome<void> advance();
  runtime::outcome<void> choose_leavers();
  runtime::outcome<void> find_buckets();
  void find_bounds();
  void begin_simulating();
  runtime::outcome<void> accept(std::size_t at,
                                const messages::SimulationTaskResult& result,
                                const messages::column_block& made);
  runtime::outcome<void>
  accept_block(std::size_t at, const messages::SimulationTaskResult& result,
               const messages::column_block& made);
  void hand_out();
  void pack_up(std::size_t at);
  runtime::outcome<void> check_year();
  void count_leavers(std::size_t at, const messages::column_block& made);
  runtime::outcome<void> end_year();
  void take_over_people(std::size_t at, const messages::column_block& made);
  void begin_next_year();
  [[nodiscard]] bool is_drained() const noexcept;
  [[nodiscard]] std::uint64_t commit_bytes() const noexcept;

  [[nodiscard]] bool may_travel(std::uint64_t task) const {
    return !near_only_.contains(task_blocks_.at(task));
  }
  [[nodiscard]] bool chooses_by_key() const noexcept;
  [[nodiscard]] runtime::outcome<void> check_room();
  [[nodiscard]] std::uint64_t output_bytes_of_block() const;
  bool make_room_for(std::size_t blocks);
  [[nodiscard]] bool has_room_for_another();
  [[nodiscard]] bool can_release();

  simulation_run_options options_;
  headcount_source headcounts_;
  stage stage_ = stage::count;
  runtime::task_board board_;
  std::uint64_t next_task_ = 1;
  std::map<std::uint64_t, std::size_t> task_blocks_;
  std::map<worker_id, std::uint64_t> context_seen_;
  std::size_t far_workers_ = 0;
  std::set<worker_id> far_; ///< Those of other nodes that have had a task.
  std::set<std::size_t> near_only_; ///< Blocks that are too long to travel.
  messages::SimulationContext context_;

  std::int32_t year_ = 0;
  std::vector<year_totals> years_;
  year_headcounts planned_;
  std::vector<block> blocks_;
  people_keeper people_; ///< Those of `blocks_`, as far as they are staff.
  std::set<std::size_t> loading_; ///< Blocks that somebody is asked for.
  std::size_t largest_block_ = 0; ///< Its people.
  std::size_t staff_blocks_ = 0; ///< Hires follow them.
  std::size_t answered_ = 0; ///< Blocks of the stage.
  leaver_search staff_search_;
  leaver_search hire_search_;
  std::vector<result> results_;
  year_totals totals_;
  level_leavers leavers_; ///< Counted where there are level quotas.

  std::size_t released_ = 0; ///< Blocks that are or were on the board.
  std::size_t handed_out_ = 0; ///< Blocks whose output is in the queues.
  std::size_t texts_written_ = 0;
  std::deque<output> texts_;
  bool text_out_ = false; ///< One is being written.
  std::uint64_t text_out_bytes_ = 0;
  std::uint64_t commit_out_bytes_ = 0;
  /// Of all that was made and is neither written nor stored.
  std::uint64_t waiting_bytes_ = 0;
  std::uint64_t kept_bytes_ = 0; ///< Of the columns that are wanted.
  std::deque<packed> unstored_;
  std::uint64_t unstored_bytes_ = 0;
  bool commit_out_ = false;
  bool is_short_ = false; ///< Of memory: whatever can be stored is to be.
  bool year_committed_ = false; ///< Or about to be.
  bool is_checked_ = false; ///< All blocks are there and stood the checks.
  std::uint64_t year_packed_bytes_ = 0;
  std::uint64_t raw_bytes_ = 0;
  std::uint64_t packed_bytes_ = 0;
  std::uint64_t csv_bytes_ = 0;
  std::optional<finished_year> finished_;
};

} // namespace troupe::simulation
