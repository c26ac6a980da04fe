#include "actors/engine/run_blobs.hpp"

#include "runtime/store/content_digest.hpp"
#include "runtime/store/transactions.hpp"

#include <span>
#include <vector>

namespace troupe::engine {

using messages::RunEvent;
using messages::RunSnapshot;
using runtime::outcome;

namespace {

std::vector<std::uint8_t> bytes_of(const std::string& text) {
  return {text.begin(), text.end()};
}

std::string digest_text(std::string_view contents) {
  const auto digest = runtime::digest_of(contents);
  return {digest.begin(), digest.end()};
}

std::string hex(const std::string& digest) {
  return runtime::to_hex(bytes_of(digest));
}

outcome<void> put_back(std::string& payload, std::string& digest,
                       const blob_source& from) {
  if (digest.empty())
    return {};
  auto contents = from(digest);
  if (!contents)
    return runtime::fail(contents.error());
  payload = std::move(*contents);
  digest.clear();
  return {};
}

} // namespace

const runtime::migration_list& blob_schema() {
  static const auto schema = runtime::migration_list{
    {"engine_blobs", 1,
     "CREATE TABLE engine_blobs ("
     " digest BLOB PRIMARY KEY," // SHA-256.
     " bytes BLOB NOT NULL);"
     "CREATE TABLE engine_blob_uses ("
     " run INTEGER NOT NULL,"
     " digest BLOB NOT NULL,"
     " PRIMARY KEY (run, digest)) WITHOUT ROWID;"
     "CREATE INDEX engine_blob_uses_digest ON engine_blob_uses (digest)"},
  };
  return schema;
}

const std::string& blob_writer::take_out(const run_change& change) {
  if (change.events->size() <= blob_bytes_min)
    return *change.events;
  auto events = messages::RunEvents{};
  if (!events.ParseFromString(*change.events))
    return *change.events;
  for (auto& event : *events.mutable_events())
    take_out(change.number, event);
  return histories_[{change.number, change.last_sequence}]
         = events.SerializeAsString();
}

void blob_writer::take_out(run_number run, RunEvent& from) {
  switch (from.what_case()) {
    case RunEvent::kSubmitted: {
      auto& it = *from.mutable_submitted();
      return take_out(run, *it.mutable_inputs(), *it.mutable_inputs_blob());
    }
    case RunEvent::kSucceeded: {
      auto& it = *from.mutable_succeeded();
      return take_out(run, *it.mutable_output(), *it.mutable_output_blob());
    }
    case RunEvent::kSignal: {
      auto& it = *from.mutable_signal();
      return take_out(run, *it.mutable_payload(), *it.mutable_payload_blob());
    }
    case RunEvent::kTookOver:
      for (auto& step : *from.mutable_took_over()->mutable_steps())
        for (auto& task : *step.mutable_tasks())
          take_out(run, *task.mutable_output(), *task.mutable_output_blob());
      return;
    default:
      return;
  }
}

void blob_writer::take_out(run_number run, RunSnapshot& from) {
  auto& submission = *from.mutable_submission();
  take_out(run, *submission.mutable_inputs(),
           *submission.mutable_inputs_blob());
  for (auto& step : *from.mutable_steps())
    for (auto* works : {step.mutable_tasks(), step.mutable_compensations()})
      for (auto& work : *works)
        take_out(run, *work.mutable_output(), *work.mutable_output_blob());
  for (auto& signal : *from.mutable_signals())
    take_out(run, *signal.mutable_what()->mutable_payload(),
             *signal.mutable_what()->mutable_payload_blob());
}

void blob_writer::take_out(run_number run, std::string& payload,
                           std::string& digest) {
  if (payload.size() <= blob_bytes_min)
    return;
  digest = digest_text(payload);
  uses_.emplace(digest, run);
  contents_.try_emplace(digest, std::move(payload));
  payload.clear();
}

void blob_writer::append_to(messages::CommitTransaction& to) const {
  for (const auto& [digest, contents] : contents_)
    runtime::add_statement(to,
                           "INSERT INTO engine_blobs (digest, bytes) VALUES"
                           " (?1, ?2) ON CONFLICT (digest) DO NOTHING",
                           {bytes_of(digest), bytes_of(contents)});
  for (const auto& [digest, run] : uses_)
    runtime::add_statement(to,
                           "INSERT INTO engine_blob_uses (run, digest) VALUES"
                           " (?1, ?2) ON CONFLICT (run, digest) DO NOTHING",
                           {run, bytes_of(digest)});
}

outcome<void> put_back(RunEvent& event, const blob_source& from) {
  if (event.has_succeeded() && !event.succeeded().output_blob().empty()) {
    auto& it = *event.mutable_succeeded();
    return put_back(*it.mutable_output(), *it.mutable_output_blob(), from);
  }
  if (event.has_submitted() && !event.submitted().inputs_blob().empty()) {
    auto& it = *event.mutable_submitted();
    return put_back(*it.mutable_inputs(), *it.mutable_inputs_blob(), from);
  }
  if (event.has_signal() && !event.signal().payload_blob().empty()) {
    auto& it = *event.mutable_signal();
    return put_back(*it.mutable_payload(), *it.mutable_payload_blob(), from);
  }
  if (event.has_took_over())
    for (auto& step : *event.mutable_took_over()->mutable_steps())
      for (auto& task : *step.mutable_tasks())
        if (auto done = put_back(*task.mutable_output(),
                                 *task.mutable_output_blob(), from);
            !done)
          return done;
  return {};
}

outcome<void> put_back(RunSnapshot& snapshot, const blob_source& from) {
  auto& submission = *snapshot.mutable_submission();
  if (auto done = put_back(*submission.mutable_inputs(),
                           *submission.mutable_inputs_blob(), from);
      !done)
    return done;
  for (auto& step : *snapshot.mutable_steps())
    for (auto* works : {step.mutable_tasks(), step.mutable_compensations()})
      for (auto& work : *works)
        if (auto done = put_back(*work.mutable_output(),
                                 *work.mutable_output_blob(), from);
            !done)
          return done;
  for (auto& signal : *snapshot.mutable_signals()) {
    auto& what = *signal.mutable_what();
    if (auto done
        = put_back(*what.mutable_payload(), *what.mutable_payload_blob(), from);
        !done)
      return done;
  }
  return {};
}

outcome<void> check_blob(std::string_view contents, const std::string& digest) {
  if (digest_text(contents) == digest)
    return {};
  return runtime::fail(runtime::problem_kind::failed,
                       "the stored payload " + hex(digest)
                         + " is damaged: its SHA-256 is "
                         + hex(digest_text(contents)),
                       "keep the store, and restore a backup beside it");
}

} // namespace troupe::engine
