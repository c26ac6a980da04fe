#include "runtime/frames/frame_client.hpp"
#include "runtime/frames/frame_server.hpp"
#include "runtime/frames/unix_socket.hpp"
#include "tests/support/places.hpp"

#include <catch2/catch.hpp>
#include <sys/socket.h>
#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <future>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <thread>

using namespace std::chrono_literals;
using namespace troupe::runtime;
using namespace troupe::tests;

namespace {

/// A server that answers with what it is asked.
struct echo_server {
  temporary_folder folder;
  std::string path = (folder / "socket").string();
  std::promise<void> closed; ///< Any connection.
  std::promise<void> keeps_two;
  std::once_flag first;
  std::atomic<bool> is_silent = false;
  std::vector<std::pair<connection_id, std::string>> kept;
  std::unique_ptr<frame_server> server;

  explicit echo_server(std::size_t questions_max = 1'000) {
    auto options = frame_server_options{};
    options.path = path;
    options.connections_max = 3;
    options.questions_max = questions_max;
    auto observer = frame_observer{};
    observer.on_questions
      = [this](connection_id from, std::vector<std::string> texts) {
          for (auto& text : texts)
            if (!is_silent)
              server->answer(from, std::span{&text, 1});
            else if (kept.emplace_back(from, std::move(text)); kept.size() == 2)
              keeps_two.set_value();
        };
    observer.on_close = [this](connection_id) {
      std::call_once(first, [this] { closed.set_value(); });
    };
    auto started = frame_server::start(options, observer);
    REQUIRE(started);
    server = std::move(*started);
  }

  [[nodiscard]] frame_client connect() const {
    auto client = frame_client::connect(path);
    REQUIRE(client);
    return std::move(*client);
  }
};

} // namespace

TEST_CASE("every question gets its answer, also many ahead") {
  const auto server = echo_server{};
  auto client = server.connect();
  auto expected = std::multiset<std::string>{};
  for (auto i = std::size_t{0}; i < 500; ++i) {
    const auto text = std::to_string(i) + std::string(i * 10, 'x');
    expected.insert(text);
    client.ask(text);
  }
  auto found = std::multiset<std::string>{};
  for (auto i = 0; i < 500; ++i) {
    auto answer = client.receive(20s);
    REQUIRE(answer);
    found.insert(*answer);
  }
  CHECK(found == expected);
  // A large one needs several turns both ways.
  const auto large = std::string(frame_bytes_max, 'l');
  client.ask(large);
  const auto back = client.receive(20s);
  REQUIRE(back);
  CHECK(*back == large);
}

TEST_CASE("the socket is for its owner, and goes with the server") {
  auto path = std::string{};
  {
    const auto server = echo_server{};
    path = server.path;
    struct stat info {};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0600);
    auto options = frame_server_options{};
    options.path = path;
    const auto second = frame_server::start(options, {});
    REQUIRE_FALSE(second);
    CHECK(second.error().kind == problem_kind::unavailable);
    CHECK(second.error().message == "a server runs there already");
  }
  CHECK_FALSE(std::filesystem::exists(path));
  CHECK(frame_client::connect(path).error().kind == problem_kind::unavailable);
}

TEST_CASE("what a dead server left is replaced") {
  const auto folder = temporary_folder{};
  const auto path = (folder / "socket").string();
  {
    const auto abandoned = listen_unix(path);
    REQUIRE(abandoned);
  }
  CHECK(listen_unix(path));
  CHECK(listen_unix((folder / std::string(200, 'p')).string()).error().kind
        == problem_kind::invalid_input);
}

TEST_CASE("whoever sends rubbish loses the connection, and nobody else") {
  auto server = echo_server{};
  auto good = server.connect();
  {
    auto bad = connect_unix(server.path);
    REQUIRE(bad);
    const auto rubbish = std::string(100, '\xff');
    REQUIRE(::send(bad->get(), rubbish.data(), rubbish.size(), 0) == 100);
    CHECK(server.closed.get_future().wait_for(20s)
          == std::future_status::ready);
  }
  good.ask("still here");
  CHECK(good.receive(20s) == "still here");
}

TEST_CASE("too many connections are hung up on") {
  const auto server = echo_server{};
  auto first = server.connect();
  auto second = server.connect();
  auto third = server.connect();
  third.ask("in");
  CHECK(third.receive(20s) == "in");
  auto fourth = server.connect();
  fourth.ask("out");
  CHECK(fourth.receive(20s).error().kind == problem_kind::unavailable);
}

TEST_CASE("answers come in one piece from any thread, also to nobody") {
  auto server = echo_server{};
  server.is_silent = true;
  {
    auto client = server.connect();
    client.ask("a");
    client.ask("b");
    REQUIRE(client.flush());
    REQUIRE(server.keeps_two.get_future().wait_for(20s)
            == std::future_status::ready);
    // More than the socket takes at once: the rest follows.
    const auto answers
      = std::vector<std::string>{std::string(3 << 20, 'a'), "small"};
    auto thread = std::thread{
      [&] { server.server->answer(server.kept[0].first, answers); }};
    thread.join();
    CHECK(client.receive(20s) == answers[0]);
    CHECK(client.receive(20s) == answers[1]);
  }
  REQUIRE(server.closed.get_future().wait_for(20s)
          == std::future_status::ready);
  server.server->answer(server.kept[0].first,
                        std::span{&server.kept[0].second, 1});
}

TEST_CASE("a server that is silent is not waited for for ever") {
  auto server = echo_server{};
  server.is_silent = true;
  auto client = server.connect();
  client.ask("hello");
  CHECK(client.receive(1ms).error().kind == problem_kind::timeout);
}
