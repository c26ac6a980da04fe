#include "runtime/frames/frame_server.hpp"

#include "runtime/file_descriptor.hpp"
#include "runtime/frames/frame_codec.hpp"
#include "runtime/frames/unix_socket.hpp"
#include "runtime/order_box.hpp"
#include "runtime/worker_thread.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <thread>
#include <unordered_map>
#include <utility>

namespace troupe::runtime {

namespace {

struct answer_order {
  connection_id to = 0;
  std::string payload;
};

using answers = order_box<answer_order>;

// Tokens of epoll below the first connection.
constexpr auto wake_token = std::uint64_t{0};
constexpr auto listen_token = std::uint64_t{1};
constexpr auto first_connection = connection_id{2};

outcome<file_descriptor> made(int number, const char* what) {
  if (number >= 0)
    return file_descriptor{number};
  return fail(problem_kind::unavailable,
              std::string{what} + ": " + std::strerror(errno));
}

} // namespace

/// The thread, and all that only it touches.
class frame_server::reactor {
public:
  reactor(frame_server_options options, frame_observer observer,
          file_descriptor listener, file_descriptor epoll, file_descriptor wake)
    : options_{std::move(options)}, observer_{std::move(observer)},
      listener_{std::move(listener)}, epoll_{std::move(epoll)},
      wake_{std::move(wake)}, answers_{[this] { wake_up(); }} {
    watch(wake_.get(), wake_token, EPOLL_CTL_ADD, EPOLLIN);
    watch(listener_.get(), listen_token, EPOLL_CTL_ADD, EPOLLIN);
    thread_ = start_worker_thread("frames", [this] { work(); });
  }
  reactor(const reactor&) = delete;
  reactor& operator=(const reactor&) = delete;

  ~reactor() {
    answers_.close();
    thread_.join();
    ::unlink(options_.path.c_str());
  }

  void answer(connection_id to, std::string payload) {
    answers_.put({to, std::move(payload)});
  }

private:
  struct connection {
    file_descriptor socket;
    frame_reader reader;
    std::string unsent;
    std::size_t questions = 0; ///< Without an answer.
    std::uint32_t events = EPOLLIN;
  };

  using connections = std::unordered_map<connection_id, connection>;

  void watch(int descriptor, std::uint64_t token, int how,
             std::uint32_t events) const {
    auto event = epoll_event{};
    event.events = events;
    event.data.u64 = token;
    ::epoll_ctl(epoll_.get(), how, descriptor, &event);
  }

  void wake_up() const {
    const auto one = std::uint64_t{1};
    static_cast<void>(::write(wake_.get(), &one, sizeof one));
  }

  void work() {
    auto events = std::array<epoll_event, 64>{};
    while (!answers_.is_closed()) {
      const auto count = ::epoll_wait(epoll_.get(), events.data(),
                                      static_cast<int>(events.size()), -1);
      for (auto i = 0; i < count; ++i)
        on_event(events[static_cast<std::size_t>(i)]);
      send_answers();
    }
  }

  void on_event(const epoll_event& event) {
    // A copy: the kernel's structure is packed.
    const auto token = std::uint64_t{event.data.u64};
    if (token == wake_token) {
      auto ignored = std::uint64_t{};
      static_cast<void>(::read(wake_.get(), &ignored, sizeof ignored));
      return;
    }
    if (token == listen_token)
      return accept_all();
    const auto found = connections_.find(token);
    if (found == connections_.end())
      return;
    auto is_good = true;
    if ((event.events & EPOLLOUT) != 0)
      is_good = flush(found->second);
    if (is_good && (event.events & ~std::uint32_t{EPOLLOUT}) != 0)
      is_good = receive(found->first, found->second);
    settle(found, is_good);
  }

