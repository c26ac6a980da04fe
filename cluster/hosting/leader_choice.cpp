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
  if (node == refused_node_ && epoch == refused_epoch_)
    return false;
  refused_node_ = node;
  refused_epoch_ = epoch;
  return true;
}

} // namespace troupe::cluster
