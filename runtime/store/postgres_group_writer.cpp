#include "runtime/store/postgres_group_writer.hpp"

#include "runtime/store/postgres_lock.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace troupe::runtime {

using namespace std::chrono_literals;

namespace {

using steady_clock = std::chrono::steady_clock;

// Between attempts to reach a lost server; the first one is made at once.
constexpr std::chrono::milliseconds pause_min = 50ms;
constexpr std::chrono::milliseconds pause_max = 2s;

// A group is sent as a whole this many times, then each transaction alone.
constexpr auto whole_tries = 2;

// Rows of a statement that go out together: enough to make the way there cheap,
// little enough for the memory of both.
constexpr std::size_t batch_rows_max = 8'192;
constexpr std::size_t batch_bytes_max = 4U << 20;

// Tags of what is no statement of a request.
constexpr auto control_tag = static_cast<std::size_t>(-1);
constexpr auto fence_tag = static_cast<std::size_t>(-2);

constexpr auto undo_one = "ROLLBACK TO SAVEPOINT one";

constexpr auto check_deferred
  = {"SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL DEFERRED"};

/// Rows from `first` on that fit into one batch; at least one.
std::size_t batch_size(std::span<const messages::column> columns,
                       std::size_t first) {
  auto bytes = std::size_t{0};
  auto row = first;
  const auto end = std::min(columns.front().size(), first + batch_rows_max);
  for (; row < end && bytes < batch_bytes_max; ++row)
    for (const auto& values : columns) {
      const auto is_text = values.type() == messages::column::kind::texts
                           || values.type() == messages::column::kind::blobs;
      bytes += is_text ? values.text(row).size() : 8;
    }
  return row - first;
}

} // namespace

postgres_group_writer::postgres_group_writer(postgres_address address,
                                             write_fence fence,
                                             const postgres_times& times)
  : address_{std::move(address)}, fence_{std::move(fence)}, times_{times} {}

outcome<std::unique_ptr<group_writer>>
postgres_group_writer::open(const store_options& options,
                            const migration_list& schema, clock::wall_time now,
                            const postgres_times& times) {
  auto address = find_postgres_address(options.path);
  if (!address)
    return fail(std::move(address.error()));
  auto made = std::unique_ptr<postgres_group_writer>{
    new postgres_group_writer{std::move(*address), options.fence, times}};
  if (auto done = made->connect(); !done)
    return fail(std::move(done.error()));
  auto& connection = *made->connection_;
  if (auto done = apply_migrations(connection, schema, now); !done) {
    auto reason = std::move(done.error());
    reason.file = connection.name();
    return fail(std::move(reason));
  }
  auto number = count_postgres_writer(connection);
  if (!number)
    return fail(std::move(number.error()));
  made->number_ = *number;
  if (auto done = made->note_constraints(); !done)
    return fail(std::move(done.error()));
  return std::unique_ptr<group_writer>{std::move(made)};
}

outcome<void> postgres_group_writer::connect() {
  const auto former = connection_ ? connection_->server_process() : 0;
  auto opened = postgres_connection::open(
    address_, postgres_connection::access::write, times_);
  if (!opened)
    return fail(std::move(opened.error()));
  if (auto locked = lock_postgres(**opened, fence_, former); !locked)
    return locked;
  connection_ = std::move(*opened);
  return {};
}

/// Whether a check may have to wait for the end of its transaction.
outcome<void> postgres_group_writer::note_constraints() {
  return connection_->query(
    "SELECT count(*) FROM pg_constraint WHERE condeferrable", {},
    [&](const sql_row& row) { has_deferrable_ = row.integer(0) != 0; });
}

store_failure postgres_group_writer::lost(const problem& reason) const {
  return {store_error::unavailable, reason.message};
}

/// A connection that works, or what to tell the group.
std::optional<store_failure> postgres_group_writer::connect_again() {
  if (is_superseded_)
    return fenced_failure();
  if (!connection_->is_lost())
    return std::nullopt;
  if (steady_clock::now() < next_try_)
    return store_failure{store_error::unavailable,
                         "the connection to the server is lost"};
  if (auto done = connect(); !done) {
    pause_ = std::clamp(pause_ * 2, pause_min, pause_max);
    next_try_ = steady_clock::now() + pause_;
    return lost(done.error());
  }
  pause_ = 0ms;
  const auto last = last_postgres_writer(*connection_);
  if (!last)
    return lost(last.error());
  // What we remember of the store is not what is in it any more.
  is_superseded_ = *last != number_;
  return is_superseded_ ? std::optional{fenced_failure()} : std::nullopt;
}

std::optional<store_failure>
postgres_group_writer::commit(group_span group,
                              std::vector<write_result>& results) {
  if (auto failure = connect_again())
    return failure;
  refused_.assign(group.size(), std::nullopt);
  changes_.assign(group.size(), {});
  auto failure = apply_group(group, results);
  if (failure)
    connection_->roll_back();
  return failure;
}

