#include "runtime/process/process_request.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <string>

using namespace troupe::runtime;
using namespace troupe::tests;

namespace {

process_request request_for(std::vector<std::string> argv,
                            environment_map environment = {}) {
  auto request = process_request{};
  request.argv = std::move(argv);
  request.environment = std::move(environment);
  return request;
}

void make_executable(const std::filesystem::path& file) {
  std::filesystem::permissions(file, std::filesystem::perms::owner_all);
}

} // namespace

TEST_CASE("what no kernel accepts is refused with its key") {
  const auto key_of = [](const process_request& request) {
    const auto checked = check(request);
    return checked ? std::string{"none"} : checked.error().key;
  };
  const auto nul = std::string{"a\0b", 3};
  CHECK(key_of(request_for({"true"}, {{"A", "1"}})) == "none");
  CHECK(key_of(request_for({})) == "argv");
  CHECK(key_of(request_for({""})) == "argv");
  CHECK(key_of(request_for({"true", "", nul})) == "argv[2]");
  CHECK(key_of(request_for({"true"}, {{"A=B", "1"}})) == "env");
  CHECK(key_of(request_for({"true"}, {{"", "1"}})) == "env");
  CHECK(key_of(request_for({"true"}, {{"A", nul}})) == "env.A");
  auto elsewhere = request_for({"true"});
  elsewhere.folder = nul;
  CHECK(key_of(elsewhere) == "cwd");
}

TEST_CASE("a program is looked for in the PATH of its environment") {
  const auto folder = temporary_folder{};
  const auto tool = folder.write("some-tool", "#!/bin/sh\n").string();
  const auto path = "/nowhere:" + folder.path().string();
  const auto request = request_for({"some-tool"}, {{"PATH", path}});

  const auto unusable = find_program(request);
  REQUIRE_FALSE(unusable);
  CHECK(unusable.error().kind == problem_kind::denied);
  CHECK(unusable.error().hint == "chmod +x " + tool);

  make_executable(tool);
  CHECK(find_program(request) == tool);
}

TEST_CASE("an absent program is named with the PATH that was searched") {
  const auto absent
    = find_program(request_for({"no-such-tool"}, {{"PATH", "/bin:/nowhere"}}));
  REQUIRE_FALSE(absent);
  CHECK(absent.error().kind == problem_kind::not_found);
  CHECK(absent.error().message == "program \"no-such-tool\" not found");
  CHECK(absent.error().hint.find("/bin:/nowhere") != std::string::npos);

  const auto no_path = find_program(request_for({"no-such-tool"}));
  REQUIRE_FALSE(no_path);
  CHECK(no_path.error().hint.find("has no PATH") != std::string::npos);
}

TEST_CASE("relative parts of PATH are seen from the program's folder") {
  const auto folder = temporary_folder{};
  std::filesystem::create_directory(folder / "bin");
  make_executable(folder.write("bin/tool", "#!/bin/sh\n"));
  make_executable(folder.write("tool2", "#!/bin/sh\n"));
  auto request = request_for({"tool"}, {{"PATH", "bin:"}});
  request.folder = folder.path().string();
  CHECK(find_program(request) == "bin/tool");
  request.argv = {"tool2"};
  CHECK(find_program(request) == "./tool2");
}

TEST_CASE("a name with a slash is not looked for") {
  CHECK(find_program(request_for({"./x"})) == "./x");
}
