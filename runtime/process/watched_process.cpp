#include "runtime/process/watched_process.hpp"

#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

namespace troupe::runtime {

namespace {

constexpr auto read_bytes = std::size_t{64} << 10;

/// A pipe holds no more than a megabyte (fs.pipe-max-size); whoever keeps
/// writing after the end of the process is not waited for.
constexpr auto last_reads_max = 32;

std::chrono::microseconds to_duration(const timeval& time) {
  return std::chrono::seconds{time.tv_sec}
         + std::chrono::microseconds{time.tv_usec};
}

/// Signal, exit code and processor time; waits for the process.
void reap(pid_t pid, process_result& result) {
  auto status = 0;
  auto usage = rusage{};
  while (::wait4(pid, &status, 0, &usage) < 0 && errno == EINTR)
    continue;
  if (WIFSIGNALED(status))
    result.signal = WTERMSIG(status);
  else
    result.exit_code = WEXITSTATUS(status);
  result.processor_time
    = to_duration(usage.ru_utime) + to_duration(usage.ru_stime);
}

} // namespace

watched_process::watched_process(launched_process launched,
                                 const process_request& request,
                                 std::chrono::milliseconds linger,
                                 time_point now)
  : pid_{launched.pid}, descriptors_{std::move(launched.pidfd),
                                     std::move(launched.out),
                                     std::move(launched.err),
                                     std::move(launched.side)},
    out_{request.out}, err_{request.err},
    on_out_overflow_{request.on_out_overflow}, linger_{linger},
    started_at_{now}, next_line_at_{now} {}

watched_process::~watched_process() {
  if (is_reaped_)
    return;
  auto ignored = process_result{};
  kill_group();
  reap(pid_, ignored);
}

void watched_process::read(source what) {
  auto& from = slot(what);
  // Not zeroed: that would take as long as most programs' output.
  std::array<char, read_bytes> buffer;
  const auto size = ::read(from.get(), buffer.data(), buffer.size());
  if (size < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (size <= 0) {
    from.close();
    return;
  }
  const auto text
    = std::string_view{buffer.data(), static_cast<std::size_t>(size)};
  if (what == source::side)
    lines_.append(text);
  else if (what == source::err)
    err_.append(text);
  else
    out_.append(text);
  if (out_.exceeds_head() && on_out_overflow_ == overflow_policy::kill
      && !std::exchange(was_too_loud_, true))
    kill_group();
}

void watched_process::on_readable(source what, time_point now) {
  if (what == source::end)
    on_ended(now);
  else if (slot(what))
    read(what);
  if (has_ended_ && is_output_closed())
    is_over_ = true;
}

void watched_process::on_ended(time_point now) {
  has_ended_ = true;
  slot(source::end).close();
  for (const auto what : {source::out, source::err, source::side})
    for (auto reads = 0; slot(what) && reads < last_reads_max; ++reads)
      read(what);
  // Whoever was asked to stop has the rest of the grace for the whole group.
  over_at_ = kill_at_ ? std::max(*kill_at_, now) : now + linger_;
}

bool watched_process::is_output_closed() const noexcept {
  return descriptor(source::out) < 0 && descriptor(source::err) < 0;
}

void watched_process::on_time(time_point now) {
  if (kill_at_ && *kill_at_ <= now) {
    kill_at_.reset();
    kill_group();
  }
  if (over_at_ && *over_at_ <= now)
    is_over_ = true;
}

std::optional<watched_process::time_point>
watched_process::next_deadline() const {
  auto next = kill_at_;
  const auto consider
    = [&](time_point due) { next = next ? std::min(*next, due) : due; };
  if (over_at_)
    consider(*over_at_);
  if (lines_.has_line())
    consider(next_line_at_);
  return next;
}

void watched_process::stop(std::chrono::milliseconds grace, time_point now) {
  was_stopped_ = was_stopped_ || !has_ended_;
  if (grace <= std::chrono::milliseconds{0}) {
    kill_at_.reset();
    over_at_ = has_ended_ ? std::optional{now} : std::nullopt;
    kill_group();
  } else {
    if (!kill_at_)
      send_signal(SIGTERM);
    // A stopped process does not see the signal before it goes on.
    send_signal(SIGCONT);
    kill_at_ = kill_at_ ? std::min(*kill_at_, now + grace) : now + grace;
    if (over_at_)
      over_at_ = std::min(*over_at_, *kill_at_);
  }
}

std::optional<std::string> watched_process::take_line(time_point now) {
  if (!lines_.has_line() || (now < next_line_at_ && !is_over_))
    return std::nullopt;
  next_line_at_ = now + line_interval;
  return lines_.take();
}

process_result watched_process::finish(time_point now) {
  auto result = process_result{};
  // Before the leader is reaped, so that the number is still that of the group.
  kill_group();
  reap(pid_, result);
  is_reaped_ = true;
  for (auto& each : descriptors_)
    each.close();
  result.was_stopped = was_stopped_;
  result.was_too_loud = was_too_loud_;
  result.out = out_.take();
  result.err = err_.take();
  result.elapsed
    = std::chrono::duration_cast<std::chrono::microseconds>(now - started_at_);
  return result;
}

void watched_process::send_signal(int number) noexcept {
  ::kill(-pid_, number);
}

void watched_process::kill_group() noexcept {
  send_signal(SIGKILL);
}

} // namespace troupe::runtime
