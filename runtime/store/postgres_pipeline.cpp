#include "runtime/store/postgres_pipeline.hpp"

#include <charconv>
#include <string_view>
#include <utility>

#include <libpq-fe.h>

namespace troupe::runtime {

namespace {

// What may be on its way at most: libpq keeps answers that nobody reads, and
// values that nobody sends.
constexpr std::size_t pending_max = 4'096;
constexpr std::size_t unsent_bytes_max = 1U << 20;

/// A SELECT counts its rows, too, but changes none.
std::int64_t changed_rows(PGresult* result) {
  const auto command = std::string_view{PQcmdStatus(result)};
  if (!command.starts_with("INSERT") && !command.starts_with("UPDATE")
      && !command.starts_with("DELETE"))
    return 0;
  const auto count = std::string_view{PQcmdTuples(result)};
  auto changed = std::int64_t{0};
  std::from_chars(count.data(), count.data() + count.size(), changed);
  return changed;
}

/// The server says so before it goes.
bool is_farewell(std::string_view state) {
  return state.empty() || state.starts_with("57P") || state.starts_with("08")
         || state == "25P03";
}

} // namespace

postgres_pipeline::postgres_pipeline(postgres_connection& on,
                                     answer_handler handle)
  : on_{&on}, handle_{std::move(handle)} {}

tl::unexpected<problem> postgres_pipeline::lost() {
  auto reason = on_->session_->failure();
  return fail(on_->lost(std::move(reason)));
}

outcome<void> postgres_pipeline::begin() {
  if (on_->statements_.is_full())
    if (auto done = on_->forget_statements(); !done)
      return done;
  if (on_->is_lost() || PQenterPipelineMode(on_->session_->get()) == 0)
    return fail(on_->lost(to_problem(
      postgres_error{{}, "the connection to the server was lost"}, {})));
  return {};
}

outcome<void> postgres_pipeline::run(const std::string& sql,
                                     const postgres_parameters& values,
                                     std::size_t tag) {
  auto* const to = on_->session_->get();
  auto& statement = on_->statements_.find(sql, values.types());
  const auto count = static_cast<int>(values.size());
  if (!std::exchange(statement.is_asked, true)) {
    if (PQsendPrepare(to, statement.name.c_str(), sql.c_str(), count,
                      values.types().data())
        == 0)
      return lost();
    pending_.push_back({sent::preparation, tag, &statement});
  }
  const auto pointers = values.pointers();
  if (PQsendQueryPrepared(to, statement.name.c_str(), count, pointers.data(),
                          values.lengths().data(), values.formats().data(), 1)
      == 0)
    return lost();
  pending_.push_back({sent::execution, tag, &statement});
  unsent_bytes_ += values.size_bytes();
  return keep_bounded();
}

outcome<void> postgres_pipeline::keep_bounded() {
  if (unsent_bytes_ > unsent_bytes_max) {
    unsent_bytes_ = 0;
    if (auto done = on_->session_->flush(on_->deadline()); !done)
      return fail(on_->lost(done.error()));
  }
  if (pending_.size() < pending_max)
    return {};
  if (PQsendFlushRequest(on_->session_->get()) == 0)
    return lost();
  while (pending_.size() > pending_max / 2)
    if (auto done = read_answer(); !done)
      return done;
  return {};
}

outcome<void> postgres_pipeline::finish() {
  if (PQpipelineSync(on_->session_->get()) == 0)
    return lost();
  pending_.push_back({sent::sync, 0, nullptr});
  while (!pending_.empty())
    if (auto done = read_answer(); !done)
      return done;
  if (PQexitPipelineMode(on_->session_->get()) == 0)
    return lost();
  return {};
}

outcome<void> postgres_pipeline::read_answer() {
  const auto of = pending_.front();
  const auto next = [&] { return on_->session_->next_result(on_->deadline()); };
  auto result = next();
  if (!result)
    return fail(on_->lost(result.error()));
  if (!*result) // The end of the statement before.
    return on_->is_lost() ? lost() : outcome<void>{};
  pending_.pop_front();
  if (auto taken = take(of, **result); !taken)
    return taken;
  while (of.what != sent::sync && *result) {
    result = next();
    if (!result)
      return fail(on_->lost(result.error()));
  }
  return {};
}

outcome<void> postgres_pipeline::take(const pending& of,
                                      const pg_result& result) {
  const auto status = PQresultStatus(&result);
  if (of.what == sent::sync)
    return status == PGRES_PIPELINE_SYNC ? outcome<void>{} : lost();
  if (status == PGRES_PIPELINE_ABORTED) {
    if (of.what == sent::preparation)
      of.statement->is_asked = false;
    return {};
  }
  auto found = answer{};
  if (status == PGRES_FATAL_ERROR) {
    found.error = error_of(result);
    if (of.what == sent::preparation)
      of.statement->is_asked = false;
    if (on_->is_lost() || is_farewell(found.error->state)) {
      auto reason = to_problem(*found.error, {});
      return fail(on_->lost(std::move(reason)));
    }
  } else if (of.what == sent::preparation) {
    of.statement->is_known = true;
    return {};
  }
  // Only reads the result, but libpq does not say so.
  found.changed = changed_rows(const_cast<pg_result*>(&result));
  found.rows = static_cast<std::size_t>(PQntuples(&result));
  handle_(of.tag, found);
  return {};
}

} // namespace troupe::runtime
