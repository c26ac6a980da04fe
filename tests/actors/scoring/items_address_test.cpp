#include "actors/scoring/items_address.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::scoring;

TEST_CASE("the text after --items says what kind of place it is") {
  const auto file = parse_items_address("items.jsonl").value();
  CHECK(file.place == items_place::file);
  CHECK(file.what == "items.jsonl");
  CHECK(parse_items_address("-")->place == items_place::file);
  const auto sqlite = parse_items_address("sqlite:a/b.db").value();
  CHECK(sqlite.place == items_place::sqlite);
  CHECK(sqlite.what == "a/b.db");
  const auto postgres = parse_items_address("postgresql://h/d").value();
  CHECK(postgres.place == items_place::postgres);
  CHECK(postgres.what == "postgresql://h/d");
  const auto project = parse_items_address("azure-devops:org/My Shop").value();
  CHECK(project.place == items_place::azure_devops);
  CHECK(project.what == "org");
  CHECK(project.project == "My Shop");
}

TEST_CASE("an address of another kind is refused without what follows") {
  for (const auto* text :
       {"mysql://me:pw@h/d", "Postgresql://me:pw@h/d", "https://me:pw@h/d"}) {
    const auto refused = parse_items_address(text);
    CAPTURE(text);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().key == "--items");
    CHECK(render(refused.error()).find("pw") == std::string::npos);
  }
}

TEST_CASE("an incomplete address is refused with its form") {
  for (const auto* text :
       {"sqlite:", "azure-devops:", "azure-devops:org", "azure-devops:org/",
        "azure-devops:/project", "azure-devops:org/project/team"}) {
    const auto refused = parse_items_address(text);
    CAPTURE(text);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == runtime::problem_kind::invalid_input);
    CHECK(refused.error().key == "--items");
    CHECK(refused.error().hint.starts_with("write "));
  }
}
