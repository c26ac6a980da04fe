// What comes over the socket of a server: frames, of which each is a call.
#include "actors/engine/engine_messages.hpp"
#include "actors/engine/workflow_file.hpp"
#include "messages/engine_call.pb.h"
#include "runtime/frames/frame_codec.hpp"
#include "tests/fuzz/fuzz_target.hpp"

#include <google/protobuf/stubs/logging.h>

using namespace troupe;
using namespace troupe::engine;
using messages::EngineAnswer;
using messages::EngineCall;
using tests::promise;

namespace {

using payloads = std::vector<std::string>;

constexpr auto now = instant{std::chrono::hours{24 * 365 * 56}};

/// Feeds a stream in pieces of that size; nothing once it is refused.
payloads cut(std::string_view stream, std::size_t piece) {
  auto found = payloads{};
  auto reader = runtime::frame_reader{};
  auto eaten = std::size_t{0};
  while (!stream.empty()) {
    const auto part = stream.substr(0, piece);
    reader.feed(part);
    eaten += part.size();
    stream.remove_prefix(part.size());
    for (;;) {
      const auto frame = reader.next();
      if (!frame)
        return found;
      if (!*frame)
        break;
      found.emplace_back(**frame);
    }
  }
  auto whole = std::size_t{0};
  for (const auto& each : found)
    whole += each.size() + 4;
  promise(whole + reader.pending() == eaten, "no byte of a stream gets lost");
  return found;
}

const pinned_workflow& some_workflow() {
  static const auto made
    = make_version(parse_workflow(R"({"apiVersion": "troupe/v1",
      "kind": "Workflow", "id": "w", "inputs": {"n": {"type": "integer"},
      "o": {"type": "object"}}, "steps": [{"id": "a", "activity": "signal",
      "with": {"name": "go"}}, {"id": "b", "activity": "noop"}]})",
                                  "wire")
                     .value());
  return made;
}

/// An engine's runs, of which one waits for a signal.
run_ledger some_ledger() {
  auto from = run_ledger::sources{};
  from.draw = [] { return std::uint64_t{7}; };
  from.new_id
    = [count = 0]() mutable { return "run-" + std::to_string(++count); };
  from.definition = [](const std::string&) { return some_workflow(); };
  auto ledger = run_ledger{{}, std::move(from)};
  ledger.set_time(now);
  auto request = run_request{};
  request.of = some_workflow();
  promise(ledger.submit(request).has_value(), "a run can be submitted");
  static_cast<void>(ledger.take_changes());
  return ledger;
}

void submit(run_ledger& ledger, const messages::SubmitRun& wanted) {
  if (!wanted.workflow_text().empty())
    static_cast<void>(
      parse_workflow(wanted.workflow_text(), wanted.workflow_file()));
  const auto request = to_request(wanted, some_workflow());
  if (request)
    static_cast<void>(ledger.submit(*request));
}

void answer(const EngineCall& call) {
  auto ledger = some_ledger();
  switch (call.what_case()) {
    case EngineCall::kSubmit:
      return submit(ledger, call.submit());
    case EngineCall::kSubmitMany:
      for (const auto& each : call.submit_many().runs())
        submit(ledger, each);
      return;
    case EngineCall::kApply:
      return static_cast<void>(
        parse_workflow(call.apply().text(), call.apply().file()));
    case EngineCall::kChange: {
      auto change = call.change();
      if (change.run_id().empty())
        change.set_run_id("run-1");
      static_cast<void>(change_run(ledger, change, now));
      return static_cast<void>(ledger.take_changes());
    }
    default:
      return;
  }
}

/// Takes what arrives, if it is such a message, through its bytes and back.
template <class Message>
bool decode(const std::string& payload, Message& to) {
  if (!to.ParseFromString(payload))
    return false;
  auto again = Message{};
  const auto bytes = to.SerializeAsString();
  promise(again.ParseFromString(bytes), "what was encoded can be decoded");
  promise(again.ByteSizeLong() == to.ByteSizeLong(),
          "what was decoded is what was encoded");
  return true;
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // It tells of every text that is not UTF-8.
  static const auto silence = google::protobuf::LogSilencer{};
  const auto stream = tests::text_of(data, size);
  auto found = cut(stream, size + 1);
  promise(found == cut(stream, 1 + size % 7),
          "frames do not depend on how their bytes arrive");
  auto encoded = std::string{};
  for (const auto& payload : found)
    runtime::append_frame(encoded, payload);
  promise(stream.starts_with(encoded), "frames are written as they are read");
  // So that a wrong length does not hide all that follows it.
  if (found.empty() && size > 4)
    found.emplace_back(stream.substr(4));
  for (const auto& payload : found) {
    auto call = EngineCall{};
    if (decode(payload, call))
      answer(call);
    auto reply = EngineAnswer{};
    static_cast<void>(decode(payload, reply));
  }
  return 0;
}
