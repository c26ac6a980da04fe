#include "cluster/node/node.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>

#include <filesystem>

using namespace troupe;
using namespace troupe::cluster;
using namespace troupe::tests;

namespace {

/// A worker without peers whose links are plain.
node_options worker_in(const temporary_folder& folder) {
  static const auto time = runtime::real_clock{};
  auto options = node_options{};
  options.file.name = "w";
  options.file.roles.is_worker = true;
  options.file.listen = {"127.0.0.1", 0};
  options.file.data = (folder / "w").string();
  options.threads = 1;
  options.time = &time;
  return options;
}

} // namespace

TEST_CASE("a node listens until it is told to stop") {
  const auto folder = temporary_folder{};
  auto started = node::start(worker_in(folder));
  REQUIRE(started);
  CHECK((*started)->address().starts_with("127.0.0.1:"));
  CHECK(std::filesystem::exists((*started)->socket()));
  auto stop = std::stop_source{};
  stop.request_stop();
  CHECK((*started)->run(stop.get_token()));
}

TEST_CASE("a node is refused the folder and the address of another one") {
  const auto folder = temporary_folder{};
  const auto first = node::start(worker_in(folder));
  REQUIRE(first);
  const auto same_folder = node::start(worker_in(folder));
  REQUIRE_FALSE(same_folder);
  CHECK(same_folder.error().kind == runtime::problem_kind::unavailable);
  auto options = worker_in(folder);
  options.file.data = (folder / "other").string();
  options.file.listen = parse_node_address((*first)->address()).value();
  const auto same_address = node::start(std::move(options));
  REQUIRE_FALSE(same_address);
  CHECK(same_address.error().kind == runtime::problem_kind::unavailable);
}

TEST_CASE("a node without its certificates does not start") {
  const auto folder = temporary_folder{};
  auto options = worker_in(folder);
  options.file.certificates = (folder / "certs").string();
  CHECK_FALSE(node::start(std::move(options)));
}
