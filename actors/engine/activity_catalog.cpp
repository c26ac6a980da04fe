#include "actors/engine/activity_catalog.hpp"

#include "actors/engine/argument_check.hpp"

#include <utility>

namespace troupe::engine {

namespace {

using type = argument_type;

activity_argument needed(std::string name, argument_type of) {
  return {std::move(name), of, true};
}

activity_argument allowed(std::string name, argument_type of) {
  return {std::move(name), of, false};
}

activity_spec waiting(std::string name, std::string purpose,
                      std::vector<activity_argument> arguments) {
  auto spec = activity_spec{};
  spec.name = std::move(name);
  spec.purpose = std::move(purpose);
  spec.arguments = std::move(arguments);
  spec.repeating = repetition::idempotent;
  return spec;
}

activity_spec command() {
  auto spec = activity_spec{};
  spec.name = "command";
  spec.purpose = "runs a program in a process group of its own";
  spec.arguments = {allowed("argv", type::texts),
                    allowed("shell", type::text),
                    allowed("cwd", type::text),
                    allowed("env", type::text_map),
                    allowed("inherit_env", type::texts),
                    allowed("stdin", type::any),
                    allowed("output", type::text),
                    allowed("output_bytes_max", type::size),
                    allowed("grace", type::duration)};
  spec.alternatives = {"argv", "shell"};
  spec.cost = 20.0;
  spec.error_kinds = {"exit_nonzero",     "signal",    "bad_output",
                      "output_too_large", "not_found", "denied"};
  return spec;
}

activity_spec http() {
  auto spec = activity_spec{};
  spec.name = "http";
  spec.purpose = "sends a request to an HTTP server";
  spec.arguments = {needed("url", type::text),
                    allowed("method", type::text),
                    allowed("headers", type::text_map),
                    allowed("auth", type::object),
                    allowed("body", type::any),
                    allowed("json", type::any),
                    allowed("expect", type::integers),
                    allowed("output", type::text),
                    allowed("output_bytes_max", type::size),
                    allowed("timeout", type::duration),
                    allowed("follow_redirects", type::boolean)};
  spec.cost = 5.0;
  spec.error_kinds
    = {"http_status", "connect",          "connection_lost", "tls",
       "bad_reply",   "output_too_large", "not_found",       "denied"};
  return spec;
}

activity_spec score() {
  auto spec = activity_spec{};
  spec.name = "score";
  spec.purpose = "scores a portfolio";
  spec.arguments = {
    needed("items", type::text),          allowed("format", type::text),
    allowed("query", type::text),         allowed("token", type::text),
    allowed("endpoint", type::text),      allowed("financials", type::text),
    allowed("config", type::text),        allowed("preset", type::text),
    allowed("case", type::text),          allowed("rules", type::text),
    allowed("custom_fields", type::text), allowed("mode", type::text),
    allowed("ids", type::texts),          allowed("base", type::text),
    allowed("as_of", type::text),         allowed("batch_size", type::integer),
    allowed("out", type::text),           allowed("scores", type::text),
    allowed("on_bad_item", type::text),   allowed("decimals", type::integer),
    allowed("details", type::boolean),    allowed("top", type::integer)};
  spec.repeating = repetition::idempotent;
  spec.cost = 1'000.0;
  spec.error_kinds = {"not_found"};
  return spec;
}

activity_spec simulate() {
  auto spec = activity_spec{};
  spec.name = "simulate";
  spec.purpose = "simulates a workforce over years";
  spec.arguments = {
    needed("census", type::text),        needed("config", type::text),
    allowed("scenario", type::text),     allowed("mapping", type::text),
    allowed("on_bad_row", type::text),   allowed("duplicates", type::text),
    allowed("start_year", type::any),    allowed("end_year", type::any),
    allowed("seed", type::any),          allowed("set", type::texts),
    allowed("optimization", type::text), allowed("fail_fast", type::boolean),
    allowed("workers", type::integer),   allowed("batch_size", type::integer),
    allowed("out", type::text),          allowed("memory_limit", type::size)};
  spec.repeating = repetition::idempotent;
  spec.cost = 10'000.0;
  spec.error_kinds = {"not_found"};
  return spec;
}

activity_spec noop() {
  auto spec = waiting("noop", "returns what it is given", {});
  spec.takes_others = true;
  return spec;
}

activity_spec approval() {
  auto spec
    = waiting("approval", "waits for a person who may approve",
              {needed("roles", type::texts), allowed("message", type::text)});
  spec.error_kinds = {"rejected"};
  return spec;
}

activity_spec child_run() {
  // Its run is known by the parent's and the step, hence never doubled.
  auto spec
    = waiting("workflow", "starts a run and waits for its end",
              {needed("id", type::text), allowed("inputs", type::object)});
  spec.error_kinds
    = {"child_failed", "child_cancelled", "child_compensated", "not_found"};
  return spec;
}

activity_catalog make_built_in() {
  auto all = activity_catalog{};
  all.add(noop());
  all.add(command());
  all.add(http());
  all.add(waiting("sleep", "waits", {needed("for", type::duration)}));
  all.add(approval());
  all.add(waiting("signal", "waits for a signal from outside",
                  {needed("name", type::text)}));
  all.add(child_run());
  all.add(score());
  all.add(simulate());
  return all;
}

} // namespace

bool is_of_engine(std::string_view activity) noexcept {
  return activity == "sleep" || activity == "signal" || activity == "approval"
         || activity == "workflow";
}

const std::vector<std::string>& shared_error_kinds() {
  static const auto kinds
    = std::vector<std::string>{"failed",       "timeout",     "crashed",
                               "worker_lost",  "interrupted", "unavailable",
                               "invalid_input"};
  return kinds;
}

void activity_catalog::add(activity_spec spec) {
  auto name = spec.name;
  specs_.insert_or_assign(std::move(name), std::move(spec));
}

const activity_spec* activity_catalog::find(std::string_view name) const {
  const auto found = specs_.find(name);
  return found == specs_.end() ? nullptr : &found->second;
}

std::vector<std::string_view> activity_catalog::names() const {
  auto result = std::vector<std::string_view>{};
  for (const auto& [name, spec] : specs_)
    result.emplace_back(name);
  return result;
}

const activity_catalog& built_in_activities() {
  static const auto all = make_built_in();
  return all;
}

} // namespace troupe::engine
