#pragma once

#include <string>
#include <string_view>

/// The forms in which made-up items are written, for portfolio_generator.cpp.
/// All have the same members: a value is `name`, then its text between quotes
/// or in a list, or it is `missing`.
namespace troupe::scoring {

/// How a value is missing.
enum class gap { null, absent };

/// Writes an item as an object of JSON. No text here needs an escape.
class json_form {
public:
  static constexpr std::string_view path_separator = "\\\\";

  explicit json_form(std::string& text) : text_{text} {
    text_ += '{';
  }

  void name(std::string_view key) {
    if (text_.back() != '{')
      text_ += ',';
    text_ += '"';
    text_ += key;
    text_ += "\":";
  }

  void missing(std::string_view key, gap how) {
    if (how == gap::absent)
      return;
    name(key);
    text_ += "null";
  }

  void quote() {
    text_ += '"';
  }

  void begin_list() {
    text_ += '[';
  }

  void separate() {
    text_ += ',';
  }

  void end_list() {
    text_ += ']';
  }

  /// False: the group is not wanted at all.
  bool begin_group(std::string_view key, bool is_present) {
    if (!is_present)
      return false;
    name(key);
    text_ += '{';
    return true;
  }

  void end_group() {
    text_ += '}';
  }

  void end() {
    text_ += "}\n";
  }

  std::string& text() {
    return text_;
  }

private:
  std::string& text_;
};

/// Writes an item as a record of CSV. No text here needs quotes.
class csv_form {
public:
  static constexpr std::string_view path_separator = "\\";

  explicit csv_form(std::string& text) : text_{text} {}

  void name(std::string_view) {
    text_ += separator_;
    separator_ = ",";
  }

  void missing(std::string_view key, gap) {
    name(key);
  }

  void quote() {}

  void begin_list() {}

  void separate() {
    text() += ';';
  }

  void end_list() {}

  bool begin_group(std::string_view, bool is_present) {
    is_blank_ = !is_present;
    return true;
  }

  void end_group() {
    is_blank_ = false;
  }

  void end() {
    text_ += '\n';
  }

  std::string& text() {
    if (!is_blank_)
      return text_;
    unused_.clear();
    return unused_;
  }

private:
  std::string& text_;
  std::string unused_;
  std::string_view separator_;
  bool is_blank_ = false;
};

/// Collects the names of the columns.
class header_form {
public:
  static constexpr std::string_view path_separator = "";

  explicit header_form(std::string& text) : text_{text} {}

  void name(std::string_view key) {
    if (!text_.empty())
      text_ += ',';
    text_ += group_;
    text_ += key;
  }

  void missing(std::string_view key, gap) {
    name(key);
  }

  void quote() {}
  void begin_list() {}
  void separate() {}
  void end_list() {}

  bool begin_group(std::string_view key, bool) {
    group_ = std::string{key} + ".";
    return true;
  }

  void end_group() {
    group_.clear();
  }

  void end() {
    text_ += '\n';
  }

  std::string& text() {
    unused_.clear();
    return unused_;
  }

private:
  std::string& text_;
  std::string unused_;
  std::string group_;
};

} // namespace troupe::scoring
