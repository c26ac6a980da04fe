#include "tests/actors/scoring/simulated_scoring.hpp"

#include "actors/scoring/item_chunk.hpp"
#include "actors/scoring/reports.hpp"
#include "actors/scoring/scoring_context.hpp"
#include "tests/actors/scoring/golden_portfolio.hpp"
#include "tests/actors/scoring/portfolio_run.hpp"

#include <algorithm>
#include <deque>
#include <random>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace troupe::tests {

using namespace scoring;

using messages::column_block;

namespace {

constexpr std::size_t credit = 2;

struct answer {
  messages::ScoringTaskResult result;
  column_block block;
  std::optional<messages::ScoringTaskFailure> failure;
};

struct simulated_worker {
  scoring_run::worker_id id = 0;
  runtime::worker_place place = runtime::worker_place::near;
  stage_work work{};
  std::deque<scoring_run::offer> tasks;
  std::deque<answer> answers;
};

column_block as_received(const column_block& block, bool over_the_wire) {
  if (!over_the_wire)
    return block;
  return column_block::from_message(block.to_message()).value();
}

/// Moves a run on, one random step at a time.
class scheduler {
public:
  scheduler(prepared_scoring prepared, const simulation& how)
    : how_{how}, random_{how.seed},
      accidents_{how.accidents}, source_{std::move(prepared.source)},
      ranges_{std::move(prepared.source_ranges)}, run_{
                                                    std::move(prepared.run)} {
    for (std::size_t i = 0; i < how.workers; ++i)
      workers_.push_back(fresh_worker(i + how.far < how.workers
                                        ? runtime::worker_place::near
                                        : runtime::worker_place::far));
    run_.set_far_workers(how.far);
  }

  runtime::outcome<simulated_result> run_to_end() {
    if (auto started = run_.start(); !started)
      return runtime::fail(started.error());
    for (auto steps = 0; !run_.is_done(); ++steps) {
      if (steps == 5'000'000)
        throw std::runtime_error{"the run gets nowhere"};
      if (auto stepped = step(); !stepped)
        return runtime::fail(stepped.error());
    }
    result_.summary = run_.summary();
    if (!run_.summary_json().empty())
      result_.files["summary.json"] = run_.summary_json();
    for (const auto& record : run_.records())
      result_.records.push_back(record.to_message().SerializeAsString());
    return std::move(result_);
  }

private:
  simulated_worker fresh_worker(runtime::worker_place place) {
    return {next_worker_++,
            place,
            stage_work{how_.before_task, how_.withheld_bytes_max},
            {},
            {}};
  }

  std::size_t draw(std::size_t below) {
    return static_cast<std::size_t>(random_() % below);
  }

  runtime::outcome<void> step() {
    result_.chunks_in_hand_max
      = std::max(result_.chunks_in_hand_max,
                 run_.current_stage() == scoring_run::stage::read && source_
                   ? run_.chunks_in_hand()
                   : 0);
    const auto in_turn = how_.seed == 0;
    const auto turn = turn_++;
    auto& worker
      = workers_[in_turn ? turn / 6 % workers_.size() : draw(workers_.size())];
    if (accidents_ > 0 && draw(100) == 0)
      return have_accident(worker);
    switch (in_turn ? turn % 6 : draw(6)) {
      case 0:
        return read_chunk();
      case 1:
        if (worker.tasks.size() < credit)
          if (auto offer = run_.take(worker.id, worker.place))
            worker.tasks.push_back(std::move(*offer));
        return {};
      case 2:
        return work(worker);
      case 3:
        return hear(worker);
      case 4:
        take_output();
        return {};
      default:
        return finish_output();
    }
  }

  runtime::outcome<void> read_chunk() {
    if (const auto again = run_.take_chunk_to_read_again())
      again_.push_back(*again);
    if (!again_.empty() && (how_.seed == 0 || draw(2) == 0))
      return read_chunk_again();
    if (run_.chunks_wanted() > 0) {
      run_.chunk_requested();
      ++chunks_asked_;
    }
    if (chunks_asked_ == 0 || (how_.seed != 0 && draw(2) == 0))
      return {};
    --chunks_asked_;
    auto chunk = runtime::record_chunk{};
    const auto read = source_->next(chunk);
    if (!read)
      return runtime::fail(read.error());
    auto head = head_of(chunk, ranges_.has_value());
    head.set_is_last(!*read);
    auto text = std::vector<messages::column>{};
    text.emplace_back(std::move(chunk.bytes));
    return run_.add_chunk(head, column_block{std::move(text)});
  }

  runtime::outcome<void> read_chunk_again() {
    if (how_.before_reading_again)
      how_.before_reading_again();
    const auto head = again_.front();
    again_.pop_front();
    ++result_.read_again;
    auto text = read_again(ranges_.value(), head);
    if (!text)
      return runtime::fail(text.error());
    return run_.add_chunk_again(head, std::move(*text));
  }

