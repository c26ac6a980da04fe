#include "tests/cluster/scenarios/scenario_file.hpp"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace troupe::tests {

namespace {

std::string at_line(const std::filesystem::path& path, std::size_t line) {
  return path.filename().string() + ':' + std::to_string(line) + ": ";
}

void compare_block(const std::filesystem::path& path,
                   const scenario_block& block,
                   const std::vector<std::string>& printed,
                   std::vector<std::string>& differences) {
  for (auto i = std::size_t{0};
       i < std::max(block.expected.size(), printed.size()); ++i) {
    const auto expected
      = i < block.expected.size() ? block.expected[i] : "nothing more";
    const auto found = i < printed.size() ? printed[i] : "nothing more";
    if (expected == found)
      continue;
    differences.push_back(at_line(path, block.line + i)
                          + "expected: " + expected + "; printed: " + found);
    return; // What follows a difference tells nothing.
  }
}

void write_block(std::ofstream& file, const scenario_block& block,
                 const std::vector<std::string>& printed) {
  for (const auto* lines : {&block.remarks, &block.commands})
    for (const auto& line : *lines)
      file << line << '\n';
  file << "----\n";
  for (const auto& line : printed)
    file << line << '\n';
  file << '\n';
}

} // namespace

std::vector<scenario_block> read_scenario(const std::filesystem::path& path) {
  auto file = std::ifstream{path};
  if (!file)
    throw std::runtime_error{"cannot read " + path.string()};
  auto blocks = std::vector<scenario_block>{};
  auto block = scenario_block{};
  auto is_output = false;
  auto number = std::size_t{0};
  const auto close = [&] {
    if (!is_output && !block.commands.empty())
      throw std::runtime_error{at_line(path, number)
                               + "no ---- after commands"};
    if (is_output)
      blocks.push_back(block);
    if (is_output || block.remarks.empty())
      block = {};
    is_output = false;
  };
  for (auto line = std::string{}; std::getline(file, line);) {
    ++number;
    if (line.empty()) {
      close();
    } else if (is_output) {
      block.expected.push_back(line);
    } else if (line == "----") {
      if (block.commands.empty())
        throw std::runtime_error{at_line(path, number)
                                 + "---- without commands"};
      is_output = true;
      block.line = number + 1;
    } else if (line.front() == '#') {
      block.remarks.push_back(line);
    } else {
      block.commands.push_back(line);
    }
  }
  close();
  return blocks;
}

std::vector<std::string> play_scenario(const std::filesystem::path& path,
                                       const scenario_command& perform) {
  const auto blocks = read_scenario(path);
  auto differences = std::vector<std::string>{};
  auto prints = std::vector<std::vector<std::string>>{};
  for (const auto& block : blocks) {
    auto& printed = prints.emplace_back();
    for (const auto& command : block.commands)
      for (auto& line : perform(command))
        printed.push_back(std::move(line));
    compare_block(path, block, printed, differences);
  }
  if (std::getenv("REWRITE_SCENARIOS") == nullptr)
    return differences;
  auto file = std::ofstream{path};
  for (auto i = std::size_t{0}; i < blocks.size(); ++i)
    write_block(file, blocks[i], prints[i]);
  return {};
}

} // namespace troupe::tests
