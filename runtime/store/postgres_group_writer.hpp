#pragma once

#include "runtime/clock.hpp"
#include "runtime/problem.hpp"
#include "runtime/store/group_writer.hpp"
#include "runtime/store/migrations.hpp"
#include "runtime/store/postgres_connection.hpp"
#include "runtime/store/postgres_pipeline.hpp"
#include "runtime/store/store_options.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace troupe::runtime {

/// Writes to a database of PostgreSQL. A group goes out at once and comes back
/// with two waits, for its statements and for its commit. Where a transaction
/// is refused, the group is sent again without it; where many are, each goes in
/// a savepoint of its own. Reconnects by itself, at the next group, and refuses
/// as `fenced` if another writer was there meanwhile.
class postgres_group_writer final : public group_writer {
public:
  /// As `store_writer::open`.
  [[nodiscard]] static outcome<std::unique_ptr<group_writer>>
  open(const store_options& options, const migration_list& schema,
       clock::wall_time now, const postgres_times& times = {});

  [[nodiscard]] std::optional<store_failure>
  commit(std::span<const write_request> group,
         std::vector<write_result>& results) override;

private:
  /// A statement that was sent.
  struct sent_statement {
    std::size_t request = 0;
    int statement = 0;
    std::int64_t changed = 0;
    std::size_t rows = 0;
    std::optional<store_failure> failure;
  };

  /// One that cannot be applied.
  struct refusal {
    std::size_t request = 0;
    store_failure failure;
  };

  /// What became of the transaction before this one.
  enum class one_before { none, applied, refused };

  using group_span = std::span<const write_request>;

  postgres_group_writer(postgres_address address, write_fence fence,
                        const postgres_times& times);

  [[nodiscard]] outcome<void> connect();
  [[nodiscard]] std::optional<store_failure> connect_again();
  [[nodiscard]] outcome<void> note_constraints();

  [[nodiscard]] std::optional<store_failure>
  apply_group(group_span group, std::vector<write_result>& results);
  /// Everything that is not refused yet, in one go.
  [[nodiscard]] std::optional<store_failure>
  apply_together(group_span group, std::optional<refusal>& refused);
  [[nodiscard]] std::optional<store_failure> apply_each(group_span group);
  [[nodiscard]] outcome<void> send_alone(group_span group, std::size_t request,
                                         one_before before);
  [[nodiscard]] std::optional<store_failure>
  commit_applied(group_span group, std::vector<write_result>& results);

  void begin_sending();
  [[nodiscard]] outcome<void> control(postgres_pipeline& to, const char* sql);
  [[nodiscard]] outcome<void> ask_fence(postgres_pipeline& to);
  /// Stops at a statement that cannot be sent, which then has a failure.
  [[nodiscard]] outcome<void> send(postgres_pipeline& to, group_span group,
                                   std::size_t request);
  [[nodiscard]] outcome<void> send(postgres_pipeline& to,
                                   const messages::SqlStatement& statement,
                                   const messages::column_block& rows);
  [[nodiscard]] outcome<void>
  send_rows(postgres_pipeline& to, const messages::SqlStatement& statement,
            const postgres_statement& translated,
            std::span<const messages::column> columns);
  void take(std::size_t tag, const postgres_pipeline::answer& answer);
  [[nodiscard]] std::optional<refusal> first_refusal(group_span group);
  [[nodiscard]] std::optional<store_failure> fence_failure() const;
  [[nodiscard]] store_failure lost(const problem& reason) const;

  postgres_address address_;
  write_fence fence_;
  postgres_times times_;
  std::unique_ptr<postgres_connection> connection_;
  std::int64_t number_ = 0;
  bool is_superseded_ = false;
  bool has_deferrable_ = false;
  std::chrono::steady_clock::time_point next_try_{};
  std::chrono::milliseconds pause_{0};

  // Of the group at hand.
  std::vector<sent_statement> sent_;
  std::size_t last_answered_ = 0;
  std::vector<std::optional<store_failure>> refused_;
  std::vector<std::vector<std::int64_t>> changes_;
};

} // namespace troupe::runtime
