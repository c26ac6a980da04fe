#include "runtime/query/postgres_error.hpp"

#include "runtime/utf8.hpp"

#include <algorithm>

namespace troupe::runtime {

namespace {

struct meaning {
  /// A state, or the class it begins with.
  std::string_view state;
  problem_kind kind;
  std::string_view hint;
};

constexpr auto query_hint = std::string_view{
  "correct the query; in psql, \\d shows tables and columns"};
constexpr auto password_hint = std::string_view{
  "check user and password: ?password=secret://env/NAME in the address, "
  "PGPASSWORD or ~/.pgpass"};
constexpr auto later_hint
  = std::string_view{"try again later, or check the server"};

/// The first that fits counts.
constexpr meaning meanings[] = {
  {"28", problem_kind::denied, password_hint},
  {"42501", problem_kind::denied, "ask for the right to SELECT"},
  {"3D000", problem_kind::not_found,
   "check the end of the address; psql -l lists databases"},
  {"57014", problem_kind::timeout,
   "make the query faster, or allow it more time with "
   "?options=-c%20statement_timeout=1h in the address"},
  {"25006", problem_kind::invalid_input, "write one SELECT that only reads"},
  {"22", problem_kind::invalid_input, query_hint},
  {"25", problem_kind::invalid_input, "write one SELECT"},
  {"42", problem_kind::invalid_input, query_hint},
  {"0A", problem_kind::invalid_input, query_hint},
  {"2F", problem_kind::invalid_input, query_hint},
  {"08P01", problem_kind::invalid_input, "write values in place of $1"},
  {"08", problem_kind::unavailable, later_hint},
  {"53", problem_kind::unavailable, later_hint},
  {"57P", problem_kind::unavailable, later_hint},
  {"40", problem_kind::unavailable, later_hint},
  {"", problem_kind::failed, "see the log of the server"},
};

bool is_state(std::string_view text) {
  return text.size() == 5 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
         });
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' '))
    text.remove_suffix(1);
  return text;
}

/// "line 2, column 7", both from 1, of the position-th character.
std::string place_of(std::size_t position, std::string_view sql) {
  auto line = std::size_t{1};
  auto column = std::size_t{1};
  for (auto i = std::size_t{1}; i < position && !sql.empty(); ++i) {
    const auto is_end = sql.front() == '\n';
    line += is_end ? 1 : 0;
    column = is_end ? 1 : column + 1;
    sql.remove_prefix(first_utf8_character(sql).length);
  }
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

} // namespace

postgres_error read_verbose_error(std::string_view text) {
  auto error = postgres_error{};
  // What precedes the severity names the server, in one line.
  for (auto at = text.find(":  "); at != std::string_view::npos;
       at = text.find(":  ", at + 1)) {
    const auto state = text.substr(at + 3, 5);
    if (!is_state(state) || text.substr(at + 8, 2) != ": ")
      continue;
    error.state = state;
    const auto words = text.substr(at + 10);
    error.message = words.substr(0, words.find('\n'));
    return error;
  }
  error.message = trim(text);
  std::replace(error.message.begin(), error.message.end(), '\n', ' ');
  return error;
}

problem to_problem(const postgres_error& error, std::string_view sql) {
  auto reason = problem{};
  reason.message = error.message;
  if (error.position != 0)
    reason.message += " at " + place_of(error.position, sql) + " of the query";
  if (error.state.empty()) {
    reason.kind = problem_kind::unavailable;
    reason.hint = "check the address, and that the server runs and can be "
                  "reached";
    return reason;
  }
  const auto* const found = std::find_if(
    std::begin(meanings), std::end(meanings),
    [&](const auto& one) { return error.state.starts_with(one.state); });
  reason.kind = found->kind;
  reason.hint = found->hint;
  return reason;
}

} // namespace troupe::runtime