std::optional<store_failure>
postgres_group_writer::apply_group(group_span group,
                                   std::vector<write_result>& results) {
  auto is_applied = false;
  for (auto attempt = 0; attempt < whole_tries && !is_applied; ++attempt) {
    auto refused = std::optional<refusal>{};
    if (auto failure = apply_together(group, refused))
      return failure;
    is_applied = !refused;
    if (is_applied)
      continue;
    connection_->roll_back();
    refused_[refused->request] = std::move(refused->failure);
  }
  if (!is_applied)
    if (auto failure = apply_each(group))
      return failure;
  return commit_applied(group, results);
}

outcome<void> postgres_group_writer::control(postgres_pipeline& to,
                                             const char* sql) {
  return to.run(sql, {}, control_tag);
}

/// The fence has the first place, also where there is none.
void postgres_group_writer::begin_sending() {
  sent_.clear();
  sent_.emplace_back().request = fence_tag;
  last_answered_ = 0;
}

outcome<void> postgres_group_writer::ask_fence(postgres_pipeline& to) {
  if (fence_.sql.empty())
    return {};
  auto& asked = sent_.front();
  const auto translated = connection_->statements().translate(fence_.sql);
  if (!translated) {
    asked.failure = translated.error();
    return {};
  }
  auto values = postgres_parameters{};
  for (const auto& value : fence_.parameters)
    values.add(value);
  return to.run((*translated)->sql, values, 0);
}

std::optional<store_failure> postgres_group_writer::fence_failure() const {
  // Also what happened before any statement, to the transaction itself.
  if (fence_.sql.empty() || sent_.front().failure)
    return sent_.front().failure;
  return sent_.front().rows == 1 ? std::nullopt
                                 : std::optional{fenced_failure()};
}

void postgres_group_writer::take(std::size_t tag,
                                 const postgres_pipeline::answer& answer) {
  auto failure = std::optional<store_failure>{};
  if (answer.error)
    failure = store_failure{classify_postgres_state(answer.error->state),
                            answer.error->message};
  // A check that was put off is due to the statements before it.
  auto& of = tag == control_tag ? sent_[last_answered_] : sent_[tag];
  if (failure)
    of.failure = std::move(failure);
  if (tag == control_tag)
    return;
  last_answered_ = tag;
  of.changed += answer.changed;
  of.rows += answer.rows;
}

outcome<void>
postgres_group_writer::send_rows(postgres_pipeline& to,
                                 const messages::SqlStatement& statement,
                                 const postgres_statement& translated,
                                 std::span<const messages::column> columns) {
  const auto tag = sent_.size() - 1;
  const auto rows = columns.empty() ? 0 : columns.front().size();
  auto types = std::vector<std::string_view>{};
  for (const auto& values : columns)
    types.push_back(array_type_of(values));
  const auto fixed = static_cast<std::size_t>(statement.parameters_size());
  const auto batch = to_postgres_batch(statement.sql(), fixed + 1, types);
  auto values = postgres_parameters{};
  for (std::size_t row = 0; row < rows;) {
    values.clear();
    for (const auto& value : statement.parameters())
      values.add(value);
    const auto count = batch ? batch_size(columns, row) : 1;
    for (const auto& from : columns)
      if (batch)
        values.add_array(from, row, count);
      else
        values.add_cell(from, row);
    if (auto done = to.run(batch ? *batch : translated.sql, values, tag); !done)
      return done;
    row += count;
  }
  return {};
}

outcome<void>
postgres_group_writer::send(postgres_pipeline& to,
                            const messages::SqlStatement& statement,
                            const messages::column_block& rows) {
  auto& sent = sent_.back();
  const auto translated = connection_->statements().translate(statement.sql());
  if (!translated) {
    sent.failure = translated.error();
    return {};
  }
  const auto columns
    = choose_columns(statement, rows, (*translated)->parameter_count);
  if (!columns) {
    sent.failure = columns.error();
    return {};
  }
  has_deferrable_ = has_deferrable_ || (*translated)->is_schema_change;
  if (statement.for_each_row())
    return send_rows(to, statement, **translated, *columns);
  auto values = postgres_parameters{};
  for (const auto& value : statement.parameters())
    values.add(value);
  return to.run((*translated)->sql, values, sent_.size() - 1);
}

outcome<void> postgres_group_writer::send(postgres_pipeline& to,
                                          group_span group,
                                          std::size_t request) {
  const auto& statements = group[request].transaction.statements();
  for (auto i = 0; i < statements.size(); ++i) {
    auto& sent = sent_.emplace_back();
    sent.request = request;
    sent.statement = i;
    if (auto done = send(to, statements[i], group[request].rows);
        !done || sent_.back().failure)
      return done;
  }
  // A deferred key would otherwise fail the commit of the whole group.
  if (has_deferrable_ && !statements.empty())
    for (const auto* sql : check_deferred)
      if (auto done = control(to, sql); !done)
        return done;
  return {};
}

