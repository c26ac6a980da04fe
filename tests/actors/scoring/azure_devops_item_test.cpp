#include "actors/scoring/azure_devops_item.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>

using namespace troupe::scoring;
using nlohmann::json;

namespace {

json item_of(const json& fields) {
  auto lines = std::string{};
  append_azure_devops_item(41'201, fields, lines);
  CHECK(lines.ends_with("}\n"));
  CHECK(std::count(lines.begin(), lines.end(), '\n') == 1);
  return json::parse(lines);
}

} // namespace

TEST_CASE("fields of Azure DevOps get the keys of items") {
  const auto item = item_of({
    {"System.Id", 41'201},
    {"System.Title", "Split the \"invoice\" job"},
    {"System.WorkItemType", "User Story"},
    {"System.State", "Active"},
    {"System.Parent", 12},
    {"System.Tags", "a b; c;; d "},
    {"System.AssignedTo", {{"displayName", "Ada"}, {"id", "7"}}},
    {"System.CreatedDate", "2026-01-31T10:00:00.13Z"},
    {"System.CommentCount", 3},
    {"Microsoft.VSTS.Common.BusinessValue", 52.1},
    {"Microsoft.VSTS.Common.Risk", "1 - High"},
    {"Microsoft.VSTS.Common.TimeCriticality", 0.1},
    {"Microsoft.VSTS.Scheduling.StoryPoints", 5.0},
    {"Custom.revenue_impact", 19'714.68},
    {"Custom.complexity_score", 40},
  });
  const auto expected = json{
    {"work_item_id", 41'201},
    {"title", "Split the \"invoice\" job"},
    {"work_item_type", "User Story"},
    {"state", "Active"},
    {"parent_id", 12},
    {"tags", {"a b", "c", "d"}},
    {"assigned_to", "Ada"},
    {"created_date", "2026-01-31T10:00:00.13Z"},
    {"business_value_raw", 52.1},
    {"risk_score", "1 - High"},
    {"story_points", 5.0},
    {"complexity_score", 40},
    {"custom_fields",
     {{"System.CommentCount", 3},
      {"time_criticality", 0.1},
      {"revenue_impact", 19'714.68},
      {"complexity_score", 40}}},
  };
  CHECK(item == expected);
}

TEST_CASE("of several estimates the first of the process counts") {
  const auto item = item_of({{"Microsoft.VSTS.Scheduling.Size", 1},
                             {"Microsoft.VSTS.Scheduling.StoryPoints", 3},
                             {"Microsoft.VSTS.Scheduling.Effort", 2},
                             {"Custom.story_points", 9}});
  CHECK(item["story_points"] == 3);
  CHECK(item["custom_fields"]["Microsoft.VSTS.Scheduling.Effort"] == 2);
  CHECK(item["custom_fields"]["Microsoft.VSTS.Scheduling.Size"] == 1);
  CHECK(item["custom_fields"]["story_points"] == 9);
  CHECK(item_of({{"Custom.story_points", 9}})["story_points"] == 9);
}

TEST_CASE("words of other processes become ours and are kept") {
  const auto scrum = item_of({{"System.WorkItemType", "Product Backlog Item"},
                              {"System.State", "Done"}});
  CHECK(scrum["work_item_type"] == "User Story");
  CHECK(scrum["state"] == "Closed");
  CHECK(scrum["custom_fields"]["System.State"] == "Done");
  const auto own = item_of(
    {{"System.WorkItemType", "Impediment"}, {"System.State", "Parked"}});
  CHECK_FALSE(own.contains("work_item_type"));
  CHECK_FALSE(own.contains("state"));
  CHECK(own["custom_fields"]["System.WorkItemType"] == "Impediment");
  CHECK(own["custom_fields"]["System.State"] == "Parked");
}

TEST_CASE("what nobody can score is left out") {
  const auto item = item_of(
    {{"System.Description", std::string(azure_devops_text_bytes_max + 1, 'x')},
     {"System.Title", nullptr}});
  CHECK(item
        == json{{"work_item_id", 41'201}, {"custom_fields", json::object()}});
  CHECK(item_of(json::object())["custom_fields"].empty());
}
