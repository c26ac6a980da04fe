#include "runtime/store/postgres_statements.hpp"

#include <utility>

namespace troupe::runtime {

namespace {

// What the program has are some hundred; others come from tests and tools.
constexpr std::size_t translations_max = 1'024;
constexpr std::size_t prepared_max = 512;

} // namespace

tl::expected<const postgres_statement*, store_failure>
postgres_statements::translate(std::string_view sql) {
  auto key = std::string{sql};
  if (const auto found = translations_.find(key); found != translations_.end())
    return &found->second;
  auto translated = to_postgres_statement(sql);
  if (!translated)
    return tl::unexpected{std::move(translated.error())};
  if (translations_.size() >= translations_max)
    translations_.clear();
  return &translations_.emplace(std::move(key), std::move(*translated))
            .first->second;
}

postgres_statements::prepared&
postgres_statements::find(const std::string& sql,
                          const std::vector<unsigned>& types) {
  auto key = sql;
  for (const auto type : types)
    key += '\0' + std::to_string(type);
  auto& found = prepared_[std::move(key)];
  if (found.name.empty())
    found.name = "troupe_" + std::to_string(++last_name_);
  return found;
}

bool postgres_statements::is_full() const noexcept {
  return prepared_.size() >= prepared_max;
}

void postgres_statements::forget_all() {
  prepared_.clear();
}

} // namespace troupe::runtime
