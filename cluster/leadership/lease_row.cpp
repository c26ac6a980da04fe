#include "cluster/leadership/lease_row.hpp"

#include "cluster/leadership/planted_bug.hpp"

#include <algorithm>

namespace troupe::cluster {

namespace {

bool is_held_under(const lease_row& row, std::string_view holder,
                   lease_epoch epoch, runtime::clock::wall_time now) {
  return row.holder == holder && row.epoch == epoch && row.expires_at > now;
}

lease_answer granted(const lease_row& row, runtime::clock::wall_time now) {
  auto answer = watch(row, now);
  answer.is_granted = true;
  return answer;
}

} // namespace

lease_answer try_acquire(lease_row& row, std::string_view holder,
                         runtime::clock::wall_time now,
                         std::chrono::microseconds length) {
  if (row.epoch != 0 && row.expires_at > now
      && !has_bug(planted_lease_bug::ignore_expiry))
    return watch(row, now);
  row.holder = holder;
  if (row.epoch == 0 || !has_bug(planted_lease_bug::keep_epoch))
    ++row.epoch;
  row.expires_at = now + length;
  return granted(row, now);
}

lease_answer renew(lease_row& row, std::string_view holder, lease_epoch epoch,
                   runtime::clock::wall_time now,
                   std::chrono::microseconds length) {
  if (has_bug(planted_lease_bug::renew_anything)) {
    row.expires_at = now + length;
    return {true, std::string{holder}, epoch, length};
  }
  if (!is_held_under(row, holder, epoch, now))
    return watch(row, now);
  row.expires_at = now + length;
  return granted(row, now);
}

lease_answer release(lease_row& row, std::string_view holder, lease_epoch epoch,
                     runtime::clock::wall_time now) {
  if (!is_held_under(row, holder, epoch, now)
      && !has_bug(planted_lease_bug::release_anything))
    return watch(row, now);
  row.expires_at = now;
  return granted(row, now);
}

lease_answer watch(const lease_row& row, runtime::clock::wall_time now) {
  auto answer = lease_answer{};
  answer.holder = row.holder;
  answer.epoch = row.epoch;
  if (row.epoch != 0)
    answer.left = std::max(row.expires_at - now, std::chrono::microseconds{0});
  return answer;
}

bool accepts(const lease_row& row, lease_epoch epoch) noexcept {
  return (epoch != 0 && row.epoch == epoch)
         || has_bug(planted_lease_bug::ignore_epoch);
}

} // namespace troupe::cluster
