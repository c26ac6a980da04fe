#include "runtime/process/process_host.hpp"

#include "runtime/order_box.hpp"
#include "runtime/process/process_keeper.hpp"
#include "runtime/process/watched_process.hpp"
#include "runtime/worker_thread.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <deque>
#include <set>
#include <thread>
#include <unordered_map>
#include <utility>
#include <variant>

namespace troupe::runtime {

namespace {

using steady = std::chrono::steady_clock;
using process_number = std::uint64_t;

/// Starting blocks the thread for the time of an exec, so others get a turn.
constexpr auto starts_per_turn = 4;

struct run_order {
  process_number number = 0;
  /// Otherwise there are too many already.
  bool is_admitted = false;
  process_request request;
  process_observer observer;
};

struct stop_order {
  process_number number = 0;
  std::chrono::milliseconds grace{0};
};

struct drop_order {
  process_number number = 0;
};

using order = std::variant<run_order, stop_order, drop_order>;

using process_orders = order_box<order>;

class hosted_process final : public running_process {
public:
  hosted_process(std::shared_ptr<process_orders> orders,
                 process_number number) noexcept
    : orders_{std::move(orders)}, number_{number} {}
  hosted_process(const hosted_process&) = delete;
  hosted_process& operator=(const hosted_process&) = delete;

  ~hosted_process() override {
    orders_->put(drop_order{number_});
  }

  void stop(std::chrono::milliseconds grace) override {
    orders_->put(stop_order{number_, grace});
  }

private:
  std::shared_ptr<process_orders> orders_;
  process_number number_;
};

problem kernel_problem(const char* what) {
  auto reason = problem{};
  reason.kind = problem_kind::unavailable;
  reason.message = std::string{"cannot watch processes: "} + what + ": "
                   + std::strerror(errno);
  return reason;
}

/// A parent that ignores SIGCHLD, and so do we by inheritance, would have its
/// children reaped by the kernel, and their exit codes lost.
void keep_exit_codes() {
  struct sigaction current {};
  ::sigaction(SIGCHLD, nullptr, &current);
  if (current.sa_handler != SIG_IGN && (current.sa_flags & SA_NOCLDWAIT) == 0)
    return;
  if (current.sa_handler == SIG_IGN)
    current.sa_handler = SIG_DFL;
  current.sa_flags &= ~SA_NOCLDWAIT;
  ::sigaction(SIGCHLD, &current, nullptr);
}

} // namespace

/// The thread, and all that only it touches.
class process_host::reactor {
public:
  reactor(process_host_options options, file_descriptor epoll,
          file_descriptor wake, process_keeper keeper)
    : options_{options}, epoll_{std::move(epoll)}, keeper_{std::move(keeper)},
      wake_{std::move(wake)}, orders_{std::make_shared<process_orders>(
                                [this] { wake_up(); })} {
    add(wake_.get(), 0);
    thread_ = start_worker_thread("processes", [this] { work(); });
  }
  reactor(const reactor&) = delete;
  reactor& operator=(const reactor&) = delete;

  ~reactor() {
    orders_->close();
    thread_.join();
  }

  [[nodiscard]] const std::shared_ptr<process_orders>& orders() const noexcept {
    return orders_;
  }

  [[nodiscard]] std::size_t processes_max() const noexcept {
    return options_.processes_max;
  }

private:
  struct entry {
    std::unique_ptr<watched_process> process;
    run_order order; ///< Without its request.
    std::optional<steady::time_point> due;
  };

  using entries = std::unordered_map<process_number, entry>;

  void add(int descriptor, std::uint64_t token) const {
    auto event = epoll_event{};
    event.events = EPOLLIN;
    event.data.u64 = token;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event);
  }

  void wake_up() const {
    const auto one = std::uint64_t{1};
    static_cast<void>(::write(wake_.get(), &one, sizeof one));
  }

  [[nodiscard]] std::deque<order> take_orders() const {
    auto count = std::uint64_t{};
    // Whether there was a wake-up does not matter.
    static_cast<void>(::read(wake_.get(), &count, sizeof count));
    return orders_->take();
  }

  void work() {
    auto events = std::array<epoll_event, 64>{};
    while (!orders_->is_closed()) {
      const auto count
        = ::epoll_wait(epoll_.get(), events.data(),
                       static_cast<int>(events.size()), patience());
      for (auto i = 0; i < count; ++i)
        on_event(events[static_cast<std::size_t>(i)].data.u64);
      obey();
      on_time();
    }
    end_all();
  }