  void accept_all() {
    for (;;) {
      auto socket = file_descriptor{::accept4(listener_.get(), nullptr, nullptr,
                                              SOCK_CLOEXEC | SOCK_NONBLOCK)};
      if (!socket)
        return;
      if (connections_.size() >= options_.connections_max
          || !is_same_user(socket))
        continue;
      const auto id = next_id_++;
      watch(socket.get(), id, EPOLL_CTL_ADD, EPOLLIN);
      connections_[id].socket = std::move(socket);
    }
  }

  /// False when the connection is over.
  bool receive(connection_id id, connection& from) {
    const auto got
      = ::recv(from.socket.get(), buffer_.data(), buffer_.size(), 0);
    if (got < 0)
      return errno == EAGAIN || errno == EINTR;
    if (got == 0)
      return false;
    from.reader.feed({buffer_.data(), static_cast<std::size_t>(got)});
    auto questions = std::vector<std::string>{};
    auto frame = from.reader.next();
    for (; frame && *frame; frame = from.reader.next())
      questions.emplace_back(**frame);
    from.questions += questions.size();
    if (!questions.empty())
      observer_.on_questions(id, std::move(questions));
    return frame.has_value();
  }

  /// Sends what the other end takes now.
  static bool flush(connection& to) {
    while (!to.unsent.empty()) {
      const auto sent = ::send(to.socket.get(), to.unsent.data(),
                               to.unsent.size(), MSG_NOSIGNAL);
      if (sent < 0)
        return errno == EAGAIN || errno == EINTR;
      to.unsent.erase(0, static_cast<std::size_t>(sent));
    }
    return true;
  }

  void send_answers() {
    auto touched = std::unordered_map<connection_id, bool>{};
    for (auto& each : answers_.take()) {
      const auto found = connections_.find(each.to);
      if (found == connections_.end())
        continue;
      append_frame(found->second.unsent, each.payload);
      --found->second.questions;
      touched[each.to] = true;
    }
    for (const auto& [id, ignored] : touched) {
      const auto found = connections_.find(id);
      settle(found, flush(found->second));
    }
  }

  /// Ends a connection, or says what of it is of interest from now on.
  void settle(connections::iterator at, bool is_good) {
    auto& it = at->second;
    if (!is_good) {
      const auto id = at->first;
      connections_.erase(at);
      observer_.on_close(id);
      return;
    }
    // Whoever asks more than is answered has to wait.
    auto events = it.questions < options_.questions_max ? std::uint32_t{EPOLLIN}
                                                        : std::uint32_t{0};
    if (!it.unsent.empty())
      events |= EPOLLOUT;
    if (events != std::exchange(it.events, events))
      watch(it.socket.get(), at->first, EPOLL_CTL_MOD, events);
  }

  frame_server_options options_;
  frame_observer observer_;
  file_descriptor listener_;
  file_descriptor epoll_;
  file_descriptor wake_;
  answers answers_;
  connections connections_;
  connection_id next_id_ = first_connection;
  std::array<char, 64 << 10> buffer_{};
  std::thread thread_; // Last: it uses all others.
};

frame_server::frame_server(std::unique_ptr<reactor> worker)
  : reactor_{std::move(worker)} {}

frame_server::~frame_server() = default;

outcome<std::unique_ptr<frame_server>>
frame_server::start(frame_server_options options, frame_observer observer) {
  auto listener = listen_unix(options.path);
  if (!listener)
    return fail(listener.error());
  auto epoll = made(::epoll_create1(EPOLL_CLOEXEC), "epoll");
  if (!epoll)
    return fail(epoll.error());
  auto wake = made(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd");
  if (!wake)
    return fail(wake.error());
  return std::unique_ptr<frame_server>{new frame_server{
    std::make_unique<reactor>(std::move(options), std::move(observer),
                              std::move(*listener), std::move(*epoll),
                              std::move(*wake))}};
}

void frame_server::answer(connection_id to, std::string payload) {
  reactor_->answer(to, std::move(payload));
}

} // namespace troupe::runtime
