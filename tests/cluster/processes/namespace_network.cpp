#include "tests/cluster/processes/namespace_network.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <thread>

namespace troupe::tests {

namespace {

constexpr auto this_namespace = "/proc/thread-self/ns/net";
/// Nobody outside of the namespaces ever sees it.
constexpr auto subnet = "10.77.0.";
constexpr auto subnet_mask = "255.255.255.0";

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error{what + ": " + std::strerror(errno)};
}

void ask_device(int with, unsigned long request, ifreq& about,
                const std::string& what) {
  if (::ioctl(with, request, &about) != 0)
    fail("cannot " + what);
}

ifreq named(const char* device) {
  auto request = ifreq{};
  std::strncpy(request.ifr_name, device, IFNAMSIZ - 1);
  return request;
}

void set_address(int with, unsigned long request, const std::string& address,
                 const char* device) {
  auto about = named(device);
  auto in = sockaddr_in{};
  in.sin_family = AF_INET;
  ::inet_pton(AF_INET, address.c_str(), &in.sin_addr);
  std::memcpy(&about.ifr_addr, &in, sizeof(in));
  ask_device(with, request, about, "give a device an address");
}

void bring_up(int with, const char* device) {
  auto about = named(device);
  about.ifr_flags = IFF_UP | IFF_RUNNING;
  ask_device(with, SIOCSIFFLAGS, about, "bring a device up");
}

/// A TUN device in the namespace of the calling thread.
int make_device(const std::string& address) {
  constexpr auto name = "net0";
  const auto device = ::open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
  if (device < 0)
    fail("cannot open /dev/net/tun");
  auto about = named(name);
  about.ifr_flags = IFF_TUN | IFF_NO_PI;
  ask_device(device, TUNSETIFF, about, "make a TUN device");
  const auto with = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  set_address(with, SIOCSIFADDR, address, name);
  set_address(with, SIOCSIFNETMASK, subnet_mask, name);
  bring_up(with, name);
  bring_up(with, "lo");
  ::close(with);
  return device;
}

std::string address_of(std::size_t index) {
  return subnet + std::to_string(index + 1);
}

} // namespace

std::unique_ptr<namespace_network>
namespace_network::create(const std::vector<std::string>& hosts,
                          std::string& why_not) {
  auto made = std::unique_ptr<namespace_network>{new namespace_network};
  // Only a thread that ends may leave its namespace for good.
  auto maker = std::thread{[&] {
    try {
      for (const auto& name : hosts) {
        if (::unshare(CLONE_NEWNET) != 0)
          fail("cannot make a network namespace");
        auto& host = made->hosts_.emplace_back();
        host.name = name;
        host.place = ::open(this_namespace, O_RDONLY | O_CLOEXEC);
        host.device = make_device(address_of(made->hosts_.size() - 1));
      }
    } catch (const std::exception& error) {
      why_not = error.what();
    }
  }};
  maker.join();
  if (!why_not.empty())
    return nullptr;
  auto devices = std::vector<int>{};
  for (const auto& host : made->hosts_)
    devices.push_back(host.device);
  made->switch_ = std::make_unique<packet_switch>(std::move(devices));
  return made;
}

namespace_network::~namespace_network() {
  switch_.reset();
  for (const auto& host : hosts_) {
    ::close(host.device);
    ::close(host.place);
  }
}

namespace_network::visit::visit(const namespace_network* network,
                                const std::string& host) {
  if (network == nullptr)
    return;
  home_ = ::open(this_namespace, O_RDONLY | O_CLOEXEC);
  const auto place = network->hosts_[network->index_of(host)].place;
  if (home_ < 0 || ::setns(place, CLONE_NEWNET) != 0)
    fail("cannot enter a network namespace");
}

namespace_network::visit::~visit() {
  if (home_ < 0)
    return;
  // Elsewhere every later test would fail without a hint.
  if (::setns(home_, CLONE_NEWNET) != 0)
    std::terminate();
  ::close(home_);
}

std::string namespace_network::address(const std::string& host) const {
  return address_of(index_of(host));
}

std::size_t namespace_network::index_of(const std::string& name) const {
  const auto found = std::ranges::find(hosts_, name, &host::name);
  if (found == hosts_.end())
    throw std::runtime_error{"no host " + name};
  return static_cast<std::size_t>(found - hosts_.begin());
}

void namespace_network::set(const std::string& from, const std::string& to,
                            const line_quality& quality) {
  switch_->set(index_of(from), index_of(to), quality);
}

void namespace_network::cut(const std::string& one, const std::string& other) {
  const auto nothing = line_quality{.is_cut = true};
  set(one, other, nothing);
  set(other, one, nothing);
}

void namespace_network::isolate(const std::string& host) {
  for (const auto& each : hosts_)
    if (each.name != host)
      cut(host, each.name);
}

void namespace_network::set_all(const line_quality& quality) {
  for (auto from = std::size_t{0}; from < hosts_.size(); ++from)
    for (auto to = std::size_t{0}; to < hosts_.size(); ++to)
      switch_->set(from, to, quality);
}

} // namespace troupe::tests
