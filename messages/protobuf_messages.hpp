#pragma once

#include "messages/activity.pb.h"
#include "messages/column_block.hpp"
#include "messages/column_block.pb.h"
#include "messages/engine.pb.h"
#include "messages/guards.pb.h"
#include "messages/output.pb.h"
#include "messages/queue_call.pb.h"
#include "messages/schedule_call.pb.h"
#include "messages/scoring.pb.h"
#include "messages/simulation.pb.h"
#include "messages/store.pb.h"
#include "messages/supervision.pb.h"

#include <caf/error.hpp>
#include <caf/meta/load_callback.hpp>
#include <caf/sec.hpp>
#include <caf/type_id.hpp>

#include <google/protobuf/message.h>

#include <string>
#include <type_traits>

// Every message that may cross a node boundary. Append only: the position of a
// line is its number on the wire.
CAF_BEGIN_TYPE_ID_BLOCK(troupe, caf::first_custom_type_id)
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::column_block))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::CommitTransaction))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::TransactionCommitted))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::GetStoreStatus))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::StoreStatus))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::GetTree))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::Tree))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::GetChild))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::StopTree))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::TreeStopped))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::GetScoringTask))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::ScoringTask))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::ScoringTaskResult))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::ScoringTaskFailure))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::GetItemChunk))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::ItemChunk))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::WriteOutput))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::OutputWritten))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::PublishOutputs))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::OutputsPublished))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::RunScoring))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::CancelScoring))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::ScoringSummary))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::ScoreItems))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::ItemScores))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::GetActivities))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::RunActivities))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::CancelActivity))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::ActivityProgress))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::ActivitySucceeded))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::ActivityFailed))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::SubmitRun))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::RunAccepted))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::ApplyWorkflow))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::WorkflowApplied))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::ChangeRun))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::RunChanged))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::AwaitRun))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::RunResult))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::GetRunProgress))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::RunProgress))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::ValidateRuns))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::RunVerdicts))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::GetEngineStatus))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::EngineStatus))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::SubmitRuns))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::RunsAccepted))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::ActivityReports))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::AddSchedule))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::ChangeSchedule))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::ScheduleAnswer))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::GetGuards))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::ResetGuard))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::GuardStates))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::GetQueue))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::QueueReport))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::ChangeQueue))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::QueueChanged))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::GetSimulationTask))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::SimulationTask))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::SimulationTaskResult))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::SimulationTaskFailure))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::RunSimulation))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::CancelSimulation))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::SimulationSummary))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::RunProjections))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::Projections))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::GetPeopleBlock))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::PeopleBlock))
  CAF_ADD_TYPE_ID(troupe, (troupe::messages::KeepActivities))
CAF_END_TYPE_ID_BLOCK(troupe)

namespace troupe::messages {

template <class Message>
using if_protobuf
  = std::enable_if_t<std::is_base_of_v<google::protobuf::Message, Message>>;

/// Lets CAF carry any generated message in its protobuf encoding, so that the
/// `.proto` files alone define what is on the wire.
template <class Inspector, class Message, class = if_protobuf<Message>>
typename Inspector::result_type inspect(Inspector& f, Message& message) {
  auto bytes = std::string{};
  if constexpr (Inspector::reads_state) {
    bytes = message.SerializeAsString();
    return f(bytes);
  } else {
    auto decode = [&]() -> caf::error {
      if (message.ParseFromString(bytes))
        return caf::none;
      return caf::make_error(caf::sec::invalid_argument,
                             "undecodable protobuf");
    };
    return f(bytes, caf::meta::load_callback(decode));
  }
}

/// A block becomes protobuf here and nowhere else.
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, column_block& block) {
  auto message = ColumnBlock{};
  if constexpr (Inspector::reads_state) {
    message = block.to_message();
    return inspect(f, message);
  } else {
    auto bytes = std::string{};
    auto decode = [&]() -> caf::error {
      if (message.ParseFromString(bytes))
        if (auto decoded = column_block::from_message(message)) {
          block = std::move(*decoded);
          return caf::none;
        }
      return caf::make_error(caf::sec::invalid_argument,
                             "undecodable column block");
    };
    return f(bytes, caf::meta::load_callback(decode));
  }
}

/// Keeps logged messages readable: CAF prefers this over `inspect`.
template <class Message, class = if_protobuf<Message>>
std::string to_string(const Message& message) {
  return message.GetTypeName() + " { " + message.ShortDebugString() + " }";
}

inline std::string to_string(const column_block& block) {
  return "column_block of " + std::to_string(block.size()) + " columns";
}

} // namespace troupe::messages
