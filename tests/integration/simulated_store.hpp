#pragma once

#include "actors/simulation/simulation_history.hpp"
#include "tests/integration/program.hpp"
#include "tests/support/places.hpp"

#include <csignal>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace troupe::tests {

/// A census of made-up people and a scenario of five years, in a folder.
class simulated_world {
public:
  explicit simulated_world(std::size_t people);

  [[nodiscard]] const std::string& census() const noexcept {
    return census_;
  }

  [[nodiscard]] const std::string& scenario() const noexcept {
    return scenario_;
  }

private:
  temporary_folder folder_;
  std::string census_;
  std::string scenario_;
};

/// The files of a simulation that are equal each time, by name.
using simulated_files = std::map<std::string, std::string>;

/// Simulations of one world with a store and a folder of results of their own.
class simulated_store {
public:
  /// The world outlives it.
  explicit simulated_store(const simulated_world& world) : world_{world} {}

  [[nodiscard]] const std::filesystem::path& folder() const noexcept {
    return folder_.path();
  }

  [[nodiscard]] std::string path() const {
    return (folder_ / "store.db").string();
  }

  [[nodiscard]] std::string out() const {
    return (folder_ / "out").string();
  }

  /// Starts `troupe simulate` over all years.
  [[nodiscard]] program start(const std::string& census = {}) const;

  /// Starts `troupe` with these arguments, and the store.
  [[nodiscard]] program start_with(std::vector<std::string> arguments) const;

  /// The same, to its end, which has to be this exit code.
  void complete(std::vector<std::string> arguments, int exit_code = 0) const;

  /// Goes on with the last simulation.
  void resume() const;

  /// Starts one and ends it with a signal as soon as it has stored a year, but
  /// not all; its exit code.
  [[nodiscard]] int stop_midway(int signal) const;

  /// Of the files of a whole result.
  [[nodiscard]] static std::vector<std::string> all_names();

  /// Files under their names, run.json included; those still being written have
  /// others.
  [[nodiscard]] std::vector<std::string> names() const;

  /// Without run.json, which tells times.
  [[nodiscard]] simulated_files files() const;

  /// The newest simulation; nothing if none was begun.
  [[nodiscard]] std::optional<simulation::stored_simulation> last() const;

  /// Fails the test if the store contradicts itself.
  void require_sound() const;

private:
  const simulated_world& world_;
  temporary_folder folder_;
};

} // namespace troupe::tests
