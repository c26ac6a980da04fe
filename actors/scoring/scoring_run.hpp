#pragma once

#include "actors/scoring/earlier_run.hpp"
#include "actors/scoring/financial.hpp"
#include "actors/scoring/scored_batch.hpp"
#include "actors/scoring/scoring_context.hpp"
#include "messages/column_block.hpp"
#include "messages/scoring.pb.h"
#include "runtime/problem.hpp"
#include "runtime/pulling_workers.hpp"
#include "runtime/task_board.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace troupe::scoring {

enum class ranks { overall_only, all };

/// What a run is to do.
struct scoring_run_options {
  scoring_plan plan;
  /// Sent to workers; version and scales are the run's to fill in.
  messages::ScoringContext context;
  /// Batches that are in memory already; no chunks are asked for then.
  std::vector<messages::column_block> given;
  /// Separate financial records as text (one column of bytes), or none.
  messages::column_block financials;
  /// The same, evaluated: records of ids that are not in the portfolio count
  /// for the reference quantile and in the financial figures.
  std::map<std::string, financial_figures, std::less<>> separate_figures;
  /// Names of the files to render, batch by batch.
  std::vector<std::string> files;
  ranks ranking = ranks::all;
  /// Rows for the store are wanted.
  bool record = false;
  bool summarise = true;
  /// Incremental: score only what differs from this run, as far as the scales
  /// allow it.
  std::shared_ptr<const earlier_run> earlier;
  /// Why everything is scored although only changes were asked for; empty:
  /// they were not, or there is an earlier run.
  std::string why_everything;
  std::size_t workers = 2;
  /// Largest number of items; more are refused.
  std::uint64_t items_max = 100'000'000;
};

/// Everything a run decides: which task is next, what a result means, what is
/// done about a task that fails, when the run is over. Pure: chunks, answers
/// and failures go in as they happen, tasks and output come out; the same
/// results for any number of workers and any order of their answers.
///
///   read -> [sort] -> score -> [combine] -> rank -> [rank others]
///        -> render, summarise, record -> done
///
/// Workers on other nodes withhold the values of what they read, if the source
/// can be read once more: where such a worker is gone before its batches are
/// scored and recorded, others read them again.
///
/// A task that fails three times is cut in halves until the item that is to
/// blame stands alone; it is reported and left out, and what depended on it
/// (statistics, scores) is done again.
class scoring_run {
public:
  using worker_id = runtime::task_board::worker_id;

  enum class stage {
    read,
    sort,
    score,
    combine,
    rank,
    rank_others,
    output,
    done
  };

  /// A task for a worker, with its block.
  struct offer {
    messages::ScoringTask task;
    messages::column_block block;
  };

  /// Text to append to an output file.
  struct output {
    std::string file;
    messages::column_block text;
  };

  explicit scoring_run(scoring_run_options options);

  /// Has to be called once, before anything else.
  [[nodiscard]] runtime::outcome<void> start();

  // -- the source ------------------------------------------------------------

  /// How many more chunks may be asked for now; bounds what is in memory.
  [[nodiscard]] std::size_t chunks_wanted() const;

  /// A chunk was asked for. Its answer is add_chunk().
  void chunk_requested();

  [[nodiscard]] runtime::outcome<void>
  add_chunk(const messages::ItemChunk& head, messages::column_block text);

  /// The source could not give the chunk that was asked for.
  [[nodiscard]] runtime::outcome<void> source_failed(runtime::problem reason);

  /// A chunk that has to be read once more. Its answer is add_chunk_again();
  /// a source that cannot is the end of the run.
  [[nodiscard]] std::optional<messages::ItemChunk> take_chunk_to_read_again();

  [[nodiscard]] runtime::outcome<void>
  add_chunk_again(const messages::ItemChunk& head, messages::column_block text);

  // -- the workers -----------------------------------------------------------

  /// How many there are beside `workers`, on other nodes: more is kept ready.
  void set_far_workers(std::size_t count) noexcept {
    far_workers_ = count;
  }

  /// The next task; nothing while there is none to give. A worker that is far
  /// reads any chunk, and gets what follows of the batches that it has read,
  /// since it has these already; stages over a whole column it never gets.
  [[nodiscard]] std::optional<offer> take(worker_id worker,
                                          runtime::worker_place place
                                          = runtime::worker_place::near);

