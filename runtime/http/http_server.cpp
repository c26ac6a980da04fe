#include "runtime/http/http_server.hpp"

#include "runtime/http/http_connection.hpp"
#include "runtime/http/problem_reply.hpp"
#include "runtime/worker_thread.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <set>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace troupe::runtime {

namespace {

constexpr auto thread_name = "http-server";

/// The connection of this thread, whose handlers cpp-httplib calls without it.
thread_local http_connection* connection_here = nullptr;
/// Whether the connection that came is one too many.
thread_local bool is_too_many = false;

std::optional<http_method> method_named(std::string_view name) {
  constexpr auto known = std::to_array(
    {http_method::get, http_method::head, http_method::post, http_method::put,
     http_method::patch, http_method::remove});
  const auto* const found
    = std::find_if(known.begin(), known.end(), [name](http_method each) {
        return to_string(each) == name;
      });
  return found == known.end() ? std::nullopt : std::optional{*found};
}

http_request request_of(const httplib::Request& from, http_method method) {
  auto request = http_request{};
  request.method = method;
  request.url = from.target;
  for (const auto& [name, value] : from.headers)
    // Added by cpp-httplib itself.
    if (name != "REMOTE_ADDR" && name != "REMOTE_PORT" && name != "LOCAL_ADDR"
        && name != "LOCAL_PORT")
      request.headers.push_back({name, value});
  request.body = from.body;
  return request;
}

void give(httplib::Response& to, http_reply reply) {
  to.status = reply.status;
  auto type = std::string{};
  for (auto& [name, value] : reply.headers)
    if (name == "Content-Type")
      type = value;
    else
      to.set_header(name, value);
  to.set_header("X-Content-Type-Options", "nosniff");
  to.set_header("Cache-Control", "no-store");
  if (!type.empty())
    to.set_content(std::move(reply.body), type);
}

http_reply refusal(int status, problem_kind kind, std::string message,
                   std::string hint) {
  return problem_reply(fail(kind, std::move(message), std::move(hint)).value(),
                       status);
}

http_reply no_such_method() {
  return refusal(405, problem_kind::invalid_input, "no method of this server",
                 "see /openapi.json");
}

/// What cpp-httplib refuses by itself has no words.
http_reply words_for(int status) {
  constexpr auto uri_too_long = 414;
  if (status == uri_too_long)
    return refusal(status, problem_kind::invalid_input,
                   "the address is too long", "shorten it");
  if (status >= 500)
    return refusal(status, problem_kind::failed, "the request failed",
                   "see the log of the server");
  return refusal(status, problem_kind::invalid_input,
                 "no request that this server understands",
                 "check its first line, its headers and its length");
}

/// A thread for each connection, made when it is needed and kept for the next.
class connection_threads : public httplib::TaskQueue {
public:
  explicit connection_threads(std::size_t most) : most_{most} {}

  void enqueue(std::function<void()> task) override {
    {
      const auto guard = std::lock_guard{mutex_};
      if (under_way_ < most_) {
        tasks_.push_back(std::move(task));
        if (++under_way_ > threads_.size())
          threads_.push_back(
            start_worker_thread(thread_name, [this] { work(); }));
        came_.notify_one();
        return;
      }
    }
    is_too_many = true;
    task();
    is_too_many = false;
  }

  void shutdown() override {
    {
      const auto guard = std::lock_guard{mutex_};
      is_over_ = true;
    }
    came_.notify_all();
    for (auto& thread : threads_)
      thread.join();
  }

private:
  void work() {
    auto guard = std::unique_lock{mutex_};
    for (;;) {
      came_.wait(guard, [this] { return is_over_ || !tasks_.empty(); });
      if (tasks_.empty())
        return;
      const auto task = std::move(tasks_.front());
      tasks_.pop_front();
      guard.unlock();
      task();
      guard.lock();
      --under_way_;
    }
  }

  std::mutex mutex_;
  std::condition_variable came_;
  std::deque<std::function<void()>> tasks_;
  std::vector<std::thread> threads_;
  std::size_t most_;
  std::size_t under_way_ = 0; ///< Waiting or at work.
  bool is_over_ = false;
};

/// cpp-httplib's reading and writing of HTTP, over connections of ours.
class bounded_server : public httplib::Server {
public:
  explicit bounded_server(const http_server_options& options)
    : options_{options} {
    new_task_queue = [most = options.connections_max] {
      return new connection_threads{most};
    };
    // It would share the port with whoever else wants it.
    set_socket_options([](socket_t socket) {
      const auto yes = 1;
      ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    });
    // What clients are told; connections keep to it.
    constexpr auto requests_max = std::size_t{1'000'000};
    set_keep_alive_max_count(requests_max);
    set_keep_alive_timeout(
      std::chrono::floor<std::chrono::seconds>(options.idle_timeout).count());
    set_pre_routing_handler(
      [this](const httplib::Request& asked, httplib::Response& to) {
        return begin(asked, to);
      });
    set_error_handler([](const httplib::Request&, httplib::Response& to) {
      if (to.body.empty())
        give(to, words_for(to.status));
    });
    set_exception_handler(
      [](const httplib::Request&, httplib::Response& to,
         const std::exception_ptr&) { give(to, words_for(500)); });
    const auto handle = [this](const httplib::Request& asked,
                               httplib::Response& to) { finish(asked, to); };
    Get(".*", handle);
    Post(".*", handle);
    Put(".*", handle);
    Patch(".*", handle);
    Delete(".*", handle);
  }

