#include "runtime/actor_errors.hpp"
#include "runtime/actor_system.hpp"
#include "runtime/tabular/output_writer.hpp"
#include "tests/support/places.hpp"

#include <caf/scoped_actor.hpp>

#include <catch2/catch.hpp>

#include <filesystem>

namespace troupe::tests {

using namespace std::chrono_literals;

namespace {

messages::column_block bytes(const char* text) {
  return messages::column_block{{messages::column{std::string{text}}}};
}

struct writing {
  temporary_folder folder;
  runtime::local_system system;
  caf::scoped_actor self{*system};
  runtime::output_writer_actor writer;

  explicit writing(std::initializer_list<const char*> names) {
    auto files = runtime::output_files{};
    for (const auto* name : names)
      files.emplace(name,
                    std::move(*runtime::output_file::create(folder / name)));
    writer = runtime::spawn_output_writer(*system, std::move(files));
  }

  /// Ends the writer and waits for it.
  ~writing() {
    end();
  }

  void end() {
    if (!writer)
      return;
    self->monitor(writer);
    self->send_exit(writer, caf::exit_reason::user_shutdown);
    writer = nullptr;
    self->receive([](const caf::down_msg&) {});
  }

  /// The problem, if it failed.
  std::string write(const char* name, const messages::column_block& block) {
    auto request = messages::WriteOutput{};
    request.set_file(name);
    auto problem = std::string{};
    self->request(writer, 10s, request, block)
      .receive([](const messages::OutputWritten&) {},
               [&](const caf::error& error) {
                 problem = runtime::to_problem(error, *system).message;
               });
    return problem;
  }

  std::uint64_t publish() {
    auto written = std::uint64_t{0};
    self->request(writer, 10s, messages::PublishOutputs{})
      .receive(
        [&](const messages::OutputsPublished& all) { written = all.bytes(); },
        [](const caf::error&) { FAIL("not published"); });
    return written;
  }
};

} // namespace

TEST_CASE("files are visible when all of them are published") {
  auto of = writing{"a", "b"};
  CHECK(of.write("a", bytes("one ")).empty());
  CHECK(of.write("b", bytes("two")).empty());
  CHECK(of.write("a", bytes("three")).empty());
  CHECK_FALSE(std::filesystem::exists(of.folder / "a"));
  CHECK(of.publish() == 12);
  CHECK(read_file(of.folder / "a") == "one three");
  CHECK(read_file(of.folder / "b") == "two");
}

TEST_CASE("nothing is left of files that were not published") {
  auto of = writing{"a"};
  CHECK(of.write("a", bytes("one")).empty());
  of.end();
  CHECK(std::filesystem::is_empty(of.folder.path()));
}

TEST_CASE("a file that nobody made, and a block that is no text, are refused") {
  auto of = writing{"a"};
  CHECK(of.write("b", bytes("one")) == "no output file is called b");
  CHECK_FALSE(of.write("a", {}).empty());
}

} // namespace troupe::tests
