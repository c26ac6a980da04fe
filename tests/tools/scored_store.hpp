#pragma once

#include "tests/support/places.hpp"
#include "tests/support/program.hpp"

#include <string>
#include <vector>

namespace troupe::tests {

/// A folder with a store, for the commands that look at stored runs.
class scored_store {
public:
  /// Runs `troupe` in the folder, with its store.
  [[nodiscard]] program_result run(std::vector<std::string> arguments) const;

  /// Scores a file by the preset agile and stores it; fails the test if it
  /// cannot. The example of tools/examples unless another file is named.
  void score(const std::string& items = {}) const;

  /// What a command prints that succeeds without a word on standard error.
  [[nodiscard]] std::string answer(std::vector<std::string> arguments) const;

  [[nodiscard]] const temporary_folder& folder() const noexcept {
    return folder_;
  }

private:
  temporary_folder folder_;
};

} // namespace troupe::tests
