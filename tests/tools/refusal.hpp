#pragma once

#include "tests/support/places.hpp"
#include "tests/support/program.hpp"

#include <map>
#include <string>
#include <vector>

namespace troupe::tests {

/// What a refused command has to say.
struct refusal {
  int exit_code = 2;
  /// The file, as printed; empty: none.
  std::string file;
  std::size_t line = 0;
  std::string key;
  /// Occurs in the message.
  std::string message;
};

/// A folder in which `troupe` is asked for what it must refuse. Each refusal is
/// tried with text and with JSON, and must leave the folder as it was.
class refusing_program {
public:
  refusing_program();

  [[nodiscard]] const temporary_folder& folder() const noexcept {
    return folder_;
  }

  /// Checks the refusal of a whole command.
  void refuses(const program_run& run, const refusal& expected) const;

  /// The same for `troupe score --items FILE` with these flags, with results
  /// that go to existing files and to a store with a run in it.
  void refuses_items(const std::string& file, const refusal& expected,
                     std::vector<std::string> flags = {}) const;

  /// Writes the items to items.jsonl first.
  void refuses_text(const std::string& items, const refusal& expected) const;

  [[nodiscard]] program_run run(std::vector<std::string> arguments) const;

private:
  void check_text(const program_run& run, const refusal& expected) const;
  void check_json(program_run run, const refusal& expected) const;
  [[nodiscard]] std::map<std::string, std::string> content() const;

  temporary_folder folder_;
};

} // namespace troupe::tests
