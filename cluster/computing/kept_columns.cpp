#include "cluster/computing/kept_columns.hpp"

namespace troupe::cluster {

using messages::column;
using messages::column_block;

column_identity identity_of(const column& of) {
  const auto identity = [&](auto values) -> column_identity {
    return {values.data(), of.size(), of.type()};
  };
  switch (of.type()) {
    case column::kind::doubles:
      return identity(of.doubles());
    case column::kind::integers:
      return identity(of.integers());
    case column::kind::counts:
      return identity(of.counts());
    case column::kind::bytes:
      return identity(of.bytes());
    default:
      return identity(of.text_offsets());
  }
}

std::size_t value_bytes(const column& of) {
  switch (of.type()) {
    case column::kind::doubles:
      return of.doubles().size_bytes();
    case column::kind::integers:
      return of.integers().size_bytes();
    case column::kind::counts:
      return of.counts().size_bytes();
    case column::kind::bytes:
      return of.bytes().size_bytes();
    default:
      return of.text_offsets().size_bytes();
  }
}

std::size_t text_bytes(const column& of) {
  if (of.type() != column::kind::texts && of.type() != column::kind::blobs)
    return 0;
  return of.text_offsets().back() - of.text_offsets().front();
}

column own_copy(const column& of) {
  const auto copy = [](auto values) {
    return column{std::vector(values.begin(), values.end())};
  };
  switch (of.type()) {
    case column::kind::doubles:
      return copy(of.doubles());
    case column::kind::integers:
      return copy(of.integers());
    case column::kind::counts:
      return copy(of.counts());
    case column::kind::bytes:
      return copy(of.bytes());
    default: {
      auto texts = column_block{{of}}.to_message();
      return (*column_block::from_message(texts))[0];
    }
  }
}

void kept_columns::add(const column_block& answer, std::uint32_t generation) {
  if (generation != 0)
    drop_before(generation - 1);
  for (auto at = std::size_t{0}; at < answer.size(); ++at) {
    const auto& each = answer[at];
    const auto number
      = static_cast<std::uint32_t>(dropped_ + columns_.size() + 1);
    if (each.size() == 0
        || !numbers_.try_emplace(identity_of(each), number).second)
      continue;
    columns_.push_back({each, generation});
    bytes_ += value_bytes(each) + text_bytes(each);
  }
}

void kept_columns::drop_before(std::uint32_t generation) {
  for (; !columns_.empty() && columns_.front().generation < generation;
       ++dropped_) {
    const auto& oldest = columns_.front().values;
    numbers_.erase(identity_of(oldest));
    bytes_ -= value_bytes(oldest) + text_bytes(oldest);
    columns_.pop_front();
  }
}

std::uint32_t kept_columns::number_of(const column& of) const {
  if (of.size() == 0)
    return 0;
  const auto found = numbers_.find(identity_of(of));
  return found == numbers_.end() ? 0 : found->second;
}

const column* kept_columns::find(std::uint32_t number) const {
  return number <= dropped_ || number - dropped_ > columns_.size()
           ? nullptr
           : &columns_[number - dropped_ - 1].values;
}

} // namespace troupe::cluster
