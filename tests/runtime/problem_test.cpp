#include "runtime/problem.hpp"

#include <catch2/catch.hpp>

using namespace troupe::runtime;

TEST_CASE("a problem reads like a compiler's error") {
  const auto reason = problem{problem_kind::invalid_input,
                              "unknown key",
                              "qvf.yaml",
                              12,
                              3,
                              "criteria[0].wieght",
                              "did you mean \"weight\"?"};
  CHECK(render(reason)
        == "qvf.yaml:12:3: unknown key (key criteria[0].wieght)\n"
           "  hint: did you mean \"weight\"?");
}

TEST_CASE("absent parts of a problem leave no trace") {
  auto reason = problem{};
  reason.message = "disk full";
  CHECK(render(reason) == "disk full");
  CHECK(render_json(reason) == R"({"kind":"failed","message":"disk full"})");
}

TEST_CASE("a problem with foreign bytes is still JSON") {
  auto reason = problem{};
  reason.message = "bad byte \xFF";
  CHECK(render_json(reason).find("bad byte") != std::string::npos);
}