  /// Milliseconds, rounded up so that nothing is looked at too early.
  [[nodiscard]] int patience() const {
    if (!waiting_.empty())
      return 0;
    if (deadlines_.empty())
      return -1;
    const auto rest = std::chrono::ceil<std::chrono::milliseconds>(
      deadlines_.begin()->first - steady::now());
    return static_cast<int>(
      std::clamp<std::chrono::milliseconds::rep>(rest.count(), 0, 60'000));
  }

  void on_event(std::uint64_t token) {
    const auto found = entries_.find(token >> 2);
    if (found == entries_.end())
      return; // An order, or of a process that this round has ended.
    const auto source = watched_process::sources[token & 3];
    found->second.process->on_readable(source, steady::now());
    follow_up(found);
  }

  void obey() {
    for (auto& each : take_orders())
      if (auto* run = std::get_if<run_order>(&each))
        waiting_.push_back(std::move(*run));
      else if (const auto* stop = std::get_if<stop_order>(&each))
        obey(*stop);
      else
        obey(std::get<drop_order>(each));
    for (auto i = 0; i < starts_per_turn && !waiting_.empty(); ++i) {
      const auto next = std::move(waiting_.front());
      waiting_.pop_front();
      start(next);
    }
  }

  /// Removes an order that nobody needs to follow any more.
  std::optional<run_order> withdraw(process_number number) {
    const auto found
      = std::find_if(waiting_.begin(), waiting_.end(),
                     [=](const auto& each) { return each.number == number; });
    if (found == waiting_.end())
      return std::nullopt;
    auto result = std::move(*found);
    waiting_.erase(found);
    return result;
  }

  void obey(stop_order what) {
    if (const auto never_started = withdraw(what.number))
      end(*never_started, interrupted());
    stop(what.number, what.grace);
  }

  void obey(drop_order what) {
    if (auto never_started = withdraw(what.number)) {
      never_started->observer = {};
      end(*never_started, interrupted());
    }
    if (const auto found = entries_.find(what.number); found != entries_.end())
      found->second.order.observer = {};
    stop(what.number, std::chrono::milliseconds{0});
  }

  void stop(process_number number, std::chrono::milliseconds grace) {
    const auto found = entries_.find(number);
    if (found == entries_.end())
      return;
    found->second.process->stop(grace, steady::now());
    follow_up(found);
  }

  void start(const run_order& what) {
    const auto side
      = what.observer.on_line ? side_channel::open : side_channel::none;
    const auto now = steady::now();
    auto launched
      = what.is_admitted
          ? launch(what.request, side)
          : fail(problem_kind::unavailable, "too many processes at once",
                 "run fewer, or wait for others to end");
    if (!launched) {
      end(what, fail(std::move(launched.error())));
      return;
    }
    keeper_.watch(launched->pid);
    auto made = entry{};
    made.process = std::make_unique<watched_process>(
      std::move(*launched), what.request, options_.linger, now);
    made.order.is_admitted = true;
    made.order.observer = what.observer;
    for (const auto source : watched_process::sources)
      if (const auto number = made.process->descriptor(source); number >= 0)
        add(number, what.number << 2 | static_cast<std::uint64_t>(source));
    entries_.emplace(what.number, std::move(made));
  }

  /// Reports what is to be reported after something happened.
  void follow_up(entries::iterator at) {
    auto& [number, each] = *at;
    // Taken even if nobody listens any more: a line that waits has a deadline.
    auto line = each.process->take_line(steady::now());
    if (line && each.order.observer.on_line)
      each.order.observer.on_line(std::move(*line));
    if (each.due)
      deadlines_.erase({*each.due, number});
    if (each.process->is_over()) {
      const auto node = entries_.extract(at);
      keeper_.forget(node.mapped().process->pid());
      end(node.mapped().order, node.mapped().process->finish(steady::now()));
      return;
    }
    each.due = each.process->next_deadline();
    if (each.due)
      deadlines_.emplace(*each.due, number);
  }

  void end(const run_order& what, outcome<process_result> how) {
    if (what.is_admitted)
      orders_->release();
    if (what.observer.on_end)
      what.observer.on_end(std::move(how));
  }

  static tl::unexpected<problem> interrupted() {
    return fail(problem_kind::interrupted, "asked to stop");
  }

  void on_time() {
    const auto now = steady::now();
    while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
      const auto found = entries_.find(deadlines_.begin()->second);
      found->second.process->on_time(now);
      follow_up(found);
    }
  }

  void end_all() {
    for (auto& each : take_orders())
      if (auto* run = std::get_if<run_order>(&each))
        waiting_.push_back(std::move(*run));
    for (const auto& each : waiting_)
      end(each, interrupted());
    for (const auto& [number, each] : entries_)
      each.process->stop(std::chrono::milliseconds{0}, steady::now());
    for (const auto& [number, each] : entries_) {
      keeper_.forget(each.process->pid());
      static_cast<void>(each.process->finish(steady::now()));
      end(each.order, interrupted());
    }
    entries_.clear();
  }

  process_host_options options_;
  file_descriptor epoll_;
  process_keeper keeper_;
  file_descriptor wake_;
  std::shared_ptr<process_orders> orders_;
  entries entries_;
  std::set<std::pair<steady::time_point, process_number>> deadlines_;
  std::deque<run_order> waiting_;
  std::thread thread_; // Last: it uses all others.
};

process_host::process_host(std::unique_ptr<reactor> worker)
  : reactor_{std::move(worker)} {}

process_host::~process_host() = default;

outcome<std::unique_ptr<process_host>>
process_host::start(process_host_options options) {
  if (auto checked = check_kernel(); !checked)
    return fail(std::move(checked.error()));
  keep_exit_codes();
  auto epoll = file_descriptor{::epoll_create1(EPOLL_CLOEXEC)};
  if (!epoll)
    return fail(kernel_problem("epoll"));
  auto wake = file_descriptor{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (!wake)
    return fail(kernel_problem("eventfd"));
  auto keeper = process_keeper::start();
  if (!keeper)
    return fail(std::move(keeper.error()));
  return std::unique_ptr<process_host>{new process_host{
    std::make_unique<reactor>(options, std::move(epoll), std::move(wake),
                              std::move(*keeper))}};
}

std::unique_ptr<running_process> process_host::run(process_request request,
                                                   process_observer observer) {
  const auto& orders = reactor_->orders();
  const auto ticket = orders->admit(reactor_->processes_max());
  auto order = run_order{};
  order.number = ticket.number;
  order.is_admitted = ticket.is_admitted;
  order.request = std::move(request);
  order.observer = std::move(observer);
  orders->put(std::move(order));
  return std::make_unique<hosted_process>(orders, ticket.number);
}

} // namespace troupe::runtime
