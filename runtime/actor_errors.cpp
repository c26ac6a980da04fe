#include "runtime/actor_errors.hpp"

#include "runtime/store/store_error.hpp"

#include <caf/exit_reason.hpp>
#include <caf/make_message.hpp>
#include <caf/sec.hpp>

namespace troupe::runtime {

namespace {

problem make_problem(problem_kind kind, std::string message) {
  auto result = problem{};
  result.kind = kind;
  result.message = std::move(message);
  return result;
}

/// Kinds of a newer node count as `failed`.
problem_kind known_kind(std::uint8_t code) {
  const auto kind = static_cast<problem_kind>(code);
  switch (kind) {
    case problem_kind::failed:
    case problem_kind::invalid_input:
    case problem_kind::not_found:
    case problem_kind::conflict:
    case problem_kind::timeout:
    case problem_kind::unavailable:
    case problem_kind::denied:
    case problem_kind::interrupted:
      return kind;
  }
  return problem_kind::failed;
}

problem decode(std::uint8_t code, const caf::message& context) {
  auto result = make_problem(known_kind(code), {});
  if (context.match_elements<std::string, std::string, std::uint64_t,
                             std::uint64_t, std::string, std::string>()) {
    result.message = context.get_as<std::string>(0);
    result.file = context.get_as<std::string>(1);
    result.line = context.get_as<std::uint64_t>(2);
    result.column = context.get_as<std::uint64_t>(3);
    result.key = context.get_as<std::string>(4);
    result.hint = context.get_as<std::string>(5);
  } else if (context.match_elements<std::string>()) {
    result.message = context.get_as<std::string>(0);
  }
  if (result.message.empty())
    result.message = to_string(result.kind);
  return result;
}

/// The text that came with an error, if any.
std::string with_context(std::string text, const caf::error& error) {
  if (error.context().match_elements<std::string>())
    text += ": " + error.context().get_as<std::string>(0);
  return text;
}

problem from_system(const caf::error& error) {
  const auto code = static_cast<caf::sec>(error.code());
  switch (code) {
    case caf::sec::request_timeout:
    case caf::sec::connection_timeout:
      return make_problem(problem_kind::timeout,
                          with_context("no answer in time", error));
    case caf::sec::request_receiver_down:
    case caf::sec::no_route_to_receiving_node:
    case caf::sec::cannot_connect_to_node:
    case caf::sec::remote_lookup_failed:
    case caf::sec::socket_disconnected:
    case caf::sec::unavailable_or_would_block:
      return make_problem(problem_kind::unavailable,
                          with_context("whoever should answer is not there",
                                       error));
    case caf::sec::invalid_argument:
    case caf::sec::end_of_stream:
    case caf::sec::unexpected_message:
      return make_problem(problem_kind::invalid_input,
                          with_context("the message was not understood",
                                       error));
    default:
      return make_problem(problem_kind::failed,
                          with_context("internal error: " + to_string(code),
                                       error));
  }
}

problem from_exit(const caf::error& error) {
  const auto reason = static_cast<caf::exit_reason>(error.code());
  switch (reason) {
    case caf::exit_reason::normal:
    case caf::exit_reason::user_shutdown:
      return make_problem(problem_kind::interrupted, "asked to stop");
    case caf::exit_reason::kill:
      return make_problem(problem_kind::failed, "killed");
    case caf::exit_reason::remote_link_unreachable:
    case caf::exit_reason::unreachable:
      return make_problem(problem_kind::unavailable, "its node is gone");
    default:
      return make_problem(problem_kind::failed,
                          with_context("ended with " + to_string(reason),
                                       error));
  }
}

problem from_store(const caf::error& error) {
  auto failure = store_failure{};
  failure.code = static_cast<store_error>(error.code());
  const auto& context = error.context();
  failure.text = context.match_elements<std::string>()
                   ? context.get_as<std::string>(0)
                   : to_string(failure.code);
  return to_problem(failure);
}

/// Whether the text needs no system. An error without a code has no category.
bool is_known(const caf::error& error) {
  if (!error)
    return true;
  const auto category = error.category();
  return category == caf::atom("troupe") || category == caf::atom("store")
         || category == caf::atom("system") || category == caf::atom("exit");
}

} // namespace

caf::error to_error(const problem& reason) {
  return {
    static_cast<std::uint8_t>(reason.kind), caf::atom("troupe"),
    caf::make_message(reason.message, reason.file, std::uint64_t{reason.line},
                      std::uint64_t{reason.column}, reason.key, reason.hint)};
}

problem to_problem(const caf::error& error, const caf::actor_system& system) {
  if (is_known(error))
    return to_problem(error);
  return make_problem(problem_kind::failed, system.render(error));
}

problem to_problem(const caf::error& error) {
  if (!error)
    return make_problem(problem_kind::failed, "no error");
  if (error.category() == caf::atom("troupe"))
    return decode(error.code(), error.context());
  if (error.category() == caf::atom("store"))
    return from_store(error);
  if (error.category() == caf::atom("system"))
    return from_system(error);
  if (error.category() == caf::atom("exit"))
    return from_exit(error);
  return make_problem(problem_kind::failed, caf::to_string(error));
}

std::string render_problem(std::uint8_t code, caf::atom_value,
                           const caf::message& context) {
  return render(decode(code, context));
}

} // namespace troupe::runtime
