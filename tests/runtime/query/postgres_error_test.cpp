#include "runtime/query/postgres_error.hpp"

#include <catch2/catch.hpp>

#include <utility>
#include <vector>

using namespace troupe::runtime;

TEST_CASE("a verbose message has a state in any language") {
  const auto error = read_verbose_error(
    "connection to server on socket \"/tmp/x\" failed: SCHWERWIEGEND:  28P01: "
    "Passwort falsch\nORT:  auth.c:326\n");
  CHECK(error.state == "28P01");
  CHECK(error.message == "Passwort falsch");
  const auto silent = read_verbose_error("connection refused:  why\n\tnot?\n");
  CHECK(silent.state.empty());
  CHECK(silent.message == "connection refused:  why \tnot?");
}

TEST_CASE("states say what to do") {
  const auto cases = std::vector<std::pair<std::string, problem_kind>>{
    {"28P01", problem_kind::denied},
    {"28000", problem_kind::denied},
    {"42501", problem_kind::denied},
    {"3D000", problem_kind::not_found},
    {"42601", problem_kind::invalid_input},
    {"42P01", problem_kind::invalid_input},
    {"22012", problem_kind::invalid_input},
    {"25006", problem_kind::invalid_input},
    {"57014", problem_kind::timeout},
    {"57P03", problem_kind::unavailable},
    {"53300", problem_kind::unavailable},
    {"08006", problem_kind::unavailable},
    {"", problem_kind::unavailable},
    {"XX000", problem_kind::failed},
  };
  for (const auto& [state, kind] : cases) {
    const auto reason = to_problem({state, "words"}, {});
    CAPTURE(state);
    CHECK(reason.kind == kind);
    CHECK(reason.message == "words");
    CHECK_FALSE(reason.hint.empty());
  }
}

TEST_CASE("a position is a line and a column of the query") {
  const auto place = [](std::size_t position) {
    return to_problem({"42601", "m", position}, "S\xC3\xA4\nfrom t").message;
  };
  CHECK(place(0) == "m");
  CHECK(place(1) == "m at line 1, column 1 of the query");
  CHECK(place(3) == "m at line 1, column 3 of the query");
  CHECK(place(5) == "m at line 2, column 2 of the query");
  CHECK(place(99) == "m at line 2, column 7 of the query");
}