  /// A problem ends the run.
  [[nodiscard]] runtime::outcome<void>
  complete(const messages::ScoringTaskResult& result,
           const messages::column_block& block);

  [[nodiscard]] runtime::outcome<void>
  fail(const messages::ScoringTaskFailure& failure);

  /// A worker died: what it held is done by others.
  [[nodiscard]] runtime::outcome<void> lose(worker_id worker);

  /// A worker on another node is slow: what it holds, and what only it has, is
  /// done by others. It may go on taking tasks.
  void take_back(worker_id worker);

  // -- the output ------------------------------------------------------------

  /// The next piece, the pieces of each file in the order of the rows. To be
  /// called until there is none; written pieces make room for more.
  [[nodiscard]] std::optional<output> take_output();

  [[nodiscard]] runtime::outcome<void> output_written();

  // -- the result ------------------------------------------------------------

  [[nodiscard]] stage current_stage() const noexcept {
    return stage_;
  }

  [[nodiscard]] bool is_done() const noexcept {
    return stage_ == stage::done;
  }

  /// Chunks asked for or in tasks: what chunks_wanted() bounds.
  [[nodiscard]] std::size_t chunks_in_hand() const noexcept {
    return chunks_requested_ + board_.waiting() + board_.out();
  }

  /// Items whose current stage is behind them, for progress.
  [[nodiscard]] std::uint64_t rows_read() const noexcept {
    return rows_read_;
  }

  [[nodiscard]] std::uint64_t rows_scored() const noexcept {
    return rows_scored_;
  }

  [[nodiscard]] double source_progress() const noexcept {
    return source_progress_;
  }

  // The following hold once the run is done.

  [[nodiscard]] std::vector<scored_batch> result() const;

  [[nodiscard]] messages::ScoringSummary summary() const;

  /// The summary as JSON (if asked for).
  [[nodiscard]] const std::string& summary_json() const noexcept {
    return summary_json_;
  }

  /// Rows for the store, one block per batch (if asked for).
  [[nodiscard]] std::vector<messages::column_block> records() const;

private:
  struct batch {
    messages::column_block items;
    messages::column lines; ///< Line of each row in the source, or empty.
    messages::column_block strategic;
    messages::column_block totals;
    messages::column_block record;
    batch_statistics statistics;
    std::uint64_t first_row = 0;
    std::uint64_t rows = 0;
    bool ids_ascend = false;
    double strategic_max = 0.0;
    int rescues = 0;
    std::vector<std::uint32_t> excluded; ///< Rows to leave out.
    std::map<std::string, messages::column_block> texts; ///< By file.
    std::vector<std::uint32_t> changed; ///< Rows to score, if incremental.
    /// The worker on another node that has its columns, too; 0: nobody.
    worker_id home = 0;
    /// Its text, if that can be read once more.
    std::optional<messages::ItemChunk> source;
    std::uint64_t text_digest = 0; ///< Once it may be withheld.
    /// Values and digests of the items are not here: `home` has them, if any.
    bool is_withheld = false;
    bool is_restoring = false; ///< It is being read once more.
    bool may_be_withheld = true; ///< Nobody has failed at it for that reason.
  };

  /// A task given out or waiting.
  struct job {
    messages::ScoringTask task;
    messages::column_block block;
    std::uint64_t batch = 0; ///< Key into batches_.
    // Rows of the batch that the job is about; only jobs that look for the item
    // to blame are about less than all.
    std::uint64_t first = 0;
    std::uint64_t count = 0;
    bool searching = false;
    bool is_near_only = false; ///< It is too long to travel.
  };

  // Tasks.
  [[nodiscard]] std::size_t window() const noexcept;
  [[nodiscard]] bool may_travel(std::uint64_t task, worker_id to) const;
  [[nodiscard]] bool is_output_ready() const;
  [[nodiscard]] bool has_room_for_output(runtime::worker_place place) const;
  [[nodiscard]] bool is_at_home(std::uint64_t task) const;
  [[nodiscard]] bool lacks_values(const job& about) const;
  std::optional<runtime::task_board::assignment>
  assign(worker_id worker, runtime::worker_place place);
  std::uint64_t enter_job(job added);
  void add_job(job added, std::optional<std::uint32_t> attempts_max = {});
  void add_reading(const messages::ItemChunk& head,
                   const messages::column_block& text);
  runtime::outcome<void> exhausted(std::uint64_t task,
                                   const std::string& reason);
  runtime::outcome<void> split_text(const job& failed,
                                    const std::string& reason);
  runtime::outcome<void> split_rows(const job& failed,
                                    const std::string& reason);
  void exclude(std::uint64_t batch, std::uint64_t row,
               const std::string& reason);

