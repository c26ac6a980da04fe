#pragma once

#include "actors/engine/lease.hpp"
#include "runtime/problem.hpp"

#include <tl/expected.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::engine {

/// Who holds what, of all there is only so much of.
///
/// There is no counter: free is limit minus the sum of the live rows, taken in
/// the operation that changes them. So whatever becomes of an owner, what it
/// held is free as soon as its rows are gone, and cannot be before.
///
/// A request gets all it needs or nothing, so two requests cannot wait for each
/// other's parts. A lease past its time still counts until `expire` returns it,
/// so that its owner is fenced before somebody else has it.
///
/// Who is refused may wait in line for the first resource it lacks. The line is
/// ordered by `since + class * class_step`, which does not change with time: a
/// class counts as much as that long a wait. Nobody who comes later takes what
/// those in line before need. When something comes free, `wakeable` says who
/// should ask again.
///
/// Pure; time is an argument. Operations cost O(log n) plus the holders and
/// waiters of the resources in question.
class lease_table {
public:
  struct options {
    /// How much longer one waits than another of the next higher class.
    std::chrono::microseconds class_step = std::chrono::minutes{5};
  };

  lease_table() = default;

  explicit lease_table(const options& given) noexcept : options_{given} {}

  /// The table that had these rows and limits. `failed` if they contradict each
  /// other: two rows for one owner and resource, one holder in two epochs, a
  /// resource without limit. Rows above a limit are taken as they are.
  [[nodiscard]] static runtime::outcome<lease_table>
  rebuild(const std::vector<lease_row>& rows,
          const std::vector<resource_limit>& limits, const options& given);

  /// How much there is of a resource, from now on. Below what is held, nobody
  /// loses anything, and nobody gets anything until enough has come back.
  void set_limit(std::string_view resource, std::uint64_t limit);

  /// False if it is unknown, or somebody holds or awaits it.
  bool remove_limit(std::string_view resource);

  /// All of it or nothing.
  [[nodiscard]] tl::expected<lease_grant, lease_refusal>
  acquire(const lease_request& request, instant now);

  /// Lets it live until `now + time_to_live`. Returns that.
  [[nodiscard]] tl::expected<instant, lease_fault>
  renew(const lease_owner& owner, instant now,
        std::chrono::microseconds time_to_live);

  /// Gives back all the owner holds, and returns what that was.
  [[nodiscard]] tl::expected<std::vector<lease_row>, lease_fault>
  release(const lease_owner& owner);

  /// The same for a run and all its work, of any epoch; none of it waits any
  /// more.
  std::vector<lease_row> release_all_of(const runtime::uuid& run);

  /// Takes back all that has come to its time, earliest first.
  [[nodiscard]] std::vector<lease_row> expire(instant now);

  [[nodiscard]] std::optional<instant> next_expiry() const;

  /// False if it does not wait.
  bool stop_waiting(const lease_holder& holder);

  /// Those in line for whom there is room of what they wait for, by rank. Each
  /// should acquire again; it gets it, or waits for the next thing it lacks.
  [[nodiscard]] std::vector<lease_waiter> wakeable() const;

  [[nodiscard]] std::optional<lease_waiter>
  waiting(const lease_holder& holder) const;

  /// Why it waits: limit, holders and how many are before. Nothing if it does
  /// not wait.
  [[nodiscard]] std::optional<lease_refusal>
  why_waiting(const lease_holder& holder) const;

  /// In order.
  [[nodiscard]] std::vector<lease_waiter>
  line_of(std::string_view resource) const;

  /// All of the store's rows, by resource, then holder.
  [[nodiscard]] std::vector<lease_row> rows() const;
  [[nodiscard]] std::vector<lease_row>
  rows_of(const lease_holder& holder) const;

  /// By name.
  [[nodiscard]] std::vector<resource_limit> limits() const;

  [[nodiscard]] std::optional<resource_status>
  status(std::string_view resource) const;

  /// Limit minus the live rows, at least 0; 0 for the unknown.
  [[nodiscard]] std::uint64_t free(std::string_view resource) const;

  /// What is wrong, in words; for `troupe doctor`: a lease without live owner
  /// (`is_live` says who lives), more held than there is, orders and indexes
  /// that do not agree.
  [[nodiscard]] std::vector<std::string>
  check(const std::function<bool(const lease_owner&)>& is_live) const;

private:
  /// Smaller goes first: since + class * class_step, then arrival.
  using line_place = std::pair<instant, std::uint64_t>;

  struct holding {
    lease_holder holder;
    std::uint64_t amount = 0;
  };

  struct resource_record {
    std::uint64_t limit = 0;
    /// What was held when the limit was set below it; shrinks with it.
    std::uint64_t excused = 0;
    bool is_temporary = false;
    std::vector<holding> holdings; ///< By holder.
    std::map<line_place, lease_holder> line;
  };

  struct lease_record {
    lease_owner owner;
    instant since{};
    std::optional<instant> expires_at;
    std::vector<lease_need> needs; ///< By resource, without limits.
  };

  struct waiter_record {
    lease_waiter entry;
    line_place place;
  };

  using resource_map = std::map<std::string, resource_record, std::less<>>;

  [[nodiscard]] static std::uint64_t held(const resource_record& of) noexcept;
  [[nodiscard]] static std::uint64_t room(const resource_record& of) noexcept;
  [[nodiscard]] line_place place_of(const lease_request& request,
                                    instant now) const;
  [[nodiscard]] std::optional<lease_refusal>
  refuse_owner(const lease_owner& owner,
               const std::vector<lease_need>& needs) const;
  [[nodiscard]] std::optional<lease_refusal>
  refuse_need(const lease_need& need, const lease_holder& holder,
              const line_place& place) const;
  [[nodiscard]] lease_refusal refusal(lease_refusal::why reason,
                                      const lease_need& need) const;
  [[nodiscard]] std::optional<lease_fault>
  find_fault(const lease_owner& owner) const;
  void apply_limits(const std::vector<lease_need>& needs);
  void change_limit(resource_record& of, std::uint64_t limit);
  void grant(lease_record granted);
  void enter_line(const lease_request& request, const lease_need& need,
                  const line_place& place);
  std::vector<lease_row> take_back(const lease_holder& holder);
  void drop_unused(const std::string& resource);
  [[nodiscard]] static lease_row row_of(const lease_record& of,
                                        const lease_need& need);
  void check_leases(const std::function<bool(const lease_owner&)>& is_live,
                    std::vector<std::string>& found) const;
  void check_resources(std::vector<std::string>& found) const;
  void check_line(const std::string& name, const resource_record& of,
                  std::vector<std::string>& found) const;

  options options_;
  resource_map resources_;
  std::map<lease_holder, lease_record> leases_;
  std::map<lease_holder, waiter_record> waiters_;
  std::set<std::pair<instant, lease_holder>> expiries_;
  /// Resources that somebody waits for.
  std::set<std::string, std::less<>> awaited_;
  std::uint64_t arrivals_ = 0;
};

} // namespace troupe::engine
