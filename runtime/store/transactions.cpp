#include "runtime/store/transactions.hpp"

#include <utility>

namespace troupe::runtime {

namespace {

messages::SqlValue to_message(const sql_value& value) {
  auto message = messages::SqlValue{};
  if (const auto* integer = std::get_if<std::int64_t>(&value))
    message.set_integer(*integer);
  else if (const auto* real = std::get_if<double>(&value))
    message.set_real(*real);
  else if (const auto* text = std::get_if<std::string>(&value))
    message.set_text(*text);
  else if (const auto* bytes = std::get_if<std::vector<std::uint8_t>>(&value))
    message.set_blob(bytes->data(), bytes->size());
  return message;
}

} // namespace

messages::SqlStatement&
add_statement(messages::CommitTransaction& transaction, std::string sql,
              const std::vector<sql_value>& parameters) {
  auto& statement = *transaction.add_statements();
  statement.set_sql(std::move(sql));
  for (const auto& value : parameters)
    *statement.add_parameters() = to_message(value);
  return statement;
}

messages::SqlStatement&
add_row_statement(messages::CommitTransaction& transaction, std::string sql,
                  const std::vector<std::uint32_t>& columns,
                  const std::vector<sql_value>& parameters) {
  auto& statement = add_statement(transaction, std::move(sql), parameters);
  statement.set_for_each_row(true);
  for (const auto column : columns)
    statement.add_columns(column);
  return statement;
}

} // namespace troupe::runtime
