#include "runtime/http/http_host.hpp"

#include "runtime/http/http_transfer.hpp"
#include "runtime/order_box.hpp"
#include "runtime/worker_thread.hpp"

#include <cstdint>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <variant>

namespace troupe::runtime {

namespace {

using request_number = std::uint64_t;

/// A wake-up ends every wait, so this is no more than a second look.
constexpr auto patience_ms = 60'000;

struct send_order {
  request_number number = 0;
  /// Otherwise there are too many already.
  bool is_admitted = false;
  http_request request;
  http_observer observer;
};

struct drop_order {
  request_number number = 0;
};

using order = std::variant<send_order, drop_order>;
using http_orders = order_box<order>;

class hosted_request final : public running_request {
public:
  hosted_request(std::shared_ptr<http_orders> orders,
                 request_number number) noexcept
    : orders_{std::move(orders)}, number_{number} {}
  hosted_request(const hosted_request&) = delete;
  hosted_request& operator=(const hosted_request&) = delete;

  ~hosted_request() override {
    orders_->put(drop_order{number_});
  }

private:
  std::shared_ptr<http_orders> orders_;
  request_number number_;
};

void report(const http_observer& to, http_outcome result) {
  if (to.on_end)
    to.on_end(std::move(result));
}

tl::unexpected<http_failure> no_reply(http_failure_kind kind,
                                      std::string message) {
  return tl::unexpected<http_failure>{
    make_http_failure(kind, std::move(message))};
}

} // namespace

/// The thread, and all that only it touches.
class http_host::reactor {
public:
  explicit reactor(http_host_options options)
    : options_{options}, orders_{std::make_shared<http_orders>(
                           [multi = multi_.get()] {
                             curl_multi_wakeup(multi);
                           })} {
    // Writing to a connection that is gone raises a signal, which this thread
    // does not take.
    thread_ = start_worker_thread("http", [this] { work(); });
  }
  reactor(const reactor&) = delete;
  reactor& operator=(const reactor&) = delete;

  ~reactor() {
    orders_->close();
    thread_.join();
  }

  [[nodiscard]] const std::shared_ptr<http_orders>& orders() const noexcept {
    return orders_;
  }

  [[nodiscard]] std::size_t requests_max() const noexcept {
    return options_.requests_max;
  }

private:
  struct entry {
    request_number number = 0;
    std::unique_ptr<http_transfer> transfer;
    http_observer observer;
  };

  using entries = std::unordered_map<request_number, entry>;

  void work() {
    while (!orders_->is_closed()) {
      obey();
      auto running = 0;
      auto code = curl_multi_perform(multi_.get(), &running);
      collect();
      if (code == CURLM_OK)
        code = curl_multi_poll(multi_.get(), nullptr, 0, patience_ms, nullptr);
      if (code != CURLM_OK)
        // Memory or descriptors ran out: give them back instead of spinning.
        end_all(http_failure_kind::other, curl_multi_strerror(code));
    }
    obey();
    end_all(http_failure_kind::stopped, "asked to stop");
  }

  void obey() {
    for (auto& each : orders_->take())
      if (auto* send = std::get_if<send_order>(&each))
        start(std::move(*send));
      else
        drop(std::get<drop_order>(each).number);
  }

  void start(send_order what) {
    if (!what.is_admitted) {
      report(what.observer, no_reply(http_failure_kind::overloaded,
                                     "too many requests at once"));
      return;
    }
    auto made = http_transfer::create(std::move(what.request));
    if (!made) {
      orders_->release();
      report(what.observer,
             tl::unexpected<http_failure>{std::move(made.error())});
      return;
    }
    auto& added = entries_[what.number];
    added = {what.number, std::move(*made), std::move(what.observer)};
    add(added);
  }

  void add(entry& what) {
    auto* const handle = what.transfer->handle();
    curl_easy_setopt(handle, CURLOPT_PRIVATE, &what);
    curl_multi_add_handle(multi_.get(), handle);
  }

  void drop(request_number number) {
    const auto found = entries_.find(number);
    if (found != entries_.end())
      static_cast<void>(remove(found));
  }

  /// Takes a request from curl and from the books.
  entry remove(entries::iterator at) {
    auto result = std::move(at->second);
    entries_.erase(at);
    // Whoever sees the connection close may ask again.
    orders_->release();
    curl_multi_remove_handle(multi_.get(), result.transfer->handle());
    return result;
  }

  /// Reports what has ended.
  void collect() {
    auto left = 0;
    while (const auto* message = curl_multi_info_read(multi_.get(), &left)) {
      if (message->msg != CURLMSG_DONE)
        continue;
      // Gone once the handle is removed.
      const auto code = message->data.result;
      auto* const handle = message->easy_handle;
      entry* about = nullptr;
      curl_easy_getinfo(handle, CURLINFO_PRIVATE, &about);
      curl_multi_remove_handle(multi_.get(), handle);
      if (about->transfer->goes_on(code)) {
        add(*about);
        continue;
      }
      const auto ended = remove(entries_.find(about->number));
      report(ended.observer, ended.transfer->result(code));
    }
  }

  void end_all(http_failure_kind kind, const std::string& message) {
    while (!entries_.empty()) {
      const auto ended = remove(entries_.begin());
      report(ended.observer, no_reply(kind, message));
    }
  }

  http_host_options options_;
  http_multi multi_ = make_http_multi();
  std::shared_ptr<http_orders> orders_;
  entries entries_;
  std::thread thread_; // Last: it uses all others.
};

http_host::http_host(http_host_options options)
  : reactor_{std::make_unique<reactor>(options)} {}

http_host::~http_host() = default;

std::unique_ptr<running_request> http_host::run(http_request request,
                                                http_observer observer) {
  const auto& orders = reactor_->orders();
  const auto ticket = orders->admit(reactor_->requests_max());
  orders->put(send_order{ticket.number, ticket.is_admitted, std::move(request),
                         std::move(observer)});
  return std::make_unique<hosted_request>(orders, ticket.number);
}

} // namespace troupe::runtime
