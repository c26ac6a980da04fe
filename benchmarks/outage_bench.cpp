// Prints what a guard does in an outage, beside no protection and the source
// system's rules. Virtual time: the figures are the same on every machine.
#include "tests/scenarios/outage.hpp"

#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

using namespace troupe::tests;

void print(const char* title, const outage_script& script) {
  auto rows = std::vector<outage_result>{};
  for (const auto by :
       {protection::none, protection::source_rules,
        protection::source_rules_without_low, protection::guarded})
    rows.push_back(run_outage(script, by));
  std::printf("%s\n\n%s\n", title,
              render_table(rows, normal_p99(script.seed)).c_str());
}

} // namespace

/// outage_bench [SEED]
int main(int argc, char** argv) {
  auto script = outage_script{};
  if (argc > 1)
    script.seed = std::strtoull(argv[1], nullptr, 10);
  print("load 1.5 throughout", script);
  script.load_around = 0.7;
  print("load 0.7, but 1.5 during the outage", script);
}
