#include "messages/protobuf_messages.hpp"
#include "tests/support/actor_fixture.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/make_message.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <catch2/catch.hpp>
#include <google/protobuf/util/message_differencer.h>

#include <string>
#include <string_view>
#include <vector>

using namespace troupe;
using namespace troupe::tests;

namespace {

/// The names of all messages by their number on the wire. Append only: nodes of
/// different versions talk to each other by these.
constexpr std::string_view golden_names = R"(
column_block
CommitTransaction
TransactionCommitted
GetStoreStatus
StoreStatus
GetTree
Tree
GetChild
StopTree
TreeStopped
GetScoringTask
ScoringTask
ScoringTaskResult
ScoringTaskFailure
GetItemChunk
ItemChunk
WriteOutput
OutputWritten
PublishOutputs
OutputsPublished
RunScoring
CancelScoring
ScoringSummary
ScoreItems
ItemScores
GetActivities
RunActivities
CancelActivity
ActivityProgress
ActivitySucceeded
ActivityFailed
SubmitRun
RunAccepted
ApplyWorkflow
WorkflowApplied
ChangeRun
RunChanged
AwaitRun
RunResult
GetRunProgress
RunProgress
ValidateRuns
RunVerdicts
GetEngineStatus
EngineStatus
SubmitRuns
RunsAccepted
ActivityReports
AddSchedule
ChangeSchedule
ScheduleAnswer
GetGuards
ResetGuard
GuardStates
GetQueue
QueueReport
ChangeQueue
QueueChanged
GetSimulationTask
SimulationTask
SimulationTaskResult
SimulationTaskFailure
RunSimulation
CancelSimulation
SimulationSummary
RunProjections
Projections
GetPeopleBlock
PeopleBlock
KeepActivities
)";

constexpr auto first_id = caf::id_block::troupe::begin;
constexpr auto end_id = caf::id_block::troupe::end;

/// Calls `visit(type<T>{}, name)` for each type of the block, in order.
template <class T>
struct type {};

template <caf::type_id_t Id, class Visitor>
void visit_types_from(const Visitor& visit) {
  if constexpr (Id < end_id) {
    visit(type<typename caf::type_by_id<Id>::type>{},
          std::string{caf::type_name_by_id<Id>::value});
    visit_types_from<Id + 1>(visit);
  }
}

template <class Visitor>
void visit_types(const Visitor& visit) {
  visit_types_from<first_id>(visit);
}

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

void fill(Message& message, int depth);

void set_number(Message& message, const FieldDescriptor& field) {
  const auto& access = *message.GetReflection();
  const auto number = field.number();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return access.SetInt32(&message, &field, -number);
    case FieldDescriptor::CPPTYPE_INT64:
      return access.SetInt64(&message, &field, -(std::int64_t{1} << 40));
    case FieldDescriptor::CPPTYPE_UINT32:
      return access.SetUInt32(&message, &field, 0xFFFF'FFFFu);
    case FieldDescriptor::CPPTYPE_UINT64:
      return access.SetUInt64(&message, &field, ~std::uint64_t{0});
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return access.SetDouble(&message, &field, 0.1 * number);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return access.SetFloat(&message, &field, 0.5f);
    case FieldDescriptor::CPPTYPE_BOOL:
      return access.SetBool(&message, &field, true);
    case FieldDescriptor::CPPTYPE_ENUM:
      return access.SetEnumValue(&message, &field, 1);
    case FieldDescriptor::CPPTYPE_STRING:
      return access.SetString(&message, &field, "text of " + field.name());
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
  }
}

void add_element(Message& message, const FieldDescriptor& field) {
  const auto& access = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return access.AddInt32(&message, &field, -1);
    case FieldDescriptor::CPPTYPE_INT64:
      return access.AddInt64(&message, &field, -1);
    case FieldDescriptor::CPPTYPE_UINT32:
      return access.AddUInt32(&message, &field, 1);
    case FieldDescriptor::CPPTYPE_UINT64:
      return access.AddUInt64(&message, &field, 1);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return access.AddDouble(&message, &field, 0.1);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return access.AddFloat(&message, &field, 0.5f);
    case FieldDescriptor::CPPTYPE_BOOL:
      return access.AddBool(&message, &field, true);
    case FieldDescriptor::CPPTYPE_ENUM:
      return access.AddEnumValue(&message, &field, 1);
    case FieldDescriptor::CPPTYPE_STRING:
      return access.AddString(&message, &field, "text");
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
  }
}

