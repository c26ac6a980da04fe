#include "tests/simulation/cluster/cluster_simulation.hpp"

namespace troupe::tests {

using namespace std::chrono_literals;

void cluster_simulation::draw_faults() {
  // Some seeds have few kinds of faults: what they promise is more.
  const auto share = happens(30) ? 20U : 50U;
  faults_ = {.crashes = happens(share + 20),
             .freezes = happens(share + 20),
             .starvation = happens(share),
             .cuts = happens(share),
             .one_way_cuts = happens(share),
             .losses = happens(share),
             .delays = happens(share / 2),
             .repeats = happens(share),
             .operators = happens(share),
             .lost_disks = happens(share / 2)};
  if (happens(25))
    options_.table.tombstone_time = 6s;
}

void cluster_simulation::cause_fault() {
  if (is_calm_)
    return;
  plan(now_ + between(50ms, 1200ms), {.kind = what::fault});
  const auto index = below(nodes_.size());
  auto& one = nodes_[index];
  switch (below(8)) {
    case 0:
      if (faults_.crashes && one.process) {
        ++counts_["crash"];
        end(index);
      }
      break;
    case 1:
      if (!one.process) {
        ++counts_["restart"];
        if (faults_.lost_disks && happens(20))
          one.disk = 0;
        start(index);
      }
      break;
    case 2:
      if (faults_.freezes && one.process && !one.is_frozen) {
        ++counts_["freeze"];
        freeze(index,
               happens(50) ? between(100ms, 1500ms) : between(1500ms, 8s));
      }
      break;
    case 3:
      if (faults_.starvation && one.process)
        one.starves_until = now_ + between(1s, 4s);
      break;
    case 4:
      if (faults_.cuts || faults_.one_way_cuts)
        cut(faults_.cuts && (!faults_.one_way_cuts || happens(50)));
      break;
    case 5:
      disturb_links();
      break;
    case 6:
      network_.heal(now_);
      break;
    default:
      if (faults_.operators && one.process && !one.is_frozen)
        operate(index);
      one.wall_clock_error += between(-1h, 1h); // Somebody sets the clock.
  }
}

void cluster_simulation::cut(bool both_ways) {
  ++counts_[both_ways ? "partition" : "one-way partition"];
  // Two sides; in half of the cases a single node, or a single link.
  const auto is_single = happens(50);
  const auto lonely = below(nodes_.size());
  const auto other = happens(50) ? nodes_.size() : below(nodes_.size());
  const auto sides = random_();
  const auto side_of = [&](std::size_t index) {
    return is_single ? index == lonely : (sides >> index & 1U) != 0;
  };
  for (auto from = std::size_t{0}; from < nodes_.size(); ++from)
    for (auto to = std::size_t{0}; to < nodes_.size(); ++to) {
      if (side_of(from) == side_of(to) || (!both_ways && side_of(from)))
        continue;
      if (is_single && other != nodes_.size() && from != other && to != other)
        continue;
      network_.between(from, to).is_cut = true;
    }
}

void cluster_simulation::disturb_links() {
  for (auto from = std::size_t{0}; from < nodes_.size(); ++from)
    for (auto to = std::size_t{0}; to < nodes_.size(); ++to) {
      auto& link = network_.between(from, to);
      if (faults_.losses && happens(50))
        link.loss_permille = 20 + static_cast<unsigned>(below(400));
      if (faults_.repeats && happens(50))
        link.repeats_permille = static_cast<unsigned>(below(300));
      if (faults_.delays && happens(50))
        link.delay_max = between(50ms, 400ms);
    }
}

void cluster_simulation::operate(std::size_t index) {
  auto& process = *nodes_[index].process;
  const auto& other = nodes_[below(nodes_.size())].name;
  switch (below(6)) {
    case 0:
    case 1:
      return act(index, process.drain(clock(index)));
    case 2:
      return act(index, process.undrain(clock(index)));
    case 3:
      return act(index, process.leave(clock(index)));
    case 4:
      return act(index, process.link_lost(other, clock(index)));
    default:
      if (const auto removed = process.remove(other, clock(index))) {
        ++counts_["remove"];
        act(index, *removed);
      }
  }
}

} // namespace troupe::tests
