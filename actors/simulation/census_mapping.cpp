#include "actors/simulation/census_mapping.hpp"

#include "runtime/config/mapping_reader.hpp"
#include "runtime/config/problem_order.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace troupe::simulation {

using runtime::mapping_reader;
using runtime::yaml_value;

namespace {

using problems_list = std::vector<runtime::problem>;

template <class Choice>
using words = std::pair<std::string_view, Choice>;

constexpr auto unit_words = std::to_array<words<pay_unit>>(
  {{"cents", pay_unit::whole_cents}, {"units", pay_unit::units}});
constexpr auto period_words = std::to_array<words<pay_period>>(
  {{"annual", pay_period::annual}, {"monthly", pay_period::monthly}});
constexpr auto deferral_words
  = std::to_array<words<deferral_unit>>({{"ppm", deferral_unit::per_million},
                                         {"share", deferral_unit::share},
                                         {"percent", deferral_unit::percent}});

template <class Words>
auto choice_of(const Words& known) {
  return [&known](const yaml_value& value) {
    using meaning = typename Words::value_type::second_type;
    return value.choice<meaning>(known);
  };
}

/// Two keys of which one names a column, and what each means.
template <class Form>
using two_forms = std::array<words<Form>, 2>;

constexpr auto birth_words = two_forms<birth_form>{
  {{"date", birth_form::date}, {"age", birth_form::age}}};
constexpr auto hire_words = two_forms<hire_form>{
  {{"date", hire_form::date}, {"years", hire_form::years}}};

template <class Form>
void read_either(const yaml_value& value, const two_forms<Form>& forms,
                 std::string& column, Form& form, problems_list& problems) {
  const auto& [first, second] = forms;
  auto in = mapping_reader{value, problems};
  const auto one = in.take(first.first);
  const auto other = in.take(second.first);
  in.finish();
  if (one.has_value() == other.has_value()) {
    problems.push_back(value.error(
      one ? "two columns for one thing" : "no column is named",
      "give one of " + std::string{first.first} + " and "
        + std::string{second.first} + ", with the name of a column"));
    return;
  }
  form = one ? first.second : second.second;
  const auto name = (one ? one : other)->text();
  if (name)
    column = *name;
  else
    problems.push_back(name.error());
}

void read_level(const yaml_value& value, census_mapping& to,
                problems_list& problems) {
  auto in = mapping_reader{value, problems};
  in.optional("column", to.level);
  const auto bounds = in.take("pay_from");
  in.finish();
  if (to.level.empty() == !bounds)
    return problems.push_back(
      value.error("a level comes from a column or from the pay",
                  "give one of column and pay_from"));
  if (!bounds)
    return;
  const auto items = bounds->items();
  if (!items)
    return problems.push_back(items.error());
  if (items->size() != level_count - 1)
    return problems.push_back(
      bounds->error("a list of " + std::to_string(items->size()) + " values",
                    "give the pay from which levels 2, 3, 4 and 5 begin"));
  for (const auto& item : *items) {
    const auto from = item.integer(1, pay_max / 100);
    if (!from)
      return problems.push_back(from.error());
    if (!to.level_pay_from.empty() && *from * 100 <= to.level_pay_from.back())
      problems.push_back(
        item.error("not above the level before", "give ascending values"));
    to.level_pay_from.push_back(*from * 100);
  }
}

void read_pay(const yaml_value& value, census_mapping& to,
              problems_list& problems) {
  auto in = mapping_reader{value, problems};
  in.required("column", to.pay);
  in.required("unit", to.pay_in, choice_of(unit_words));
  in.optional("period", to.pay_per, choice_of(period_words));
  in.optional("annualise", to.is_annualised);
  in.finish();
  if (to.is_annualised && to.pay_per == pay_period::monthly)
    problems.push_back(
      value.error("monthly pay is not what somebody got in the year",
                  "leave annualise or period out"));
}

void read_deferral(const yaml_value& value, census_mapping& to,
                   problems_list& problems) {
  auto in = mapping_reader{value, problems};
  in.required("column", to.deferral.emplace());
  in.required("unit", to.deferral_in, choice_of(deferral_words));
  in.finish();
}

void read_staff(const yaml_value& value, census_mapping& to,
                problems_list& problems) {
  auto& staff = to.staff.emplace();
  auto in = mapping_reader{value, problems};
  in.required("column", staff.column);
  in.required("equals", staff.equals);
  in.finish();
}

/// A mapping that names nothing yet.
census_mapping blank() {
  auto to = census_mapping{};
  to.key.reset();
  to.level.clear();
  to.deferral.reset();
  to.termination.reset();
  return to;
}

void read_extra(mapping_reader& in, std::string_view key,
                std::optional<extra_column>& to) {
  auto name = std::string{};
  in.optional(key, name);
  if (!name.empty())
    to = extra_column{std::move(name), true};
}

} // namespace

checked<census_mapping>
parse_census_mapping(const runtime::yaml_document& document) {
  auto problems = problems_list{};
  auto to = blank();
  const auto keep = [](const yaml_value& value) {
    return runtime::outcome<yaml_value>{value};
  };
  auto in = mapping_reader{document.root(), problems};
  in.required("id", to.id);
  read_extra(in, "key", to.key);
  auto birth = std::optional<yaml_value>{};
  auto hire = std::optional<yaml_value>{};
  auto level = std::optional<yaml_value>{};
  auto pay = std::optional<yaml_value>{};
  in.required("birth", birth, keep);
  in.required("hire", hire, keep);
  in.required("level", level, keep);
  in.required("pay", pay, keep);
  const auto deferral = in.take("deferral");
  read_extra(in, "termination", to.termination);
  const auto staff = in.take("staff");
  in.finish();
  if (birth)
    read_either(*birth, birth_words, to.birth, to.birth_as, problems);
  if (hire)
    read_either(*hire, hire_words, to.hire, to.hire_as, problems);
  if (level)
    read_level(*level, to, problems);
  if (pay)
    read_pay(*pay, to, problems);
  if (deferral)
    read_deferral(*deferral, to, problems);
  if (staff)
    read_staff(*staff, to, problems);
  if (!problems.empty())
    return tl::unexpected{runtime::in_file_order(std::move(problems))};
  return to;
}

checked<census_mapping> read_census_mapping(const std::string& path) {
  const auto document = runtime::yaml_document::read(path);
  if (!document)
    return tl::unexpected{problems_list{document.error()}};
  return parse_census_mapping(*document);
}

} // namespace troupe::simulation
