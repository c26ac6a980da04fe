#include "runtime/store/store_error.hpp"

#include <utility>

namespace troupe::runtime {

std::string to_string(store_error error) {
  switch (error) {
    case store_error::overloaded:
      return "overloaded";
    case store_error::conflict:
      return "conflict";
    case store_error::constraint:
      return "constraint";
    case store_error::bad_statement:
      return "bad_statement";
    case store_error::busy:
      return "busy";
    case store_error::disk_full:
      return "disk_full";
    case store_error::read_only:
      return "read_only";
    case store_error::corrupt:
      return "corrupt";
    case store_error::closed:
      return "closed";
    case store_error::failed:
      return "failed";
    case store_error::unavailable:
      return "unavailable";
    case store_error::outcome_unknown:
      return "outcome_unknown";
    case store_error::fenced:
      return "fenced";
  }
  return "unknown"; // A newer node may send codes that we do not know.
}

problem_kind kind_of(store_error error) noexcept {
  switch (error) {
    case store_error::conflict:
    case store_error::constraint:
    case store_error::fenced:
      return problem_kind::conflict;
    case store_error::bad_statement:
    case store_error::corrupt:
      return problem_kind::invalid_input;
    case store_error::overloaded:
    case store_error::busy:
    case store_error::disk_full:
    case store_error::read_only:
    case store_error::closed:
    case store_error::unavailable:
    case store_error::outcome_unknown:
      return problem_kind::unavailable;
    case store_error::failed:
      break;
  }
  return problem_kind::failed;
}

std::string_view hint_of(store_error error) noexcept {
  switch (error) {
    case store_error::overloaded:
      return "try again later, or send less at a time";
    case store_error::conflict:
      return "somebody else changed the same rows: read them again";
    case store_error::busy:
      return "another program is writing to the file: end it, or try again";
    case store_error::disk_full:
      return "free some space; the next write tries again, no restart needed";
    case store_error::read_only:
      return "check the permissions of the file, its folder and its mount";
    case store_error::corrupt:
      return "check the path; if it is right, restore a backup";
    case store_error::closed:
      return "start the store again";
    case store_error::failed:
      return "check that the path is a file and that its disk works";
    case store_error::unavailable:
      return "check that the database's server runs and can be reached; the "
             "next write tries again";
    case store_error::outcome_unknown:
      return "the write may have happened: read again, then decide";
    case store_error::fenced:
      return "another node leads now: send it there";
    case store_error::constraint:
    case store_error::bad_statement:
      break;
  }
  return {};
}

bool is_of_transaction(store_error error) noexcept {
  return error == store_error::conflict || error == store_error::constraint
         || error == store_error::bad_statement;
}

store_failure fenced_failure() {
  return {store_error::fenced, "this writer's right to write is over"};
}

problem to_problem(const store_failure& failure, std::string path) {
  auto result = problem{};
  result.kind = kind_of(failure.code);
  result.message = failure.text;
  result.file = std::move(path);
  result.hint = hint_of(failure.code);
  return result;
}

} // namespace troupe::runtime
