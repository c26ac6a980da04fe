#include "cluster/hosting/leader_choice.hpp"

namespace troupe::cluster {

leader_choice::verdict leader_choice::hear(const std::string& node,
                                           std::uint64_t epoch) {
  if (epoch < epoch_ || epoch == 0)
    return verdict::outdated;
  if (epoch == epoch_)
    return node == node_ ? verdict::known : verdict::contradicted;
  node_ = node;
  epoch_ = epoch;
  return verdict::followed;
}

bool leader_choice::note_refusal(const std::string& node, std::uint64_t epoch) {
  const auto [known, is_first] = refused_.try_emplace(node, epoch);
  if (!is_first && epoch <= known->second)
    return false;
  known->second = epoch;
  return true;
}

} // namespace troupe::cluster
