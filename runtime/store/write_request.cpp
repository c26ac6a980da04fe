#include "runtime/store/write_request.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace troupe::runtime {

namespace {

std::size_t size_bytes(const messages::column& values) {
  using kind = messages::column::kind;
  switch (values.type()) {
    case kind::doubles:
    case kind::integers:
      return values.size() * 8;
    case kind::counts:
      return values.size() * 4;
    case kind::bytes:
      return values.size();
    case kind::texts:
    case kind::blobs:
      break;
  }
  const auto offsets = values.text_offsets();
  return values.size() * 4 + offsets.back() - offsets.front();
}

/// The columns that take part, or what is wrong with the choice.
tl::expected<std::vector<messages::column>, store_failure>
named_columns(const messages::SqlStatement& statement,
              const messages::column_block& rows) {
  auto chosen = std::vector<messages::column>{};
  if (statement.columns().empty())
    for (std::size_t i = 0; i < rows.size(); ++i)
      chosen.push_back(rows[i]);
  for (const auto index : statement.columns()) {
    if (index >= rows.size())
      return tl::unexpected{store_failure{store_error::bad_statement,
                                          "no column " + std::to_string(index)
                                            + " among "
                                            + std::to_string(rows.size())}};
    chosen.push_back(rows[index]);
  }
  const auto differs = [&](const messages::column& values) {
    return values.size() != chosen.front().size();
  };
  if (std::any_of(chosen.begin(), chosen.end(), differs))
    return tl::unexpected{
      store_failure{store_error::bad_statement, "the columns differ in size"}};
  return chosen;
}

} // namespace

std::size_t size_bytes(const write_request& request) {
  auto total = request.transaction.ByteSizeLong();
  for (std::size_t i = 0; i < request.rows.size(); ++i)
    total += size_bytes(request.rows[i]);
  return total;
}

tl::expected<std::vector<messages::column>, store_failure>
choose_columns(const messages::SqlStatement& statement,
               const messages::column_block& rows,
               std::size_t parameter_count) {
  auto columns = std::vector<messages::column>{};
  if (statement.for_each_row()) {
    auto chosen = named_columns(statement, rows);
    if (!chosen)
      return chosen;
    columns = std::move(*chosen);
  }
  const auto given
    = static_cast<std::size_t>(statement.parameters_size()) + columns.size();
  if (given != parameter_count)
    return tl::unexpected{
      store_failure{store_error::bad_statement,
                    "the statement has " + std::to_string(parameter_count)
                      + " parameters, but " + std::to_string(given)
                      + " values came with it"}};
  return columns;
}

tl::expected<void, store_failure>
check_changes(const messages::SqlStatement& statement, std::int64_t changed) {
  if (!statement.has_expected_changes()
      || statement.expected_changes() == changed)
    return {};
  return tl::unexpected{store_failure{
    store_error::conflict, std::to_string(changed) + " rows changed instead of "
                             + std::to_string(statement.expected_changes())}};
}

store_failure name_statement(const write_request& request, int statement,
                             store_failure failure) {
  failure.text = request.transaction.label() + ", statement "
                 + std::to_string(statement + 1) + ": " + failure.text;
  return failure;
}

} // namespace troupe::runtime
