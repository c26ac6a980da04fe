#include "runtime/store/store_writer.hpp"

#include "runtime/query/postgres_address.hpp"
#include "runtime/store/postgres_group_writer.hpp"
#include "runtime/store/sqlite_group_writer.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace troupe::runtime {

store_writer::store_writer(std::unique_ptr<group_writer> to,
                           const std::string& path)
  : to_{std::move(to)} {
  status_.set_path(path);
}

outcome<store_writer> store_writer::open(const store_options& options,
                                         const migration_list& schema,
                                         clock::wall_time now) {
  auto to = is_postgres_address(options.path)
              ? postgres_group_writer::open(options, schema, now)
              : sqlite_group_writer::open(options, schema, now);
  if (!to)
    return fail(std::move(to.error()));
  return store_writer{std::move(*to), options.path};
}

std::vector<write_result>
store_writer::commit(std::span<const write_request> group) {
  auto results = std::vector<write_result>{};
  results.reserve(group.size());
  const auto failure = to_->commit(group, results);
  if (failure) {
    // Also the refusals: they may be due to rows that are now undone.
    results.assign(group.size(), tl::unexpected{*failure});
    status_.set_is_full(failure->code == store_error::disk_full);
    status_.set_refused(status_.refused() + group.size());
    return results;
  }
  status_.set_is_full(false);
  const auto committed = static_cast<std::uint64_t>(
    std::count_if(results.begin(), results.end(),
                  [](const write_result& result) { return bool{result}; }));
  status_.set_commits(status_.commits() + (committed > 0 ? 1 : 0));
  status_.set_transactions(status_.transactions() + committed);
  status_.set_refused(status_.refused() + group.size() - committed);
  return results;
}

void store_writer::record_refusal() noexcept {
  status_.set_refused(status_.refused() + 1);
}

} // namespace troupe::runtime