  /// The port it has; 0: none.
  int bind(const listen_address& at) {
    const auto port = at.port == 0 ? bind_to_any_port(at.host)
                      : bind_to_port(at.host, at.port) ? int{at.port}
                                                       : 0;
    // Many may come at once.
    constexpr auto backlog = 128;
    if (port > 0)
      ::listen(svr_sock_, backlog);
    return std::max(port, 0);
  }

  void end() {
    stopping_.request_stop();
    stop();
    const auto guard = std::lock_guard{mutex_};
    for (const auto socket : open_)
      ::shutdown(socket, SHUT_RD);
  }

  [[nodiscard]] std::size_t connections() const {
    const auto guard = std::lock_guard{mutex_};
    return open_.size();
  }

private:
  HandlerResponse begin(const httplib::Request& asked, httplib::Response& to) {
    const auto method = method_named(asked.method);
    auto reply = std::optional<http_reply>{};
    auto length = std::optional<std::size_t>{};
    if (method) {
      const auto head = request_of(asked, *method);
      length = content_length(head);
      reply = options_.admit(head);
    } else {
      reply = no_such_method();
    }
    if (!reply) {
      connection_here->begin_body(length.value_or(0));
      return HandlerResponse::Unhandled;
    }
    to.set_header("Connection", "close");
    give(to, std::move(*reply));
    return HandlerResponse::Handled;
  }

  void finish(const httplib::Request& asked, httplib::Response& to) const {
    give(to, options_.answer(request_of(asked, *method_named(asked.method)),
                             stopping_.get_token()));
  }

  bool process_and_close_socket(socket_t socket) override {
    const auto yes = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    auto limits = http_connection_limits{};
    limits.idle = options_.idle_timeout;
    limits.reading = options_.read_timeout;
    limits.writing = options_.write_timeout;
    limits.header_bytes_max = options_.header_bytes_max;
    if (is_too_many)
      return turn_away(socket);
    {
      const auto guard = std::lock_guard{mutex_};
      open_.insert(socket);
    }
    auto connection = http_connection{socket, limits};
    serve(connection);
    {
      const auto guard = std::lock_guard{mutex_};
      open_.erase(socket);
    }
    connection.finish();
    return true;
  }

  void serve(http_connection& connection) {
    connection_here = &connection;
    while (!stopping_.stop_requested() && connection.await_request()) {
      auto is_last = false;
      const auto is_answered
        = process_request(connection, false, is_last, nullptr);
      if (!connection.flush() || !is_answered || is_last
          || !connection.is_request_read())
        break;
    }
    connection_here = nullptr;
  }

  /// Without waiting for anything: nobody else is accepted meanwhile.
  static bool turn_away(socket_t socket) {
    const auto owned = file_descriptor{socket};
    const auto reply
      = refusal(503, problem_kind::unavailable, "too many connections",
                "close some, or use one for several requests");
    const auto text
      = "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n"
        "Retry-After: 2\r\nContent-Type: application/problem+json\r\n"
        "Content-Length: "
        + std::to_string(reply.body.size()) + "\r\n\r\n" + reply.body;
    ::send(socket, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    ::shutdown(socket, SHUT_WR);
    return true;
  }

  const http_server_options& options_;
  std::stop_source stopping_;
  mutable std::mutex mutex_;
  std::set<socket_t> open_;
};

} // namespace

struct http_server::state {
  http_server_options options;
  bounded_server server{options};
  std::thread thread;

  explicit state(http_server_options from) : options{std::move(from)} {}
};

http_server::http_server(std::unique_ptr<state> made)
  : state_{std::move(made)} {}

outcome<std::unique_ptr<http_server>>
http_server::start(http_server_options options) {
  auto made = std::make_unique<state>(std::move(options));
  errno = 0;
  const auto port = made->server.bind(made->options.at);
  if (port == 0)
    return fail(
      errno == EACCES ? problem_kind::denied : problem_kind::unavailable,
      "cannot listen at " + url_of(made->options.at)
        + (errno == 0 ? "" : std::string{": "} + std::strerror(errno)),
      "choose another port with --listen 127.0.0.1:PORT (0: any that "
      "is free), or no HTTP with --listen none");
  made->options.at.port = static_cast<std::uint16_t>(port);
  auto& server = made->server;
  made->thread = start_worker_thread(thread_name,
                                     [&server] { server.listen_after_bind(); });
  // It can be stopped only once it runs.
  while (!server.is_running())
    std::this_thread::yield();
  return std::unique_ptr<http_server>{new http_server{std::move(made)}};
}

http_server::~http_server() {
  state_->server.end();
  state_->thread.join();
}

const listen_address& http_server::address() const noexcept {
  return state_->options.at;
}

std::size_t http_server::connections() const {
  return state_->server.connections();
}

} // namespace troupe::runtime
