#include "actors/engine/evaluation.hpp"
#include "actors/engine/expression_check.hpp"
#include "actors/engine/text_template.hpp"
#include "tests/fuzz/fuzz_target.hpp"

using namespace troupe;
using namespace troupe::engine;
using nlohmann::json;
using tests::promise;

namespace {

const expression_values& some_values() {
  static const auto values = [] {
    auto made = expression_values{};
    made.inputs = json::parse(R"({"n": 7, "x": 2.5, "t": "text", "yes": true,
      "none": null, "list": [1, [2, 3]], "deep": {"a b": {"c": [10, 20]}},
      "huge": 18446744073709551615, "least": -9223372036854775808})");
    made.steps["done"]
      = {json::parse(R"({"items": 3, "file": "out"})"), "succeeded", 0, 2};
    made.steps["left"] = {std::nullopt, "skipped", 0, 0};
    made.item = json("element");
    made.run_id = "run-1";
    return made;
  }();
  return values;
}

/// What the values above are known to be.
class some_scope final : public expression_scope {
public:
  tl::expected<value_kind, path_fault>
  kind_of(const value_path& path) const override {
    if (path.root == path_root::inputs)
      return kind_of_input(path.name);
    if (path.root == path_root::run)
      return value_kind::text;
    if (path.root == path_root::steps && path.field == step_field::state)
      return value_kind::text;
    if (path.root == path_root::steps && path.field != step_field::output)
      return value_kind::number;
    return value_kind::any;
  }

private:
  static tl::expected<value_kind, path_fault>
  kind_of_input(const std::string& name) {
    const auto& inputs = some_values().inputs;
    const auto found = inputs.find(name);
    if (found == inputs.end())
      return tl::unexpected{path_fault{"no input " + name, {}}};
    return engine::kind_of(*found);
  }
};

/// Values of the two ways are the same; so are faults, but for their places.
void promise_same(const evaluated<json>& left, const evaluated<json>& right) {
  promise(left.has_value() == right.has_value(),
          "what is printed has a value when what was read has one");
  if (left)
    promise(*left == *right, "what is printed has the same value");
  else
    promise(left.error().kind == right.error().kind,
            "what is printed has the same fault");
}

void try_expression(std::string_view text) {
  const auto read = expression::parse(text);
  if (!read)
    return promise(!read.error().message.empty(), "a problem has a message");
  const auto again = expression::parse(read->print());
  promise(again.has_value(), "what is printed is an expression");
  promise(*again == *read, "what is printed is the same expression");
  const auto value = evaluate(*read, some_values());
  promise_same(value, evaluate(*again, some_values()));
  auto problems = std::vector<runtime::problem>{};
  const auto kind = check_expression(*read, some_scope{}, {}, problems);
  if (value && problems.empty() && kind != value_kind::any)
    promise(kind == kind_of(*value), "a value is of the kind that was said");
}

void try_template(std::string_view text) {
  const auto read = text_template::parse(text, {});
  if (!read)
    return promise(!read.error().message.empty(), "a problem has a message");
  const auto again = text_template::parse(read->print(), {});
  promise(again.has_value(), "what is printed is a template");
  promise(*again == *read, "what is printed is the same template");
  promise_same(evaluate(*read, some_values()), evaluate(*again, some_values()));
  static_cast<void>(evaluate_truth(*read, some_values()));
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = tests::text_of(data, size);
  try_expression(text);
  try_template(text);
  return 0;
}
