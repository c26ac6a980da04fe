#include "actors/scoring/scoring_request.hpp"

#include "actors/scoring/earlier_run.hpp"
#include "actors/scoring/financial_table.hpp"
#include "actors/scoring/item_feed.hpp"
#include "actors/scoring/refusal.hpp"
#include "actors/scoring/result_files.hpp"
#include "runtime/tabular/input_file.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>
#include <utility>

namespace troupe::scoring {

namespace fs = std::filesystem;

using messages::column;
using messages::column_block;
using runtime::fail;
using runtime::outcome;
using runtime::problem;
using runtime::problem_kind;

namespace {

/// Small enough that two workers share a small file, large enough that a
/// message costs nothing.
constexpr std::size_t chunk_bytes = std::size_t{1} << 20;
/// Bounds the memory of a batch whose size the user chose.
constexpr std::size_t chunk_bytes_max = std::size_t{64} << 20;
constexpr std::size_t financials_bytes_max = std::size_t{1} << 30;

constexpr std::array mode_names = {
  std::pair{scoring_mode::full, std::string_view{"full"}},
  std::pair{scoring_mode::batch, std::string_view{"batch"}},
  std::pair{scoring_mode::incremental, std::string_view{"incremental"}},
  std::pair{scoring_mode::real_time, std::string_view{"real_time"}},
};

outcome<void> open_source(const scoring_request& request, std::stop_token stop,
                          prepared_scoring& to) {
  auto feed = open_item_feed(request, to.run.plan, std::move(stop));
  if (!feed)
    return fail(feed.error());
  const auto is_csv = feed->format == item_format::csv;
  to.source_bytes = feed->size_bytes;
  to.source_ranges = std::move(feed->ranges);
  auto options = runtime::splitter_options{};
  options.format
    = is_csv ? runtime::record_format::csv : runtime::record_format::jsonl;
  options.file = feed->name;
  to.run.context.set_source(feed->name);
  if (to.source_ranges) {
    auto error = std::error_code{};
    const auto path = std::filesystem::canonical(request.items, error);
    if (!error)
      to.run.context.set_source_path(path.string());
  }
  to.run.context.set_format(is_csv ? "csv" : "jsonl");
  if (request.batch_size != 0) {
    options.records_max = request.batch_size;
    options.bytes_max = chunk_bytes_max;
  } else {
    options.bytes_max = chunk_bytes;
  }
  to.source.emplace(std::move(feed->bytes), std::move(options));
  if (!is_csv)
    return {};
  auto header = runtime::record_chunk{};
  const auto read = to.source->next(header, 1);
  if (!read)
    return fail(read.error());
  to.run.context.set_header(std::string{header.text()});
  return {};
}

/// What an incremental or real-time scoring builds on.
outcome<void> read_earlier(const scoring_configuration& configuration,
                           const scoring_request& request,
                           const preparation_options& options,
                           prepared_scoring& to) {
  const auto mode = request.mode;
  if (mode != scoring_mode::incremental && mode != scoring_mode::real_time)
    return {};
  if (options.store.empty())
    return fail(problem_kind::invalid_input,
                "the mode " + std::string{to_string(mode)}
                  + " builds on an earlier run, which only a store has",
                "leave out --no-store and --no-details, or use --mode full");
  if (mode == scoring_mode::real_time) {
    auto basis
      = load_real_time_basis(options.store, configuration, request.base);
    if (!basis)
      return fail(basis.error());
    to.basis = std::move(*basis);
    return {};
  }
  auto search = find_earlier_run(options.store, to.run.plan,
                                 to.header.configuration_digest, request.base);
  if (!search)
    return fail(search.error());
  to.run.earlier = std::move(search->found);
  to.run.why_everything = std::move(search->why_not);
  if (to.run.earlier)
    to.header.base_run = to.run.earlier->run;
  return {};
}

outcome<std::string> read_text(const std::string& path) {
  auto file = runtime::input_file::open(path);
  if (!file)
    return fail(file.error());
  auto text = std::string{};
  auto buffer = std::vector<char>(chunk_bytes);
  for (;;) {
    const auto size = file->read(buffer);
    if (!size)
      return fail(size.error());
    if (*size == 0)
      return text;
    text.append(buffer.data(), *size);
    if (text.size() > financials_bytes_max)
      return fail(problem_kind::invalid_input, path + " is larger than 1 GiB",
                  "keep the records within the items");
  }
}

outcome<void> read_separate(const scoring_request& request,
                            prepared_scoring& to) {
  if (request.financials.empty())
    return {};
  auto text = read_text(request.financials);
  if (!text)
    return fail(text.error());
  const auto is_csv = fs::path{request.financials}.extension() == ".csv";
  auto table = read_financials(
    *text, is_csv ? financials_format::csv : financials_format::jsonl,
    to.run.plan.rules, request.financials);
  if (!table)
    return fail(table.error());
  to.run.separate_figures = std::move(table->figures);
  to.run.context.set_financials_format(is_csv ? "csv" : "jsonl");
  to.run.context.set_financials_source(request.financials);
  auto columns = std::vector<column>{};
  columns.emplace_back(std::move(*text));
  to.run.financials = column_block{std::move(columns)};
  return {};
}

void pack_batches(std::vector<item_batch>&& batches, prepared_scoring& to) {
  for (auto& batch : batches)
    to.run.given.push_back(pack(std::move(batch)));
}

outcome<void> check_batches(const std::vector<item_batch>& batches,
                            const scoring_plan& plan) {
  for (const auto& batch : batches) {
    const auto is_whole
      = batch.values.size() == plan.criteria.size()
        && std::all_of(batch.values.begin(), batch.values.end(),
                       [&](const auto& values) {
                         return values.size() == batch.rows;
                       });
    if (!is_whole)
      return fail(problem_kind::invalid_input, "a batch lacks columns or rows",
                  "give one column per active criterion, all of one length");
  }
  return {};
}

} // namespace

std::string_view to_string(scoring_mode mode) noexcept {
  for (const auto& [known, name] : mode_names)
    if (known == mode)
      return name;
  return "full";
}

std::optional<scoring_mode> parse_scoring_mode(std::string_view text) {
  for (const auto& [known, name] : mode_names)
    if (name == text)
      return known;
  return std::nullopt;
}

outcome<prepared_scoring> prepare(scoring_request request,
                                  const preparation_options& options) {
  if (!request.ids.empty() && request.mode != scoring_mode::real_time)
    return fail(problem_kind::invalid_input,
                "ids are chosen in the mode real_time only",
                "add --mode real_time, or leave out --ids");
  if (!request.base.empty() && request.mode != scoring_mode::incremental
      && request.mode != scoring_mode::real_time)
    return refuse("only the modes incremental and real_time build on a run",
                  "--base", "add --mode incremental, or leave out --base");
  auto configuration = std::move(request.configuration);
  if (!request.case_name.empty()) {
    auto selected = select_case(std::move(configuration), request.case_name);
    if (!selected)
      return fail(selected.error());
    configuration = std::move(*selected);
  }
  auto plan = compile(configuration);
  if (!plan)
    return fail(plan.error());
  auto to = prepared_scoring{};
  to.run.plan = std::move(*plan);
  to.run.workers = std::max<std::size_t>(1, options.workers);
  to.run.ranking = request.details ? ranks::all : ranks::overall_only;
  to.run.summarise = request.details;
  to.run.record = !options.store.empty();
  auto& context = to.run.context;
  context.set_configuration(canonical_json(configuration));
  context.set_isolate_bad_items(request.on_bad_item == bad_item::isolate);
  context.set_as_of(request.as_of.time_since_epoch().count());
  // The store keeps every value.
  context.set_keep_values(request.details || to.run.record);
  context.set_keep_details(request.details);
  // Whoever asks for it under the same key gets the same files.
  context.set_keep_figures(to.run.record && !request.idempotency_key.empty()
                           && !request.out.empty());
  if (request.decimals)
    context.set_decimals(static_cast<std::uint32_t>(*request.decimals));
  to.header.idempotency_key = request.idempotency_key;
  to.header.mode = to_string(request.mode);
  to.header.case_name = request.case_name;
  to.header.configuration_digest = digest(configuration);
  if (auto read = read_earlier(configuration, request, options, to); !read)
    return fail(read.error());
  to.ids = std::move(request.ids);
  if (auto read = read_separate(request, to); !read)
    return fail(read.error());
  if (request.items.empty()) {
    if (request.batches.empty() && request.blocks.empty())
      return fail(problem_kind::invalid_input, "there are no items",
                  "name a file of items, or - for standard input");
    if (auto checked = check_batches(request.batches, to.run.plan); !checked)
      return fail(checked.error());
    to.run.given = std::move(request.blocks);
    pack_batches(std::move(request.batches), to);
    context.set_source("memory");
  } else {
    if (auto opened = open_source(request, options.stop, to); !opened)
      return fail(opened.error());
  }
  to.header.source = context.source();
  auto outputs = create_outputs(request);
  if (!outputs)
    return fail(outputs.error());
  to.outputs = std::move(*outputs);
  for (const auto& [name, file] : to.outputs)
    if (name != summary_file)
      to.run.files.push_back(name);
  return to;
}

} // namespace troupe::scoring