/// Gives every field a value of its own, down to some depth.
void fill(Message& message, int depth) {
  const auto& access = *message.GetReflection();
  const auto& fields = *message.GetDescriptor();
  for (int i = 0; i < fields.field_count(); ++i) {
    const auto& field = *fields.field(i);
    const auto is_message
      = field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    if (is_message && depth == 0)
      continue;
    if (is_message && field.is_repeated())
      fill(*access.AddMessage(&message, &field), depth - 1);
    else if (is_message)
      fill(*access.MutableMessage(&message, &field), depth - 1);
    else if (field.is_repeated())
      add_element(message, field);
    else
      set_number(message, field);
  }
}

template <class T>
T make_sample(type<T>) {
  auto message = T{};
  fill(message, 3);
  return message;
}

messages::column_block make_sample(type<messages::column_block>) {
  return messages::column_block{{
    messages::column{std::vector<double>{1.5, -0.0}},
    messages::column{{0, 2, 3}, "abc"},
  }};
}

bool is_equal(const Message& left, const Message& right) {
  return google::protobuf::util::MessageDifferencer::Equals(left, right);
}

bool is_equal(const messages::column_block& left,
              const messages::column_block& right) {
  return is_equal(left.to_message(), right.to_message());
}

} // namespace

TEST_CASE("the numbers of messages on the wire are append-only") {
  auto names = std::string{"\n"};
  visit_types([&](auto, const std::string& name) {
    names += name.substr(name.rfind(':') + 1) + "\n";
  });
  INFO("append new messages to golden_names, at the end");
  CHECK(names == golden_names);
}

TEST_CASE_METHOD(actor_fixture, "every message survives the wire") {
  visit_types([&](auto token, const std::string& name) {
    INFO(name);
    const auto sent = make_sample(token);
    CHECK(is_equal(wire_round_trip(system, sent), sent));
  });
}

TEST_CASE_METHOD(actor_fixture, "every message is known to other nodes") {
  visit_types([&](auto token, const std::string& name) {
    INFO(name);
    const auto sample = make_sample(token);
    using message_type = std::decay_t<decltype(sample)>;
    const auto received = wire_round_trip(system, caf::make_message(sample));
    REQUIRE(received.template match_elements<message_type>());
    CHECK(is_equal(received.template get_as<message_type>(0), sample));
  });
}

TEST_CASE_METHOD(actor_fixture, "undecodable bytes are refused") {
  // A tag that never ends.
  const auto bytes = to_wire(system, std::string{"\xFF\xFF"});
  visit_types([&]<class T>(type<T>, const std::string& name) {
    INFO(name);
    const auto outcome = from_wire<T>(system, bytes);
    REQUIRE(std::holds_alternative<caf::error>(outcome));
    CHECK(std::get<caf::error>(outcome) == caf::sec::invalid_argument);
  });
}

TEST_CASE_METHOD(actor_fixture, "a message that was cut short is refused") {
  visit_types([&]<class T>(type<T> token, const std::string& name) {
    INFO(name);
    auto bytes = to_wire(system, make_sample(token));
    while (!bytes.empty()) {
      bytes.pop_back();
      const auto outcome = from_wire<T>(system, bytes);
      REQUIRE(std::holds_alternative<caf::error>(outcome));
    }
  });
}

TEST_CASE_METHOD(actor_fixture, "a received block that lies is refused") {
  auto message = make_sample(type<messages::column_block>{}).to_message();
  message.mutable_columns(0)->mutable_values()->pop_back();
  const auto bytes = to_wire(system, message.SerializeAsString());
  CHECK(std::holds_alternative<caf::error>(
    from_wire<messages::column_block>(system, bytes)));
}

TEST_CASE_METHOD(actor_fixture, "a block is shared within the process") {
  using echo_actor = caf::typed_actor<
    caf::replies_to<messages::column_block>::with<messages::column_block>>;
  const auto echo = system.spawn([](echo_actor::pointer) {
    return echo_actor::behavior_type{
      [](const messages::column_block& block) { return block; }};
  });
  const auto sent = make_sample(type<messages::column_block>{});
  const auto received = reply_of(request(echo, sent), system);
  CHECK(received[0].doubles().data() == sent[0].doubles().data());
  CHECK(received[1].text_characters().data()
        == sent[1].text_characters().data());
}

TEST_CASE("messages are readable in logs") {
  auto message = messages::GetChild{};
  message.set_id("engine");
  CHECK(to_string(message) == "troupe.messages.GetChild { id: \"engine\" }");
  CHECK(to_string(make_sample(type<messages::column_block>{}))
        == "column_block of 2 columns");
}
