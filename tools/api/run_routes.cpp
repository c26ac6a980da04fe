#include "runtime/ids.hpp"
#include "tools/api/api_input.hpp"
#include "tools/api/api_routes.hpp"
#include "tools/cli/run_lookup.hpp"
#include "tools/cli/run_report.hpp"

#include <algorithm>
#include <utility>

namespace troupe::tools {

using engine::recorded_runs;
using json = nlohmann::ordered_json;
using runtime::http_method;
using runtime::http_reply;
using runtime::outcome;
using runtime::problem_reply;

namespace {

constexpr auto runs_per_page = std::size_t{20};
constexpr auto runs_per_page_max = std::size_t{1'000};
constexpr auto events_per_page = std::size_t{1'000};
constexpr auto events_per_page_max = std::size_t{10'000};

http_reply reply_with(outcome<json> value) {
  return value ? tools::reply_with(*value) : problem_reply(value.error());
}

/// A list with, if there is more, where it goes on.
json page_of(const char* key, json entries, std::int64_t next, bool has_more) {
  auto page = json{{key, std::move(entries)}};
  if (has_more)
    page["next_cursor"] = std::to_string(next);
  return page;
}

http_reply submit(const api_services& with, const messages::SubmitRun& wanted) {
  const auto accepted = with.engine.submit(wanted);
  if (!accepted) {
    auto reason = accepted.error();
    if (reason.kind == runtime::problem_kind::timeout && reason.hint.empty())
      reason.hint = "it may be accepted still: ask again with the same "
                    "Idempotency-Key";
    return problem_reply(reason);
  }
  constexpr auto ok = 200;
  constexpr auto created = 201;
  auto reply = tools::reply_with(json{{"run_id", accepted->run_id()},
                                      {"number", accepted->number()},
                                      {"is_known", accepted->is_known()}},
                                 accepted->is_known() ? ok : created);
  reply.headers.push_back({"Location", "/v1/runs/" + accepted->run_id()});
  return reply;
}

http_reply submit(const api_services& with, const api_call& call) {
  const auto wanted = read_submission(call.request);
  return wanted ? submit(with, *wanted) : wanted.error();
}

http_reply list(const api_services& with, const api_call& call) {
  if (auto checked = check_query(call.query, {"status", "workflow", "since",
                                              "limit", "cursor"});
      !checked)
    return checked.error();
  const auto page = read_page(call.query, runs_per_page, runs_per_page_max);
  if (!page)
    return page.error();
  auto filter = engine::run_filter{};
  if (const auto found = call.query.find("status"); found != call.query.end())
    filter.status = found->second;
  if (const auto found = call.query.find("workflow"); found != call.query.end())
    filter.workflow_id = found->second;
  const auto since = read_since(call.query, runtime::real_clock{}.now());
  if (!since)
    return since.error();
  filter.since = *since;
  filter.before = page->cursor;
  // One more tells whether there is a next page.
  filter.limit = page->limit + 1;
  return reply_with(
    with.readers.with([&](recorded_runs& runs) -> outcome<json> {
      const auto found = runs.list(filter);
      if (!found)
        return runtime::fail(found.error());
      const auto shown = std::min(found->size(), page->limit);
      auto entries = json::array();
      for (std::size_t i = 0; i < shown; ++i)
        entries.push_back(to_json((*found)[i]));
      const auto next = shown == 0 ? 0 : (*found)[shown - 1].number;
      return page_of("runs", std::move(entries), next, found->size() > shown);
    }));
}

http_reply show(const api_services& with, const api_call& call) {
  return reply_with(
    with.readers.with([&](recorded_runs& runs) -> outcome<json> {
      const auto found = find_run(runs, call.names.at("run"));
      if (!found)
        return runtime::fail(found.error());
      return to_json(found->record, *found->state);
    }));
}

http_reply explain(const api_services& with, const api_call& call) {
  auto known = engine::engine_then{std::nullopt, runtime::real_clock{}.now()};
  if (auto states = with.engine.guards())
    known.states = std::move(*states);
  if (auto queue = with.engine.queue())
    known.queue = std::move(*queue);
  return reply_with(
    with.readers.with([&](recorded_runs& runs) -> outcome<json> {
      const auto found = find_run(runs, call.names.at("run"));
      if (!found)
        return runtime::fail(found.error());
      auto chain = engine::waiting_chain(runs, *found->state, known);
      if (!chain)
        return runtime::fail(chain.error());
      if (auto named
          = engine::name_holders(*chain, *found->state, with.readers.store());
          !named)
        return runtime::fail(named.error());
      return json{{"run_id", found->record.run_id},
                  {"status", found->record.status},
                  {"waits_for", to_json(*chain)}};
    }));
}

http_reply history(const api_services& with, const api_call& call) {
  if (auto checked = check_query(call.query, {"limit", "cursor"}); !checked)
    return checked.error();
  const auto page = read_page(call.query, events_per_page, events_per_page_max);
  if (!page)
    return page.error();
  return reply_with(
    with.readers.with([&](recorded_runs& runs) -> outcome<json> {
      const auto record = runs.find(call.names.at("run"));
      if (!record)
        return runtime::fail(record.error());
      const auto of = runs.version(record->workflow_digest);
      if (!of)
        return runtime::fail(of.error());
      const auto events = runs.history(record->number);
      if (!events)
        return runtime::fail(events.error());
      // Sequences are 1, 2, 3, ...: the cursor is how many were shown.
      const auto first = std::min(
        events->size(), static_cast<std::size_t>(page->cursor.value_or(0)));
      const auto end = first + std::min(events->size() - first, page->limit);
      auto entries = json::array();
      for (auto i = first; i < end; ++i)
        entries.push_back(to_json((*events)[i], *of->definition));
      return page_of("events", std::move(entries),
                     static_cast<std::int64_t>(end), end < events->size());
    }));
}

/// The run as it is stored, by any name that it may have; without a store, its
/// whole id is all that there is.
outcome<engine::recorded_run> record_of(const api_services& with,
                                        const api_call& call) {
  const auto& name = call.names.at("run");
  if (!with.readers.has_store() && runtime::uuid::parse(name)) {
    auto named = engine::recorded_run{};
    named.run_id = name;
    return named;
  }
  auto found
    = with.readers.with([&](recorded_runs& runs) { return runs.find(name); });
  if (!found && !with.readers.has_store())
    found.error().hint = "give the whole id of the run, or ask a coordinator";
  return found;
}

http_reply change(const api_services& with, const api_call& call,
                  run_change what) {
  auto wanted = read_change(call.request, what);
  if (!wanted)
    return wanted.error();
  const auto record = record_of(with, call);
  if (!record)
    return problem_reply(record.error());
  wanted->set_run_id(record->run_id);
  const auto changed = with.engine.change(*wanted);
  if (!changed)
    return problem_reply(changed.error());
  return tools::reply_with(
    json{{"run_id", record->run_id}, {"status", changed->status()}});
}

http_reply derive(const api_services& with, const api_call& call,
                  run_derivation what) {
  auto wanted = read_derivation(call.request, what);
  if (!wanted)
    return wanted.error();
  const auto record = record_of(with, call);
  if (!record)
    return problem_reply(record.error());
  wanted->mutable_derived()->set_run_id(record->run_id);
  return submit(with, *wanted);
}

http_reply wait(const api_services& with, const api_call& call) {
  if (auto checked = check_query(call.query, {"timeout"}); !checked)
    return checked.error();
  const auto patience = read_patience(call.query);
  if (!patience)
    return patience.error();
  const auto record = record_of(with, call);
  if (!record)
    return problem_reply(record.error());
  if (record->is_over)
    return tools::reply_with(json{{"run_id", record->run_id},
                                  {"status", record->status},
                                  {"reason", record->reason}});
  const auto ended = with.engine.await(record->run_id, *patience);
  if (!ended)
    return problem_reply(ended.error());
  return tools::reply_with(json{{"run_id", ended->run_id()},
                                {"status", ended->status()},
                                {"reason", ended->reason()}});
}

} // namespace

void add_run_routes(std::vector<api_route>& to, api_services& services) {
  using action = http_reply (*)(const api_services&, const api_call&);
  const auto add = [&](http_method method, const char* path, action act) {
    to.push_back({{method, path}, [&services, act](const api_call& call) {
                    return act(services, call);
                  }});
  };
  add(http_method::post, "/v1/runs", submit);
  add(http_method::get, "/v1/runs", list);
  add(http_method::get, "/v1/runs/{run}", show);
  add(http_method::get, "/v1/runs/{run}/history", history);
  add(http_method::get, "/v1/runs/{run}/why", explain);
  add(http_method::get, "/v1/runs/{run}/wait", wait);
  for (const auto what :
       {run_change::pause, run_change::resume, run_change::cancel,
        run_change::terminate, run_change::retry, run_change::signal})
    to.push_back(
      {{http_method::post, "/v1/runs/{run}/" + std::string{to_string(what)}},
       [&services, what](const api_call& call) {
         return change(services, call, what);
       }});
  for (const auto what : {run_derivation::rerun, run_derivation::reset})
    to.push_back(
      {{http_method::post, "/v1/runs/{run}/" + std::string{to_string(what)}},
       [&services, what](const api_call& call) {
         return derive(services, call, what);
       }});
}

} // namespace troupe::tools
