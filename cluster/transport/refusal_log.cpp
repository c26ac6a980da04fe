#include "cluster/transport/refusal_log.hpp"

namespace troupe::cluster {

namespace {

constexpr auto kinds_max = std::size_t{256};

} // namespace

std::optional<std::uint64_t> refusal_log::note(const std::string& host,
                                               const std::string& reason,
                                               time_point now) {
  auto key = std::pair{host, reason};
  if (!kinds_.contains(key) && kinds_.size() >= kinds_max) {
    std::erase_if(kinds_, [&](const auto& kind) {
      return now - kind.second.told_at >= quiet_;
    });
    // Too many kinds at once: the rest counts as one, which always fits.
    if (kinds_.size() >= kinds_max)
      key = {};
  }
  const auto [kind, is_new] = kinds_.try_emplace(std::move(key));
  auto& known = kind->second;
  if (!is_new && now - known.told_at < quiet_) {
    ++known.untold;
    return std::nullopt;
  }
  known.told_at = now;
  return std::exchange(known.untold, 0);
}

} // namespace troupe::cluster
