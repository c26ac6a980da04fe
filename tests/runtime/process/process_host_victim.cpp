// Hosts a process that starts another one, tells their numbers on descriptor 3
// and waits to be killed. Only for tests.
#include "runtime/process/process_host.hpp"
#include "runtime/process/process_launch.hpp"

#include <unistd.h>

#include <iostream>
#include <string>

using namespace troupe::runtime;

int main() {
  auto host = process_host::start();
  if (!host) {
    std::cerr << render(host.error()) << '\n';
    return 1;
  }
  auto request = process_request{};
  request.argv = {"sh", "-c", "sleep 1000 & echo $$ $! >&3; wait"};
  request.environment = {{"PATH", "/usr/bin:/bin"}};
  auto observer = process_observer{};
  observer.on_line = [](std::string line) {
    line += '\n';
    if (::write(side_channel_number, line.data(), line.size()) < 0)
      std::cerr << "nobody listens\n";
  };
  const auto handle = (*host)->run(std::move(request), std::move(observer));
  for (;;)
    ::pause();
}
