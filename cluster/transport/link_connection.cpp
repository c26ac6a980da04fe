#include "cluster/transport/link_connection.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <system_error>
#include <utility>

namespace troupe::cluster {

using runtime::outcome;

namespace {

/// Room for a hello; whoever has not said it gets no more.
constexpr auto greeting_input_bytes = std::size_t{2} << 10;
/// Room for several of the longest frames.
constexpr auto input_bytes = std::size_t{256} << 10;
/// Less of a body goes by way of the input, as a read of its own costs more.
constexpr auto direct_bytes_min = std::size_t{4} << 10;
/// After so many reads, of one record of TLS each, others have their turn.
constexpr auto reads_in_a_row = 16;
/// What is put together before it is written.
constexpr auto output_bytes = std::size_t{64} << 10;
constexpr auto linger_max = std::chrono::milliseconds{1'000};
constexpr auto drained_bytes_max = std::size_t{256} << 10;

/// What came from outside, fit for a log.
std::string printable(std::string_view text) {
  auto result = std::string{text};
  std::ranges::replace_if(
    result, [](char c) { return c < ' ' || c > '~'; }, '?');
  return result;
}

} // namespace

link_connection::link_connection(std::uint64_t number,
                                 runtime::file_descriptor socket,
                                 std::string node, std::string address,
                                 time_point deadline, const link_terms& terms,
                                 const stream_maker& make_stream,
                                 link_connection_owner& owner)
  : number_{number}, socket_{std::move(socket)}, expected_{std::move(node)},
    address_{std::move(address)}, deadline_{deadline}, terms_{terms},
    make_stream_{make_stream}, owner_{owner}, inbox_{terms.limits} {}

void link_connection::on_socket(bool is_readable, bool is_writable,
                                time_point now) {
  switch (phase_) {
    case phase::connecting:
      secure(now);
      break;
    case phase::securing:
      go_on_securing(now);
      break;
    case phase::greeting:
    case phase::up:
      // TLS may want to write in order to read, and the other way round.
      if (is_readable || wants_write_)
        read(now);
      if (is_talking() && (is_writable || !output_.is_empty()))
        flush(now);
      break;
    case phase::lingering:
      drain();
      break;
    case phase::ended:
      break;
  }
}

void link_connection::secure(time_point now) {
  if (const auto error = connect_error(socket_); error != 0)
    return end("cannot connect: " + std::generic_category().message(error));
  tune(socket_);
  stream_ = make_stream_(socket_, origin());
  if (!stream_)
    return end("there is no memory for TLS");
  phase_ = phase::securing;
  go_on_securing(now);
}

void link_connection::go_on_securing(time_point now) {
  const auto result = stream_->handshake();
  wants_write_ = result.status == stream_status::want_write;
  switch (result.status) {
    case stream_status::done:
      break;
    case stream_status::closed:
      return end("it closed the connection without saying who it is");
    case stream_status::failed:
      // The alert of TLS has been written: give it time to arrive.
      return linger(frame_kind::refuse, {}, stream_->reason(), now);
    default:
      return;
  }
  phase_ = phase::greeting;
  proof_ = stream_->proof();
  input_.resize(greeting_input_bytes);
  append_control(output_.text(), frame_kind::hello,
                 hello_of(terms_.self, terms_.limits).SerializeAsString());
  written_at_ = now;
  flush(now);
  // TLS may hold bytes that the socket no longer shows.
  if (is_talking())
    read(now);
}

void link_connection::read(time_point now) {
  is_busy_ = false;
  for (auto i = 0; i < reads_in_a_row && is_talking(); ++i) {
    switch (const auto result = read_some(); result.status) {
      case stream_status::done:
        heard_at_ = now;
        is_pinged_ = false;
        consume(now);
        break;
      case stream_status::want_read:
        return;
      case stream_status::want_write:
        wants_write_ = true;
        return;
      case stream_status::closed:
        return end(phase_ == phase::up ? "the other end closed the link"
                                       : "it closed the connection without "
                                         "saying who it is");
      case stream_status::failed:
        return end(stream_->reason());
    }
  }
  is_busy_ = is_talking();
}

/// Long bodies go right to where they belong, all else by way of `input_`.
stream_result link_connection::read_some() {
  auto input = std::span{input_}.subspan(input_end_);
  auto room = inbox_.room();
  if (room.size() < direct_bytes_min) {
    const auto result = stream_->read(input, {});
    input_end_ += result.bytes;
    return result;
  }
  // Behind a chunk that is not the last comes another: of it the header only,
  // so that it goes there, too.
  if (!inbox_.is_last())
    input = input.first(frame_header_bytes);
  const auto result = stream_->read(room, input);
  const auto direct = std::min(result.bytes, room.size());
  input_end_ += result.bytes - direct;
  filled_ += direct;
  return result;
}

void link_connection::consume(time_point now) {
  if (filled_ != 0)
    handle(inbox_.filled(std::exchange(filled_, 0)), now);
  while (is_talking() && input_begin_ != input_end_) {
    const auto bytes = std::string_view{input_.data() + input_begin_,
                                        input_end_ - input_begin_};
    if (const auto missing = std::min(inbox_.missing(), bytes.size());
        missing != 0) {
      input_begin_ += missing;
      handle(inbox_.go_on(bytes.substr(0, missing)), now);
      continue;
    }
    if (bytes.size() < frame_header_bytes)
      break;
    const auto header
      = read_header(bytes.data(), phase_ == phase::up ? link_phase::up
                                                      : link_phase::greeting);
    if (!header)
      return break_off("it " + header.error().message, now);
    auto payload = bytes.substr(frame_header_bytes, header->length);
    // Chunks are taken as they come.
    if (payload.size() < header->length && header->kind != frame_kind::chunk)
      break;
    input_begin_ += frame_header_bytes + payload.size();
    handle(*header, payload, now);
  }
  if (!is_talking())
    return;
  if (input_begin_ != 0)
    std::memmove(input_.data(), input_.data() + input_begin_,
                 input_end_ - input_begin_);
  input_end_ -= std::exchange(input_begin_, 0);
  if (phase_ == phase::up && input_.size() < input_bytes)
    input_.resize(input_bytes);
}

void link_connection::handle(const frame_header& header,
                             std::string_view payload, time_point now) {
  switch (header.kind) {
    case frame_kind::hello:
      return handle_hello(payload, now);
    case frame_kind::accept:
      return handle_accept(now);
    case frame_kind::refuse:
      return end("the other end refused: " + printable(payload));
    case frame_kind::goodbye:
      return end("the other end ended the link: " + printable(payload));
    case frame_kind::chunk:
      return handle(inbox_.add(header, payload), now);
    case frame_kind::credit:
      if (payload.size() != sizeof(std::uint64_t))
        return break_off("it granted nothing", now);
      link_->grant(header.lane,
                   read_number(payload.data(), sizeof(std::uint64_t)));
      return flush(now);
    case frame_kind::ping:
      // Who does not read what is written already needs no more of it.
      if (!wants_write_)
        append_control(output_.text(), frame_kind::pong);
      return flush(now);
    case frame_kind::pong:
      return;
  }
}

void link_connection::handle_hello(std::string_view payload, time_point now) {
  auto hello = messages::LinkHello{};
  if (hello_
      || !hello.ParseFromArray(payload.data(),
                               static_cast<int>(payload.size())))
    return break_off("it said hello in a way that nobody understands", now);
  auto context = greeting_context{};
  context.self = terms_.self;
  context.builds = terms_.builds;
  context.expected = expected_;
  if (proof_) {
    context.proved = proof_->name;
    peer_.node.name = proof_->name; // Known even when it is refused.
  }
  if (const auto objection = check_hello(hello, context))
    return break_off(*objection, now);
  auto peer = link_peer{};
  peer.node = identity_of(hello);
  peer.protocol_version = hello.protocol_version();
  peer.address = address_;
  peer.origin = origin();
  peer_ = std::move(peer);
  if (const auto objection = owner_.object_to(peer_))
    return break_off(*objection, now);
  hello_ = std::move(hello);
  append_control(output_.text(), frame_kind::accept);
  flush(now);
}

void link_connection::handle_accept(time_point now) {
  if (!hello_)
    return break_off("it answered before it said who it is", now);
  link_ = std::make_shared<shared_link>(peer_, *hello_, terms_.self,
                                        terms_.limits, terms_.signal, number_);
  phase_ = phase::up;
  heard_at_ = now;
  owner_.went_up(*this);
  // Unless another link to the same node was better.
  was_up_ = phase_ == phase::up;
}

void link_connection::handle(outcome<std::optional<arrived_envelope>> taken,
                             time_point now) {
  if (!taken)
    return break_off("it " + taken.error().message, now);
  if (!*taken)
    return;
  auto& arrived = **taken;
  const auto& envelope = arrived.envelope;
  if (envelope.protocol_version() != link_protocol_version
      || envelope.sender() != peer_.node.name
      || envelope.sender_incarnation() != peer_.node.incarnation)
    return break_off("it sent an envelope in the name of another", now);
  auto incoming = incoming_envelope{};
  incoming.envelope = std::move(arrived.envelope);
  incoming.lane = arrived.lane;
  incoming.room = link_->hold_room(arrived.lane, arrived.share);
  owner_.received(*this, std::move(incoming));
}

void link_connection::break_off(const std::string& reason, time_point now) {
  linger(phase_ == phase::up ? frame_kind::goodbye : frame_kind::refuse, reason,
         reason, now);
}

void link_connection::end_politely(const std::string& reason, time_point now) {
  if (!is_talking())
    return end(reason);
  linger(phase_ == phase::up ? frame_kind::goodbye : frame_kind::refuse, reason,
         reason, now);
}

void link_connection::on_notified(time_point now) {
  if (phase_ == phase::up)
    flush(now);
}

void link_connection::flush(time_point now) {
  for (;;) {
    if (!write_output(now))
      return;
    if (phase_ != phase::up)
      return;
    const auto taken = link_->take(output_, output_bytes);
    inbox_.give_back(link_lane::urgent, taken.credited[0]);
    inbox_.give_back(link_lane::bulk, taken.credited[1]);
    if (taken.has_room)
      owner_.has_room(*this);
    if (taken.is_empty || phase_ != phase::up)
      return;
  }
}

/// Whether all is written.
bool link_connection::write_output(time_point now) {
  wants_write_ = false;
  auto parts = std::array<std::string_view, written_parts_max>{};
  while (const auto count = output_.front(parts)) {
    const auto result = stream_->write(std::span{parts}.first(count));
    switch (result.status) {
      case stream_status::done:
        output_.drop(result.bytes);
        written_at_ = now;
        continue;
      case stream_status::want_write:
        wants_write_ = true;
        return false;
      case stream_status::want_read:
        return false;
      case stream_status::closed:
        end("the other end closed the link");
        return false;
      case stream_status::failed:
        end(stream_->reason());
        return false;
    }
  }
  return true;
}

void link_connection::linger(frame_kind kind, const std::string& text,
                             const std::string& reason, time_point now) {
  if (phase_ == phase::lingering || phase_ == phase::ended)
    return;
  const auto is_secure = is_talking();
  phase_ = phase::lingering;
  deadline_ = now + linger_max;
  is_busy_ = false;
  if (is_secure) {
    append_control(output_.text(), kind, text);
    (void)write_output(now);
  }
  wants_write_ = false;
  tell_end(reason);
  if (phase_ == phase::lingering)
    ::shutdown(socket_.get(), SHUT_WR);
}

/// To close a socket with bytes that nobody read would destroy what we said.
void link_connection::drain() {
  auto bytes = std::array<char, 4096>{};
  for (;;) {
    const auto count
      = ::recv(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
      return;
    if (count <= 0)
      break;
    drained_ += static_cast<std::size_t>(count);
    if (drained_ > drained_bytes_max)
      break;
  }
  phase_ = phase::ended;
}

void link_connection::end(const std::string& reason) {
  if (phase_ == phase::ended)
    return;
  phase_ = phase::ended;
  is_busy_ = false;
  tell_end(reason);
}

void link_connection::tell_end(const std::string& reason) {
  if (link_)
    link_->close();
  if (!std::exchange(has_told_end_, true))
    owner_.ended(*this, reason);
}

void link_connection::on_tick(time_point now) {
  const auto& limits = terms_.limits;
  if (phase_ == phase::lingering) {
    if (now >= deadline_)
      phase_ = phase::ended;
  } else if (phase_ == phase::connecting) {
    if (now >= deadline_)
      end("there was no answer in time");
  } else if (phase_ != phase::up) {
    if (now >= deadline_)
      end("it did not say in time who it is");
  } else if (now - heard_at_ >= limits.silence_max) {
    end("the other end is silent");
  } else if (!output_.is_empty() && now - written_at_ >= limits.silence_max) {
    end("the other end takes nothing");
  } else if (now - heard_at_ >= limits.ping_interval && !is_pinged_) {
    is_pinged_ = true;
    append_control(output_.text(), frame_kind::ping);
    flush(now);
  }
}

link_connection::time_point link_connection::next_tick() const noexcept {
  const auto& limits = terms_.limits;
  if (phase_ != phase::up)
    return deadline_;
  auto next
    = heard_at_ + (is_pinged_ ? limits.silence_max : limits.ping_interval);
  if (!output_.is_empty())
    next = std::min(next, written_at_ + limits.silence_max);
  return next;
}

std::uint32_t link_connection::events() const noexcept {
  switch (phase_) {
    case phase::connecting:
      return EPOLLOUT;
    case phase::ended:
      return 0;
    default:
      return EPOLLIN | (wants_write_ ? std::uint32_t{EPOLLOUT} : 0U);
  }
}

} // namespace troupe::cluster
