#include "cluster/certificates/certificate_watch.hpp"

#include "runtime/logging/log.hpp"
#include "runtime/worker_thread.hpp"

#include <utility>

namespace troupe::cluster {

namespace {

constexpr auto watch_log = "cluster.certificates";

void warn(const char* message, const runtime::problem& reason) {
  runtime::log_warning(
    watch_log, message,
    {{"file", reason.file}, {"reason", reason.message}, {"hint", reason.hint}});
}

} // namespace

certificate_watch::certificate_watch(certificate_watch_options options)
  : options_{std::move(options)}, renewal_{options_.paths, options_.in_use},
    thread_{runtime::start_worker_thread("certificates", [this] { run(); })} {}

certificate_watch::~certificate_watch() {
  {
    const auto guard = std::lock_guard{mutex_};
    is_stopping_ = true;
  }
  stopped_.notify_all();
  thread_.join();
}

void certificate_watch::run() {
  auto guard = std::unique_lock{mutex_};
  while (!is_stopping_) {
    guard.unlock();
    if (!look())
      return;
    guard.lock();
    stopped_.wait_for(guard, options_.interval,
                      [this] { return is_stopping_; });
  }
}

bool certificate_watch::look() {
  auto found
    = renewal_.look(read_credential_files(options_.paths, options_.in_use.node),
                    options_.time->now());
  if (found.taken) {
    const auto& taken = *found.taken;
    runtime::log_info(watch_log, "changed certificates are used",
                      {{"node", taken.node},
                       {"until", runtime::to_string(taken.until)},
                       {"revoked", taken.revocations
                                     ? taken.revocations->serials.size()
                                     : std::size_t{0}}});
    options_.use(std::move(*found.taken));
  }
  if (found.refused)
    warn("changed certificates are not used", *found.refused);
  if (found.warning)
    warn("a certificate has to be renewed", *found.warning);
  if (found.end)
    options_.end(std::move(*found.end));
  return !found.end;
}

} // namespace troupe::cluster
