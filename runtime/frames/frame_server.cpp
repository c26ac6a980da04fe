#include "runtime/frames/frame_server.hpp"

#include "runtime/file_descriptor.hpp"
#include "runtime/frames/frame_codec.hpp"
#include "runtime/frames/unix_socket.hpp"
#include "runtime/worker_thread.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>

namespace troupe::runtime {

namespace {

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

/// The thread that reads; whoever has an answer writes it himself.
class frame_server::reactor {
public:
  reactor(frame_server_options options, frame_observer observer,
          file_descriptor listener, file_descriptor epoll, file_descriptor wake)
    : options_{std::move(options)}, observer_{std::move(observer)},
      listener_{std::move(listener)}, epoll_{std::move(epoll)}, wake_{std::move(
                                                                  wake)} {
    watch(wake_.get(), wake_token, EPOLL_CTL_ADD, EPOLLIN);
    watch(listener_.get(), listen_token, EPOLL_CTL_ADD, EPOLLIN);
    thread_ = start_worker_thread("frames", [this] { work(); });
  }
  reactor(const reactor&) = delete;
  reactor& operator=(const reactor&) = delete;

  ~reactor() {
    const auto one = std::uint64_t{1};
    static_cast<void>(::write(wake_.get(), &one, sizeof one));
    thread_.join();
    ::unlink(options_.path.c_str());
  }

  void answer(connection_id to, std::span<const std::string> payloads) {
    const auto guard = std::lock_guard{mutex_};
    const auto found = connections_.find(to);
    if (found == connections_.end())
      return;
    auto& it = found->second;
    for (const auto& payload : payloads)
      append_frame(it.unsent, payload);
    it.questions -= payloads.size();
    if (flush(it))
      choose_events(to, it);
    else
      // The thread hears of it, and ends the connection.
      ::shutdown(it.socket.get(), SHUT_RDWR);
  }

private:
  struct connection {
    file_descriptor socket;
    frame_reader reader;
    std::string unsent;
    std::size_t questions = 0; ///< Without an answer.
    std::uint32_t events = EPOLLIN;
  };

  void watch(int descriptor, std::uint64_t token, int how,
             std::uint32_t events) const {
    auto event = epoll_event{};
    event.events = events;
    event.data.u64 = token;
    ::epoll_ctl(epoll_.get(), how, descriptor, &event);
  }

  /// Until it is woken.
  void work() {
    auto events = std::array<epoll_event, 64>{};
    for (;;) {
      const auto count = ::epoll_wait(epoll_.get(), events.data(),
                                      static_cast<int>(events.size()), -1);
      for (auto i = 0; i < count; ++i) {
        // A copy: the kernel's structure is packed.
        const auto token
          = std::uint64_t{events[static_cast<std::size_t>(i)].data.u64};
        if (token == wake_token)
          return;
        if (token == listen_token)
          accept_all();
        else
          on_event(token, events[static_cast<std::size_t>(i)].events);
      }
    }
  }

  /// The observer is called without the lock: it may answer at once.
  void on_event(connection_id id, std::uint32_t events) {
    auto questions = std::vector<std::string>{};
    auto is_good = true;
    {
      const auto guard = std::lock_guard{mutex_};
      const auto found = connections_.find(id);
      if (found == connections_.end())
        return;
      auto& it = found->second;
      if ((events & EPOLLOUT) != 0)
        is_good = flush(it);
      if (is_good && (events & ~std::uint32_t{EPOLLOUT}) != 0)
        is_good = receive(it, questions);
      it.questions += questions.size();
      if (is_good)
        choose_events(id, it);
      else
        connections_.erase(found);
    }
    if (!questions.empty())
      observer_.on_questions(id, std::move(questions));
    if (!is_good)
      observer_.on_close(id);
  }

  void accept_all() {
    for (;;) {
      auto socket = file_descriptor{::accept4(listener_.get(), nullptr, nullptr,
                                              SOCK_CLOEXEC | SOCK_NONBLOCK)};
      if (!socket)
        return;
      const auto guard = std::lock_guard{mutex_};
      if (connections_.size() >= options_.connections_max
          || !is_same_user(socket))
        continue;
      const auto id = next_id_++;
      watch(socket.get(), id, EPOLL_CTL_ADD, EPOLLIN);
      connections_[id].socket = std::move(socket);
    }
  }

  /// False when the connection is over.
  bool receive(connection& from, std::vector<std::string>& questions) {
    const auto got
      = ::recv(from.socket.get(), buffer_.data(), buffer_.size(), 0);
    if (got < 0)
      return errno == EAGAIN || errno == EINTR;
    if (got == 0)
      return false;
    from.reader.feed({buffer_.data(), static_cast<std::size_t>(got)});
    auto frame = from.reader.next();
    for (; frame && *frame; frame = from.reader.next())
      questions.emplace_back(**frame);
    return frame.has_value();
  }

  /// Sends what the other end takes now.
  static bool flush(connection& to) {
    auto sent = std::size_t{0};
    auto is_good = true;
    while (is_good && sent < to.unsent.size()) {
      const auto taken = ::send(to.socket.get(), to.unsent.data() + sent,
                                to.unsent.size() - sent, MSG_NOSIGNAL);
      if (taken < 0) {
        is_good = errno == EAGAIN || errno == EINTR;
        break;
      }
      sent += static_cast<std::size_t>(taken);
    }
    to.unsent.erase(0, sent);
    return is_good;
  }

  /// Says what of a connection is of interest from now on.
  void choose_events(connection_id id, connection& it) {
    // Whoever asks more than is answered has to wait.
    auto events = it.questions < options_.questions_max ? std::uint32_t{EPOLLIN}
                                                        : std::uint32_t{0};
    if (!it.unsent.empty())
      events |= EPOLLOUT;
    if (events != std::exchange(it.events, events))
      watch(it.socket.get(), id, EPOLL_CTL_MOD, events);
  }

  frame_server_options options_;
  frame_observer observer_;
  file_descriptor listener_;
  file_descriptor epoll_;
  file_descriptor wake_;
  std::mutex mutex_; ///< Of the connections.
  std::unordered_map<connection_id, connection> connections_;
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

void frame_server::answer(connection_id to,
                          std::span<const std::string> payloads) {
  reactor_->answer(to, payloads);
}

} // namespace troupe::runtime
