#include "cluster/computing/block_frame.hpp"
#include "cluster/computing/kept_columns.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace troupe;
using namespace troupe::cluster;

using messages::column;
using messages::column_block;

namespace {

column numbers(double first) {
  return column{std::vector<double>(100, first)};
}

std::string bytes_of(const column_block& block) {
  return block.to_message().SerializeAsString();
}

/// The two ends of a session.
struct session {
  kept_columns slot;
  kept_columns proxy;

  static std::shared_ptr<const std::string> sent(std::string body) {
    return std::make_shared<const std::string>(std::move(body));
  }

  /// What the other end has of an answer; both keep it.
  column_block answer(const column_block& block, std::size_t* bytes = nullptr) {
    const auto body = sent(write_frame(0, "", block, slot));
    if (bytes != nullptr)
      *bytes = body->size();
    slot.add(block);
    auto frame = read_frame(*body, body, proxy).value();
    proxy.add(frame.block);
    return std::move(frame.block);
  }
};

} // namespace

TEST_CASE("what one end has said the other need not send again") {
  auto of = session{};
  const auto made = column_block{{numbers(1), numbers(2)}};
  const auto arrived = of.answer(made);
  // The task has the second, and something new.
  const auto task = column_block{{numbers(3), arrived[1]}};
  const auto body = session::sent(write_frame(1, "", task, of.proxy));
  CHECK(body->size() < 1'000);
  const auto frame = read_frame(*body, body, of.slot).value();
  CHECK(bytes_of(frame.block) == bytes_of(task));
  CHECK(frame.block[1].doubles().data() == made[1].doubles().data());
}

TEST_CASE("both ends number alike what is repeated, empty or known") {
  auto of = session{};
  const auto shared = numbers(1);
  const auto texts = column{{0, 1, 3}, "abc"};
  const auto first = of.answer(column_block{
    {shared, column{}, shared, column{std::vector<double>{}}, texts}});
  CHECK(of.slot.bytes() == of.proxy.bytes());
  CHECK(of.slot.number_of(texts) == 2);
  CHECK(of.proxy.number_of(first[4]) == 2);
  auto bytes = std::size_t{0};
  const auto second = of.answer(column_block{{shared, numbers(5)}}, &bytes);
  CHECK(bytes < 1'000);
  CHECK(second[0].doubles().data() == first[0].doubles().data());
  CHECK(of.proxy.number_of(second[1]) == 3);
  CHECK(of.proxy.number_of(numbers(1)) == 0);
}

TEST_CASE("what was kept two generations ago is dropped at both ends") {
  auto of = session{};
  const auto say = [&](const column& values, std::uint32_t generation) {
    const auto block = column_block{{values}};
    const auto body = session::sent(write_frame(0, "", block, of.slot));
    of.slot.add(block, generation);
    auto frame = read_frame(*body, body, of.proxy).value();
    of.proxy.add(frame.block, generation);
    return frame.block[0];
  };
  const auto oldest = say(numbers(1), 2025);
  const auto other = say(numbers(2), 2025);
  const auto old = say(numbers(3), 2026);
  CHECK(of.proxy.number_of(oldest) == 1);
  CHECK(of.proxy.number_of(old) == 3);
  const auto newest = say(numbers(4), 2027);
  CHECK(of.proxy.number_of(oldest) == 0);
  CHECK(of.proxy.number_of(other) == 0);
  CHECK(of.proxy.number_of(old) == 3);
  CHECK(of.proxy.number_of(newest) == 4);
  for (const auto& end : {of.slot, of.proxy}) {
    CHECK(end.find(2) == nullptr);
    CHECK(end.find(3)->doubles()[0] == 3);
    CHECK(end.find(4)->doubles()[0] == 4);
    CHECK(end.find(5) == nullptr);
    CHECK(end.bytes() == 2 * 100 * sizeof(double));
  }
}

TEST_CASE("a part of what is kept is something else") {
  auto of = session{};
  const auto whole = numbers(1);
  of.slot.add(column_block{{whole}});
  CHECK(of.slot.number_of(whole.slice(0, 50)) == 0);
  CHECK(of.slot.number_of(whole.slice(1, 99)) == 0);
}

TEST_CASE("a number that nobody keeps is refused") {
  auto of = session{};
  const auto kept = numbers(1);
  of.slot.add(column_block{{kept}});
  const auto body
    = session::sent(write_frame(0, "", column_block{{kept}}, of.slot));
  const auto frame = read_frame(*body, body, of.proxy);
  REQUIRE_FALSE(frame);
  CHECK(frame.error().kind == runtime::problem_kind::invalid_input);
}

TEST_CASE("a copy has the same values in memory of its own") {
  for (const auto& each :
       {numbers(1), column{std::vector<std::int64_t>{1, 2}},
        column{std::vector<std::uint32_t>{3}}, column{std::string{"bytes"}},
        column{{0, 1, 3}, "abc"}.slice(1, 1)}) {
    const auto copy = own_copy(each);
    CHECK(bytes_of(column_block{{copy}}) == bytes_of(column_block{{each}}));
    CHECK(identity_of(copy) != identity_of(each));
  }
}
