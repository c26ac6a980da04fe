#include "tests/support/places.hpp"
#include "tests/support/program.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace troupe::tests;

namespace {

class fixture {
public:
  [[nodiscard]] program_result run(std::vector<std::string> arguments) const {
    auto asked = program_run{};
    asked.arguments = std::move(arguments);
    asked.folder = folder.path();
    return run_program(asked);
  }

  temporary_folder folder;
};

} // namespace

TEST_CASE_METHOD(fixture, "a file of guards is validated") {
  const auto file = (source_dir() / "tools/examples/guards.yaml").string();
  const auto text = run({"guard", "validate", file});
  CHECK(text.exit_code == 0);
  CHECK(text.out == file + ": 2 guards: ado, inference\n");
  const auto as_json = run({"guard", "validate", file, "--output", "json"});
  CHECK(as_json.exit_code == 0);
  CHECK(nlohmann::json::parse(as_json.out)["guards"]
        == nlohmann::json{"ado", "inference"});
}

TEST_CASE_METHOD(fixture, "all that is wrong with a file of guards is told") {
  folder.write("guards.yaml", "apiVersion: troupe/v1\n"
                              "kind: Guards\n"
                              "guards:\n"
                              "  ado:\n"
                              "    bulkhead: {concurent: 3}\n"
                              "    deadline: 5\n");
  const auto result = run({"guard", "validate", "guards.yaml"});
  CHECK(result.exit_code == 2);
  CHECK(result.out.empty());
  CHECK(result.err.find("guards.yaml:5:") != std::string::npos);
  CHECK(result.err.find("did you mean \"concurrent\"?") != std::string::npos);
  CHECK(result.err.find("guards.yaml:6:") != std::string::npos);
  CHECK(run({"guard", "validate", "none.yaml"}).exit_code == 3);
}
