// Runs a target without libFuzzer: every file of its corpus, then mutations of
// them, the same each time.
#include "tests/actors/scheduler/draws.hpp"
#include "tests/fuzz/fuzz_target.hpp"
#include "tests/support/effort.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// A sanitizer ends us as everything else does.
extern "C" const char* __asan_default_options() {
  return "abort_on_error=1";
}

namespace {

using troupe::tests::draws;
using troupe::tests::effort;

constexpr auto input_bytes_max = std::size_t{1} << 16;

/// What an input may take of the processor. Beyond, the kernel ends us.
constexpr auto seconds_max = troupe::tests::is_slowed() ? 10 : 1;

std::vector<std::string> read_corpus(const std::filesystem::path& folder) {
  auto paths = std::vector<std::filesystem::path>{};
  for (const auto& entry : std::filesystem::directory_iterator{folder})
    paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  auto inputs = std::vector<std::string>{};
  for (const auto& path : paths) {
    auto file = std::ifstream{path, std::ios::binary};
    inputs.emplace_back(std::istreambuf_iterator<char>{file},
                        std::istreambuf_iterator<char>{});
  }
  return inputs;
}

/// Some bytes of any input.
std::string piece(const std::vector<std::string>& corpus, draws& random) {
  constexpr auto piece_bytes_max = 40;
  const auto& from = corpus[random.below(corpus.size())];
  if (from.empty())
    return {};
  return from.substr(random.below(from.size()),
                     random.below(piece_bytes_max) + 1);
}

/// Bytes that mean much in one language or another.
std::string odd_bytes(draws& random) {
  using namespace std::string_view_literals;
  constexpr auto known = std::to_array<std::string_view>(
    {"{"sv,        "}"sv,           "["sv,       "]"sv,       ":"sv,
     ","sv,        "- "sv,          "\""sv,      "'"sv,       "\n"sv,
     " "sv,        "#"sv,           "&a "sv,     "*a"sv,      "|"sv,
     ">"sv,        "\\"sv,          "\xff"sv,    "\x00"sv,    "null"sv,
     "true"sv,     "9e99"sv,        "${"sv,      "${1/0}"sv,  "-1"sv,
     "0"sv,        "99999999999"sv, "steps."sv,  "inputs."sv, "1d"sv,
     "\xc3\xa9"sv, "%00"sv,         "\x80\x80"sv});
  return std::string{known[random.below(known.size())]};
}

/// One to six edits.
std::string mutate(const std::vector<std::string>& corpus, draws& random) {
  auto text = corpus[random.below(corpus.size())];
  for (auto edits = random.below(6) + 1; edits > 0; --edits) {
    const auto at = random.below(text.size() + 1);
    const auto rest = text.size() - at;
    switch (random.below(6)) {
      case 0:
        if (rest > 0)
          text[at] = static_cast<char>(random.below(256));
        break;
      case 1:
        text.erase(at, random.below(std::min<std::size_t>(rest, 16) + 1));
        break;
      case 2:
        text.insert(at, piece(corpus, random));
        break;
      case 3:
        text.replace(at, std::min<std::size_t>(rest, random.below(16)),
                     piece(corpus, random));
        break;
      case 4: {
        const auto again = text.substr(at, random.below(64));
        for (auto times = random.below(8); times > 0; --times)
          text.insert(at, again);
        break;
      }
      default:
        text.insert(at, odd_bytes(random));
    }
  }
  text.resize(std::min(text.size(), input_bytes_max));
  return text;
}

/// What is tried now, and where it is written if that ends us.
std::string tried;
std::string finding_path;

/// Only what a signal handler may do.
void keep_finding(int signal) {
  const auto file = open(finding_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                         S_IRUSR | S_IWUSR);
  if (file >= 0 && write(file, tried.data(), tried.size()) >= 0)
    close(file);
  std::signal(signal, SIG_DFL);
  static_cast<void>(std::raise(signal));
}

void try_input(std::string input) {
  tried = std::move(input);
  auto limit = itimerval{};
  limit.it_value.tv_sec = seconds_max;
  setitimer(ITIMER_PROF, &limit, nullptr);
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(tried.data()),
                         tried.size());
}

} // namespace

int main(int argc, char** argv) {
  const auto arguments = std::vector<std::string>(argv, argv + argc);
  auto count = 0U;
  if (arguments.size() != 3
      || std::from_chars(argv[2], argv[2] + arguments[2].size(), count).ec
           != std::errc{}) {
    std::cerr << "usage: " << arguments[0] << " CORPUS MUTATIONS\n";
    return 2;
  }
  const auto corpus = read_corpus(arguments[1]);
  if (corpus.empty()) {
    std::cerr << "no inputs in " << arguments[1] << "\n";
    return 3;
  }
  finding_path = arguments[0] + ".finding";
  std::cout << "an input that ends this program is kept in " << finding_path
            << std::endl;
  for (const auto signal : {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGPROF, SIGSEGV})
    std::signal(signal, keep_finding);
  for (const auto& input : corpus)
    try_input(input);
  auto random = draws{20'261'126};
  for (auto left = effort(count); left > 0; --left)
    try_input(mutate(corpus, random));
  std::cout << corpus.size() << " files and " << effort(count)
            << " mutations of them\n";
}
