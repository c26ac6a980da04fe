#include "cluster/hosting/session_book.hpp"

namespace troupe::cluster {

session_book::verdict session_book::open(const std::string& node,
                                         std::uint64_t incarnation,
                                         std::uint64_t session) {
  const auto wanted = entry{incarnation, session};
  auto& newest = newest_[node];
  if (wanted == newest)
    return verdict::repeated;
  if (wanted < newest)
    return verdict::outdated;
  newest = wanted;
  return verdict::begun;
}

bool session_book::is_newest(const std::string& node, std::uint64_t incarnation,
                             std::uint64_t session) const {
  const auto found = newest_.find(node);
  return found != newest_.end() && found->second == entry{incarnation, session};
}

bool session_book::is_older(const std::string& node,
                            std::uint64_t incarnation) const {
  const auto found = newest_.find(node);
  return found != newest_.end() && found->second.first < incarnation;
}

} // namespace troupe::cluster