  // Batches whose values nobody has any more.
  [[nodiscard]] bool may_withhold(const job& reading) const;
  [[nodiscard]] bool is_whole_chunk(const job& reading) const;
  void restore(std::uint64_t key);
  void restore_if_lost(std::uint64_t key);
  void finish_restoring(std::uint64_t key);
  void stay_from_now_on(std::uint64_t key);
  void lose_home(worker_id worker);

  // What the answers mean.
  runtime::outcome<void> accept(const job& done,
                                const messages::ScoringTaskResult& result,
                                const messages::column_block& block);
  runtime::outcome<void> accept_items(const job& done,
                                      const messages::ScoringTaskResult& result,
                                      const messages::column_block& block);
  runtime::outcome<void>
  accept_scores(const job& done, const messages::ScoringTaskResult& result,
                const messages::column_block& block);
  runtime::outcome<void> complete_scores(batch& to);

  // From stage to stage.
  runtime::outcome<void> advance();
  /// Ends the run with a problem of the input: the first one in the source,
  /// whoever comes upon his first.
  runtime::outcome<void> refuse(runtime::problem reason);
  runtime::outcome<void> finish_reading();
  runtime::outcome<void> check_ids();
  runtime::outcome<void> number_rows();
  runtime::outcome<void> check_financials();
  runtime::outcome<void> check_gaps();
  void drop_excluded();
  runtime::outcome<void> start_sorting();
  runtime::outcome<void> start_scoring();
  void find_changes();
  std::vector<double> collect_financial_scores();
  runtime::outcome<void> add_scoring_job(std::uint64_t key);
  runtime::outcome<void> finish_scoring();
  void start_combining();
  void start_ranking();
  void start_ranking_others();
  void start_output();
  runtime::outcome<void> finish_ranking();
  runtime::outcome<void> finish_ranking_others();
  void enter(stage next);
  std::vector<messages::column> rank_input(std::size_t totals_column) const;
  messages::column_block scored(std::uint64_t key) const;
  scored_batch scored_one(const batch& from) const;

  scoring_run_options options_;
  stage stage_ = stage::read;
  runtime::task_board board_;
  std::uint64_t next_task_ = 1;
  std::map<std::uint64_t, job> jobs_;
  std::map<worker_id, std::uint64_t> context_seen_;
  std::set<worker_id> far_; ///< Those on other nodes.
  bool context_may_travel_ = true;
  bool may_withhold_ = false; ///< Nobody but `home` looks at values.
  std::deque<std::uint64_t> to_read_again_; ///< Batches.
  std::size_t reading_again_ = 0; ///< Texts asked for or in tasks.
  std::size_t far_workers_ = 0;
  std::map<std::uint64_t, batch> batches_; ///< By first line or number.

  std::size_t chunks_requested_ = 0; ///< Without an answer.
  bool source_ended_ = false;
  std::optional<runtime::problem> refusal_;
  double source_progress_ = 0.0;
  std::uint64_t rows_read_ = 0;
  std::uint64_t rows_scored_ = 0;

  batch_statistics statistics_;
  std::vector<std::vector<double>> sorted_;
  /// Financial figures that belong to no item.
  std::vector<financial_figures> other_financials_;
  std::vector<std::string> warnings_;
  scoring_scales scales_;
  bool only_changes_ = false;
  std::string reason_; ///< Why so much was scored; empty unless incremental.
  std::vector<std::vector<std::uint32_t>> rank_parts_;
  messages::column overall_order_;
  std::map<std::string, messages::column> ranks_; ///< By score.

  /// By file: no batch before this key has text to give out.
  std::map<std::string, std::uint64_t> next_output_;
  std::size_t outputs_out_ = 0;
  std::size_t outputs_waiting_ = 0;
  std::string summary_json_;
  std::vector<messages::ItemProblem> problems_;
};

} // namespace troupe::scoring
