#include "tests/support/places.hpp"
#include "tests/support/program.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace troupe::tests;

namespace {

program_result generate(std::vector<std::string> arguments) {
  const auto folder = temporary_folder{};
  auto asked = program_run{};
  asked.folder = folder.path();
  asked.arguments = {"generate", "census"};
  asked.arguments.insert(asked.arguments.end(), arguments.begin(),
                         arguments.end());
  return run_program(asked);
}

} // namespace

TEST_CASE("a census of made-up people is printed, the same for one seed") {
  const auto result = generate({"--people", "25", "--seed", "7"});
  CHECK(result.exit_code == 0);
  CHECK(result.err.empty());
  CHECK(result.out.starts_with("employee_id,key,birth_date,hire_date,level_id,"
                               "compensation_cents,deferral_ppm\n"
                               "EMP_0000001,1,"));
  CHECK(std::ranges::count(result.out, '\n') == 26);
  const auto more = generate({"--people", "30", "--seed", "7"});
  CHECK(more.out.starts_with(result.out));
  CHECK_FALSE(generate({"--people", "25", "--seed", "8"}).out == result.out);
  CHECK_FALSE(
    generate({"--people", "25", "--seed", "7", "--start-year", "2030"}).out
    == result.out);
}

TEST_CASE("a census of nobody or of no year is refused") {
  CHECK(generate({"--people", "0"}).exit_code == 2);
  CHECK(generate({"--start-year", "1"}).exit_code == 2);
}
