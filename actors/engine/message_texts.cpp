#include "actors/engine/message_texts.hpp"

#include "runtime/utf8.hpp"

#include <google/protobuf/descriptor.h>

#include <string>
#include <vector>

namespace troupe::engine {

namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

/// The field that is not UTF-8; null: there is none.
const FieldDescriptor* find_bad_text(const Message& in);

/// Whether one value of a field is at fault; `index` is for lists.
const FieldDescriptor* find_bad_text(const Message& in,
                                     const FieldDescriptor& field, int index) {
  const auto& values = *in.GetReflection();
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE)
    return find_bad_text(field.is_repeated()
                           ? values.GetRepeatedMessage(in, &field, index)
                           : values.GetMessage(in, &field));
  if (field.type() != FieldDescriptor::TYPE_STRING)
    return nullptr;
  auto room = std::string{};
  const auto& text
    = field.is_repeated()
        ? values.GetRepeatedStringReference(in, &field, index, &room)
        : values.GetStringReference(in, &field, &room);
  return runtime::is_valid_utf8(text) ? nullptr : &field;
}

const FieldDescriptor* find_bad_text(const Message& in) {
  auto fields = std::vector<const FieldDescriptor*>{};
  in.GetReflection()->ListFields(in, &fields);
  for (const auto* field : fields) {
    const auto count
      = field->is_repeated() ? in.GetReflection()->FieldSize(in, field) : 1;
    for (auto i = 0; i < count; ++i)
      if (const auto* found = find_bad_text(in, *field, i))
        return found;
  }
  return nullptr;
}

} // namespace

runtime::outcome<void> check_texts(const Message& command) {
  const auto* found = find_bad_text(command);
  if (found == nullptr)
    return {};
  auto reason = runtime::problem{};
  reason.kind = runtime::problem_kind::invalid_input;
  reason.message = "a text is not UTF-8";
  reason.key = found->name();
  reason.hint = "write it in the encoding UTF-8";
  return runtime::fail(std::move(reason));
}

} // namespace troupe::engine
