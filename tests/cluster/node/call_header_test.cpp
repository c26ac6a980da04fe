#include "cluster/node/call_header.hpp"
#include "messages/engine_call.pb.h"

#include <catch2/catch.hpp>
#include <google/protobuf/stubs/logging.h>

#include <random>
#include <string>

using namespace troupe;
using namespace troupe::cluster;

TEST_CASE("the header of a call is read without the call") {
  auto call = messages::EngineCall{};
  call.set_id(300);
  call.mutable_await()->set_run_id("r");
  CHECK(header_of(call.SerializeAsString()) == call_header{300, true, false});
  auto& runs = *call.mutable_submit_many();
  for (auto i = 0; i < 100; ++i)
    runs.add_runs()->set_workflow_id("w");
  CHECK(header_of(call.SerializeAsString()) == call_header{300, false, false});
  call.mutable_change_cluster()->set_drain(true);
  CHECK(header_of(call.SerializeAsString()) == call_header{300, false, true});
  call.mutable_cluster_load();
  CHECK(header_of(call.SerializeAsString()) == call_header{300, false, true});
  auto answer = messages::EngineAnswer{};
  answer.set_id(7);
  answer.mutable_result()->set_run_id("r");
  CHECK(header_of(answer.SerializeAsString()) == call_header{7, false, false});
}

TEST_CASE("junk has no header") {
  auto quiet = google::protobuf::LogSilencer{};
  auto draw = std::mt19937_64{1};
  for (auto i = 0; i < 10'000; ++i) {
    auto junk = std::string{};
    for (auto size = draw() % 40; junk.size() < size;)
      junk += static_cast<char>(draw());
    auto call = messages::EngineCall{};
    // What can be read as a call has the number of that call.
    if (call.ParseFromString(junk))
      CHECK(header_of(junk).id == call.id());
    else
      static_cast<void>(header_of(junk));
  }
}