/// In the order of the statements, as a failure may follow from one before it.
std::optional<postgres_group_writer::refusal>
postgres_group_writer::first_refusal(group_span group) {
  for (auto& each : changes_)
    each.clear();
  for (const auto& sent : sent_) {
    if (sent.request == fence_tag)
      continue;
    const auto& request = group[sent.request];
    if (sent.failure)
      return refusal{sent.request,
                     name_statement(request, sent.statement, *sent.failure)};
    const auto& statement = request.transaction.statements(sent.statement);
    if (auto checked = check_changes(statement, sent.changed); !checked)
      return refusal{sent.request,
                     name_statement(request, sent.statement, checked.error())};
    changes_[sent.request].push_back(sent.changed);
  }
  return std::nullopt;
}

std::optional<store_failure>
postgres_group_writer::apply_together(group_span group,
                                      std::optional<refusal>& refused) {
  begin_sending();
  auto to = postgres_pipeline{
    *connection_, [this](std::size_t tag, const auto& of) { take(tag, of); }};
  const auto send_all = [&]() -> outcome<void> {
    if (auto done = to.begin(); !done)
      return done;
    if (auto done = control(to, "BEGIN"); !done)
      return done;
    if (auto done = ask_fence(to); !done)
      return done;
    for (std::size_t i = 0; i < group.size(); ++i) {
      if (refused_[i])
        continue;
      if (auto done = send(to, group, i); !done)
        return done;
      if (!sent_.empty() && sent_.back().failure)
        break; // It never left; what follows would have to go again.
    }
    return to.finish();
  };
  if (auto done = send_all(); !done)
    return lost(done.error());
  if (auto failure = fence_failure())
    return failure;
  refused = first_refusal(group);
  if (refused && !is_of_transaction(refused->failure.code))
    return std::move(refused->failure);
  return std::nullopt;
}

outcome<void> postgres_group_writer::send_alone(group_span group,
                                                std::size_t request,
                                                one_before before) {
  begin_sending();
  auto to = postgres_pipeline{
    *connection_, [this](std::size_t tag, const auto& of) { take(tag, of); }};
  if (auto done = to.begin(); !done)
    return done;
  if (before == one_before::none)
    if (auto done = ask_fence(to); !done)
      return done;
  // How the one before has ended goes along with this one.
  if (before == one_before::refused)
    if (auto done = control(to, undo_one); !done)
      return done;
  if (before != one_before::none)
    if (auto done = control(to, "RELEASE SAVEPOINT one"); !done)
      return done;
  if (auto done = control(to, "SAVEPOINT one"); !done)
    return done;
  if (auto done = send(to, group, request); !done)
    return done;
  return to.finish();
}

std::optional<store_failure>
postgres_group_writer::apply_each(group_span group) {
  if (auto begun = connection_->begin(); !begun)
    return store_failure{connection_->last_error(), begun.error().message};
  auto changes = std::vector<std::vector<std::int64_t>>(group.size());
  auto before = one_before::none;
  for (std::size_t i = 0; i < group.size(); ++i) {
    if (refused_[i])
      continue;
    if (auto done = send_alone(group, i, before); !done)
      return lost(done.error());
    if (before == one_before::none)
      if (auto failure = fence_failure())
        return failure;
    auto refused = first_refusal(group);
    if (refused && !is_of_transaction(refused->failure.code))
      return std::move(refused->failure);
    before = refused ? one_before::refused : one_before::applied;
    if (refused)
      refused_[i] = std::move(refused->failure);
    else
      changes[i] = std::move(changes_[i]);
  }
  changes_ = std::move(changes);
  if (before == one_before::refused)
    if (auto undone = connection_->execute(undo_one); !undone)
      return store_failure{connection_->last_error(), undone.error().message};
  return std::nullopt;
}

std::optional<store_failure>
postgres_group_writer::commit_applied(group_span group,
                                      std::vector<write_result>& results) {
  if (auto done = connection_->commit(); !done) {
    const auto code = connection_->last_error();
    if (code == store_error::unavailable)
      return store_failure{store_error::outcome_unknown,
                           "the server was lost during the commit, which may "
                           "have happened: "
                             + done.error().message};
    return store_failure{is_of_transaction(code) ? store_error::failed : code,
                         done.error().message};
  }
  for (std::size_t i = 0; i < group.size(); ++i) {
    if (refused_[i]) {
      results.emplace_back(tl::unexpected{std::move(*refused_[i])});
      continue;
    }
    auto committed = messages::TransactionCommitted{};
    for (const auto changed : changes_[i])
      committed.add_changes(changed);
    results.emplace_back(std::move(committed));
  }
  return std::nullopt;
}

} // namespace troupe::runtime
