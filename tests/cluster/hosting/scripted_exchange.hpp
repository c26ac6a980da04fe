#pragma once

#include "cluster/hosting/hosting_envelope.hpp"
#include "cluster/transport/node_exchange.hpp"
#include "runtime/actor_errors.hpp"

#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <cstddef>
#include <memory>
#include <vector>

namespace troupe::tests {

/// What an exchange was asked, and when.
struct asked_of_exchange {
  std::vector<cluster::node_call> calls;
  std::vector<caf::actor_clock::time_point> times;
  std::size_t served = 0; ///< How many may be asked by other nodes.
};

/// Answers the call of that number, from 0 on.
struct answer_call {
  std::size_t number = 0;
  messages::Envelope answer;
};

/// Fails it.
struct fail_call {
  std::size_t number = 0;
  runtime::problem_kind kind = runtime::problem_kind::unavailable;
};

} // namespace troupe::tests

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::tests::answer_call)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::tests::fail_call)

namespace troupe::tests {

/// An exchange whose answers are the test's.
using scripted_exchange_actor
  = cluster::node_exchange_actor::extend<caf::reacts_to<answer_call>,
                                         caf::reacts_to<fail_call>>;

inline scripted_exchange_actor::behavior_type
scripted_exchange(scripted_exchange_actor::pointer self,
                  const std::shared_ptr<asked_of_exchange>& asked) {
  using promise = caf::typed_response_promise<cluster::node_answer>;
  const auto promises = std::make_shared<std::vector<promise>>();
  return {
    [=](const cluster::node_call& call) {
      asked->calls.push_back(call);
      asked->times.push_back(self->clock().now());
      promises->push_back(self->make_response_promise<cluster::node_answer>());
      return promises->back();
    },
    [](const cluster::node_notice&) {},
    [=](const cluster::serve_target&) { ++asked->served; },
    [](const cluster::watch_links&) {},
    [](const cluster::keep_linked&) {},
    [](const cluster::end_link&) {},
    [](const cluster::renew_credentials&) {},
    [=](const answer_call& what) {
      promises->at(what.number).deliver(cluster::node_answer{what.answer});
    },
    [=](const fail_call& what) {
      auto reason = runtime::problem{};
      reason.kind = what.kind;
      promises->at(what.number).deliver(runtime::to_error(reason));
    },
  };
}

} // namespace troupe::tests
