#include "actors/scoring/scoring_context.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <random>

using namespace troupe;
using namespace troupe::scoring;

namespace {

template <class Message>
Message over_the_wire(const Message& message) {
  auto received = Message{};
  REQUIRE(received.ParseFromString(message.SerializeAsString()));
  return received;
}

batch_statistics sample_statistics() {
  auto statistics = batch_statistics{};
  statistics.rows = 4;
  statistics.columns.resize(2);
  auto& first = statistics.columns.front();
  first.count = 3;
  first.missing = 1;
  first.minimum = -1.5;
  first.maximum = std::numeric_limits<double>::infinity();
  for (const auto value : {1e300, 1.0, -1e300, 1e-300}) {
    first.sum.add(value);
    first.sum_of_squares.add(value);
  }
  return statistics;
}

} // namespace

TEST_CASE("scales survive the wire bit by bit") {
  auto scales = scoring_scales{};
  scales.rows = 12;
  scales.financial_reference = 0.1 + 0.2;
  scales.strategic_factor = 1.0 / 3.0;
  scales.criteria.resize(2);
  scales.criteria[0] = {7, -0.0, 1e308, 0.5, 5e-324, 0.1, 0.9, {}};
  scales.criteria[1].sorted = {-1.0, -0.0, 0.0, 2.5};
  CHECK(from_message(over_the_wire(to_message(scales))) == scales);
}

TEST_CASE("statistics survive the wire with their exact sums") {
  const auto statistics = sample_statistics();
  const auto message = over_the_wire(to_message(statistics));
  const auto received = from_message(message);
  REQUIRE(received);
  CHECK(received->rows == 4);
  CHECK(received->columns[0].missing == 1);
  CHECK(received->columns[0].minimum == -1.5);
  CHECK(to_message(*received).SerializeAsString()
        == message.SerializeAsString());
}

TEST_CASE("sums that nobody can have sent are refused") {
  auto message = to_message(sample_statistics());
  REQUIRE(message.columns(0).sum_size() > 1);
  message.mutable_columns(0)->mutable_sum()->RemoveLast();
  CHECK_FALSE(from_message(message));
  message = to_message(sample_statistics());
  for (auto i = 0; i < 10'000; ++i)
    message.mutable_columns(1)->add_sum_of_squares(~std::uint64_t{0});
  CHECK_FALSE(from_message(message));
}

TEST_CASE("damaged statistics are refused or can be merged") {
  auto random = std::mt19937_64{9};
  const auto sound = to_message(sample_statistics()).SerializeAsString();
  for (auto round = 0; round < 5'000; ++round) {
    auto bytes = sound;
    bytes[random() % bytes.size()] = static_cast<char>(random());
    auto message = messages::BatchStatistics{};
    if (!message.ParseFromString(bytes))
      continue;
    auto received = from_message(message);
    if (!received || received->columns.size() != 2)
      continue;
    auto merged = sample_statistics();
    merge(merged, *received);
    CHECK(merged.rows == 4 + received->rows);
  }
}

TEST_CASE("a problem keeps everything that helps a person") {
  auto reason = runtime::problem{};
  reason.kind = runtime::problem_kind::invalid_input;
  reason.message = "not a number";
  reason.file = "items.csv";
  reason.line = 7;
  reason.column = 12;
  reason.key = "story_points";
  reason.hint = "write 1.5";
  const auto received = from_message(over_the_wire(to_message(reason)));
  CHECK(received.kind == reason.kind);
  CHECK(runtime::render(received) == runtime::render(reason));
  CHECK(received.column == 12);
}
