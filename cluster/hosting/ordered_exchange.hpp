#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace troupe::cluster {

/// How much goes into one question. The first item always does.
struct batch_limits {
  std::size_t items_max = 256;
  std::size_t bytes_max = std::size_t{256} << 10;
};

/// The asking half of an exchange: one numbered question at a time, the same
/// again until it is answered. `Batch` has a `sequence`.
template <class Batch>
class ordered_outbox {
public:
  /// Begins a session: nothing is outstanding, the next question is number 1.
  void reset() {
    outstanding_.reset();
    last_ = 0;
  }

  /// What has no answer yet; null: the next may begin.
  [[nodiscard]] const Batch* outstanding() const noexcept {
    return outstanding_ ? &*outstanding_ : nullptr;
  }

  /// Only while nothing is outstanding. Gives it its number.
  const Batch& begin(Batch what) {
    what.set_sequence(++last_);
    return outstanding_.emplace(std::move(what));
  }

  /// Takes it back, as if it had never begun: nobody may have received it.
  Batch withdraw() {
    auto what = std::move(*outstanding_);
    outstanding_.reset();
    --last_;
    return what;
  }

  /// An answer arrives: whether it ends what is outstanding.
  [[nodiscard]] bool acknowledge(std::uint64_t sequence) {
    if (!outstanding_ || outstanding_->sequence() != sequence)
      return false;
    outstanding_.reset();
    return true;
  }

private:
  std::optional<Batch> outstanding_;
  std::uint64_t last_ = 0;
};

/// What a question is to whoever hears it.
enum class arrival : std::uint8_t {
  fresh, ///< Deal with it, and answer.
  repeated, ///< Only answer.
  unknown, ///< Of another session, or one went missing before: refuse.
};

/// The answering half.
class ordered_inbox {
public:
  void begin(std::uint64_t session) noexcept {
    session_ = session;
    last_ = 0;
  }

  /// From here on all is unknown.
  void end() noexcept {
    begin(0);
  }

  [[nodiscard]] arrival take(std::uint64_t session,
                             std::uint64_t sequence) noexcept {
    if (session_ == 0 || session != session_ || sequence == 0
        || sequence > last_ + 1)
      return arrival::unknown;
    if (sequence <= last_)
      return arrival::repeated;
    last_ = sequence;
    return arrival::fresh;
  }

private:
  std::uint64_t session_ = 0; ///< 0: none.
  std::uint64_t last_ = 0;
};

} // namespace troupe::cluster
