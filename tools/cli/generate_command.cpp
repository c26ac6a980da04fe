#include "actors/scoring/portfolio_generator.hpp"
#include "actors/scoring/w4_portfolio.hpp"
#include "actors/simulation/census_generator.hpp"
#include "tools/cli/interruption.hpp"
#include "tools/cli/invocation.hpp"
#include "tools/cli/line_writing.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace troupe::tools {

using runtime::outcome;

namespace {

constexpr auto generate_examples = R"(Examples:
  troupe generate portfolio --items 1000 --out portfolio.jsonl
  troupe generate portfolio --items 20 --seed 7 --format csv
  troupe generate w4 --items 1000000 --out w4.csv
  troupe generate census --people 10000 --out census.csv)";

constexpr auto portfolio_examples = R"(Examples:
  troupe generate portfolio --items 1000 --out portfolio.jsonl
  troupe generate portfolio --items 1000000 | troupe score --items - --format jsonl)";

constexpr auto w4_examples = R"(Examples:
  troupe generate w4 --items 1000000 --out w4.csv)";

constexpr auto census_examples = R"(Examples:
  troupe generate census --people 10000 --out census.csv
  troupe generate census --people 1000000 --seed 7 --start-year 2030)";

constexpr auto items_max = std::uint64_t{1'000'000'000};

struct generate_flags {
  std::uint64_t items = 1000;
  std::uint64_t seed = 1;
  std::string format = "jsonl";
  std::string out = "-";
  std::int32_t start_year = 2025;
};

int generate(const generate_flags& flags, std::string header,
             const line_writer& append, const invocation& with) {
  const auto stop = interruption{};
  const auto done = write_lines(flags.out, std::move(header), flags.items,
                                append, stop.token());
  if (done || (flags.out == "-" && is_stdout_closed()))
    return 0;
  return report(done.error(), with.output);
}

/// `counted` is the name of what there are so many of.
CLI::App* add_kind(CLI::App& parent, const std::string& name,
                   const std::string& purpose, generate_flags& flags,
                   const std::string& counted = "items") {
  auto* app = parent.add_subcommand(name, purpose);
  app
    ->add_option("--" + counted, flags.items,
                 "How many " + counted + " to make")
    ->check(CLI::Range(std::uint64_t{1}, items_max))
    ->type_name("NUMBER")
    ->capture_default_str();
  app->add_option("--out", flags.out, "File to write; - is standard output")
    ->type_name("FILE")
    ->capture_default_str();
  return app;
}

void add_portfolio(CLI::App& parent, command_line& line) {
  const auto flags = std::make_shared<generate_flags>();
  auto* app = add_kind(parent, "portfolio",
                       "Write made-up work items to try scoring with", *flags);
  app->footer(portfolio_examples);
  app->add_option("--seed", flags->seed, "The same seed gives the same items")
    ->type_name("NUMBER")
    ->capture_default_str();
  app->add_option("--format", flags->format, "Format of the items")
    ->check(CLI::IsMember({"jsonl", "csv"}))
    ->capture_default_str();
  app->callback([flags, &line] {
    line.chosen = [flags](const invocation& with) {
      const auto generator = scoring::portfolio_generator{
        flags->seed, flags->format == "csv" ? scoring::item_format::csv
                                            : scoring::item_format::jsonl};
      const auto append = [&](std::uint64_t index, std::string& text) {
        generator.append(index, text);
      };
      return generate(*flags, generator.header(), append, with);
    };
  });
}

void add_w4(CLI::App& parent, command_line& line) {
  const auto flags = std::make_shared<generate_flags>();
  auto* app = add_kind(
    parent, "w4", "Write the items of benchmark W4 (20 numbers each)", *flags);
  app->footer(w4_examples);
  app->callback([flags, &line] {
    line.chosen = [flags](const invocation& with) {
      return generate(*flags, scoring::w4_header(), scoring::append_w4_row,
                      with);
    };
  });
}

void add_census(CLI::App& parent, command_line& line) {
  const auto flags = std::make_shared<generate_flags>();
  auto* app = add_kind(parent, "census",
                       "Write made-up employees to try projections with (CSV)",
                       *flags, "people");
  app->footer(census_examples);
  app->add_option("--seed", flags->seed, "The same seed gives the same people")
    ->type_name("NUMBER")
    ->capture_default_str();
  app
    ->add_option("--start-year", flags->start_year,
                 "The people are those of 31 December before")
    ->check(CLI::Range(1900, 9999))
    ->type_name("YEAR")
    ->capture_default_str();
  app->callback([flags, &line] {
    line.chosen = [flags](const invocation& with) {
      const auto generator
        = simulation::census_generator{flags->seed, flags->start_year};
      const auto append = [&](std::uint64_t index, std::string& text) {
        generator.append(index, text);
      };
      return generate(*flags, simulation::census_generator::header(), append,
                      with);
    };
  });
}

} // namespace

void add_generate_command(command_line& line) {
  auto* app = line.app.add_subcommand(
    "generate",
    "Write made-up portfolios and censuses for trials and benchmarks");
  app->footer(generate_examples);
  app->require_subcommand(1);
  add_portfolio(*app, line);
  add_w4(*app, line);
  add_census(*app, line);
}

} // namespace troupe::tools
