#include "actors/scoring/items_address.hpp"

#include "actors/scoring/refusal.hpp"
#include "runtime/query/postgres_address.hpp"

namespace troupe::scoring {

namespace {

constexpr auto sqlite = std::string_view{"sqlite:"};
constexpr auto azure_devops = std::string_view{"azure-devops:"};

constexpr auto option = "--items";

} // namespace

runtime::outcome<items_address> parse_items_address(std::string_view text) {
  auto address = items_address{};
  if (text.starts_with(sqlite)) {
    address.place = items_place::sqlite;
    address.what = text.substr(sqlite.size());
    if (address.what.empty())
      return refuse("a SQLite file without a path", option,
                    "write sqlite:PATH");
    return address;
  }
  if (text.starts_with(azure_devops)) {
    address.place = items_place::azure_devops;
    const auto rest = text.substr(azure_devops.size());
    const auto slash = rest.find('/');
    address.what = rest.substr(0, slash);
    if (slash != std::string_view::npos)
      address.project = rest.substr(slash + 1);
    if (address.what.empty() || address.project.empty()
        || address.project.find('/') != std::string::npos)
      return refuse("not a project of Azure DevOps", option,
                    "write azure-devops:ORGANIZATION/PROJECT");
    return address;
  }
  const auto scheme = text.substr(0, text.find("://"));
  if (runtime::is_postgres_address(text))
    address.place = items_place::postgres;
  else if (scheme.size() != text.size())
    // Taken for a file, it would be shown with whatever password is in it.
    return refuse("items cannot be read from " + std::string{scheme} + "://",
                  option,
                  "write a file, sqlite:PATH, postgresql://... or "
                  "azure-devops:ORGANIZATION/PROJECT");
  address.what = text;
  return address;
}

} // namespace troupe::scoring
