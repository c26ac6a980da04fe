#include "runtime/thrown_problem.hpp"

#include <catch2/catch.hpp>

#include <new>
#include <stdexcept>

using namespace troupe::runtime;

TEST_CASE("whatever is thrown becomes a problem") {
  const auto none
    = describe_thrown(std::make_exception_ptr(std::bad_alloc{}), "take less");
  CHECK(none.kind == problem_kind::unavailable);
  CHECK(none.hint == "take less");
  const auto known = describe_thrown(
    std::make_exception_ptr(std::runtime_error{"why"}), "take less");
  CHECK(known.message == "internal error: why");
  CHECK(known.hint.empty());
  CHECK(describe_thrown(std::make_exception_ptr(1), "").message
        == "internal error");
}