  runtime::outcome<void> work(simulated_worker& worker) {
    if (worker.tasks.empty())
      return {};
    auto offer = std::move(worker.tasks.front());
    worker.tasks.pop_front();
    auto said = answer{};
    auto failure = messages::ScoringTaskFailure{};
    failure.set_task(offer.task.task());
    failure.set_attempt(offer.task.attempt());
    try {
      auto done = worker.work.perform(
        offer.task, as_received(offer.block, how_.over_the_wire));
      if (done) {
        result_.withheld += done->result.is_withheld() ? 1 : 0;
        said.result = std::move(done->result);
        said.block = as_received(done->block, how_.over_the_wire);
      } else {
        *failure.mutable_input() = to_message(done.error());
        said.failure = failure;
      }
    } catch (const std::exception& error) {
      failure.set_reason(error.what());
      said.failure = failure;
    } catch (...) {
      worker.tasks.push_front(std::move(offer));
      return bury(worker);
    }
    worker.answers.push_back(std::move(said));
    return {};
  }

  /// The run hears the oldest answer of a worker, at times twice.
  runtime::outcome<void> hear(simulated_worker& worker) {
    if (worker.answers.empty())
      return {};
    const auto said = std::move(worker.answers.front());
    worker.answers.pop_front();
    if (how_.seed != 0 && draw(10) == 0)
      late_.push_back(said);
    if (auto told = tell(said); !told)
      return told;
    if (late_.empty() || draw(5) != 0)
      return {};
    const auto again = late_[draw(late_.size())];
    return again.failure && again.failure->has_input()
             ? runtime::outcome<void>{}
             : tell(again);
  }

  runtime::outcome<void> tell(const answer& said) {
    return said.failure ? run_.fail(*said.failure)
                        : run_.complete(said.result, said.block);
  }

  runtime::outcome<void> have_accident(simulated_worker& worker) {
    if (worker.tasks.empty())
      return {};
    --accidents_;
    if (draw(3) == 0) {
      run_.take_back(worker.id); // It is slow, and answers all the same.
      return {};
    }
    if (draw(2) == 0)
      return bury(worker);
    auto failure = messages::ScoringTaskFailure{};
    failure.set_task(worker.tasks.front().task.task());
    failure.set_attempt(worker.tasks.front().task.attempt());
    failure.set_reason("an accident");
    worker.tasks.pop_front();
    return run_.fail(failure);
  }

  /// What a dead worker has said is heard before its death; what it had still
  /// to do is lost with it.
  runtime::outcome<void> bury(simulated_worker& worker) {
    auto dead = std::exchange(worker, fresh_worker(worker.place));
    for (const auto& said : dead.answers)
      if (auto told = tell(said); !told)
        return told;
    return run_.lose(dead.id);
  }

  void take_output() {
    while (auto piece = run_.take_output()) {
      const auto bytes = piece->text[0].bytes();
      result_.files[piece->file].append(bytes.begin(), bytes.end());
      ++pieces_waiting_;
    }
    result_.pieces_waiting_max
      = std::max(result_.pieces_waiting_max, pieces_waiting_);
  }

  runtime::outcome<void> finish_output() {
    if (pieces_waiting_ == 0)
      return {};
    --pieces_waiting_;
    return run_.output_written();
  }

  const simulation& how_;
  std::mt19937_64 random_;
  int accidents_;
  std::optional<runtime::record_splitter> source_;
  std::optional<runtime::byte_ranges> ranges_;
  scoring_run run_;
  std::vector<simulated_worker> workers_;
  scoring_run::worker_id next_worker_ = 1;
  std::size_t turn_ = 0;
  std::size_t chunks_asked_ = 0;
  std::deque<messages::ItemChunk> again_;
  std::size_t pieces_waiting_ = 0;
  std::vector<answer> late_;
  simulated_result result_;
};

} // namespace

runtime::outcome<simulated_result> simulate(scoring_request request,
                                            const simulation& how) {
  auto preparation = preparation_options{};
  preparation.workers = how.workers;
  preparation.store = "a store"; // Only its presence counts here.
  const auto has_details = request.details;
  auto prepared = prepare(std::move(request), preparation);
  if (!prepared)
    return runtime::fail(prepared.error());
  if (has_details)
    prepared->run.files = report_files();
  prepared->run.files.emplace_back("scores.csv");
  return scheduler{std::move(*prepared), how}.run_to_end();
}

scoring_configuration mixed_configuration(rule_set rules) {
  auto configuration = to_configuration(read_golden_json("config.json"));
  configuration.rules = rules;
  if (rules == rule_set::standard) {
    configuration.criteria[0].method = normalisation::percentile;
    configuration.criteria[1].method = normalisation::robust;
    configuration.criteria[2].missing = missing_policy::mean;
  }
  return configuration;
}

std::string golden_lines_text(std::size_t count) {
  static const auto golden = read_golden_text("items.jsonl");
  const auto first_id = std::string{"{\"work_item_id\":"};
  auto text = std::string{};
  auto lines = std::istringstream{golden};
  auto line = std::string{};
  for (std::size_t i = 0; i < count; ++i) {
    if (!std::getline(lines, line)) {
      lines = std::istringstream{golden};
      std::getline(lines, line);
    }
    text += first_id + std::to_string(1000 + i) + line.substr(line.find(','))
            + '\n';
  }
  return text;
}

scoring_request file_request(rule_set rules, const std::filesystem::path& items,
                             std::size_t batch_size) {
  auto request = scoring_request{};
  request.configuration = mixed_configuration(rules);
  request.items = items.string();
  request.batch_size = batch_size;
  return request;
}

} // namespace troupe::tests
