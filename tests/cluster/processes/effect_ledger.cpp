#include "tests/cluster/processes/effect_ledger.hpp"

#include <fstream>

namespace troupe::tests {

effect_ledger::effect_ledger(const process_cluster& of) {
  static auto count = 0;
  file_ = of.folder() / ("effects-" + std::to_string(++count));
  begun_ = file_.string() + ".begun";
}

std::string effect_ledger::workflow(int steps,
                                    std::chrono::milliseconds each) const {
  constexpr auto thousand = 1'000.0;
  auto text = std::string{"apiVersion: troupe/v1\nkind: Workflow\nid: keyed\n"
                          "steps:\n"};
  for (auto i = 0; i < steps; ++i)
    text += "- {id: s" + std::to_string(i)
            + (i == 0 ? "" : ", needs: [s" + std::to_string(i - 1) + "]")
            + ", activity: command, with: {argv: [sh, -c, \"echo $PPID >> '"
            + begun_.string() + "'; sleep "
            + std::to_string(static_cast<double>(each.count()) / thousand)
            + "; echo $TROUPE_IDEMPOTENCY_KEY >> '" + file_.string()
            + "'; echo null\"]}}\n";
  return text;
}

bool effect_ledger::has_begun_in(const program& node) const {
  auto in = std::ifstream{begun_};
  for (auto parent = pid_t{}; in >> parent;)
    if (parent == node.id())
      return true;
  return false;
}

std::map<std::string, int> effect_ledger::effects() const {
  auto times = std::map<std::string, int>{};
  auto in = std::ifstream{file_};
  for (auto key = std::string{}; std::getline(in, key);)
    ++times[key];
  return times;
}

std::size_t effect_ledger::repeated() const {
  auto count = std::size_t{0};
  for (const auto& [key, times] : effects())
    count += static_cast<std::size_t>(times - 1);
  return count;
}

std::string worker_of(process_cluster& cluster, const effect_ledger& ledger) {
  auto worker = std::string{};
  cluster.await("its worker is known", [&] {
    for (const std::string node : {"v", "w"})
      if (ledger.has_begun_in(cluster.process(node)))
        worker = node;
    return !worker.empty();
  });
  return worker;
}

} // namespace troupe::tests
