#include "cluster/node/node_file.hpp"

#include "cluster/certificates/node_name.hpp"
#include "runtime/config/mapping_reader.hpp"
#include "runtime/config/problem_order.hpp"
#include "runtime/query/postgres_address.hpp"

#include <arpa/inet.h>

#include <charconv>
#include <filesystem>

namespace troupe::cluster {

namespace {

using runtime::mapping_reader;
using runtime::outcome;
using runtime::problem;
using runtime::yaml_value;
using problem_list = std::vector<problem>;

constexpr auto peers_max = std::size_t{63}; // Beside the node itself.
constexpr auto jobs_max = std::int64_t{1'000};
constexpr auto rebind_max = std::chrono::minutes{10};
constexpr auto stop_grace_max = std::chrono::hours{1};

constexpr auto version_words
  = std::to_array<std::pair<std::string_view, int>>({{"troupe/v1", 1}});
constexpr auto kind_words
  = std::to_array<std::pair<std::string_view, int>>({{"Node", 1}});

enum class node_role : std::uint8_t { coordinator, worker };

constexpr auto role_words
  = std::to_array<std::pair<std::string_view, node_role>>(
    {{"coordinator", node_role::coordinator}, {"worker", node_role::worker}});

template <class Words>
auto word(const Words& words) {
  return [&words](const yaml_value& value) {
    using meaning = typename Words::value_type::second_type;
    return value.choice<meaning>(words);
  };
}

/// The same problem, at its place in the file.
auto at(const yaml_value& value, const problem& reason) {
  auto placed = value.error(reason.message, reason.hint);
  placed.kind = reason.kind;
  return runtime::fail(std::move(placed));
}

outcome<std::string> node_name(const yaml_value& value) {
  auto text = value.text();
  if (!text)
    return text;
  if (const auto checked = check_node_name(*text); !checked)
    return at(value, checked.error());
  return text;
}

outcome<node_address> address(const yaml_value& value) {
  const auto text = value.text();
  if (!text)
    return runtime::fail(text.error());
  auto read = parse_node_address(*text);
  if (!read)
    return at(value, read.error());
  return read;
}

outcome<std::optional<runtime::listen_address>>
http_address(const yaml_value& value) {
  const auto text = value.text();
  if (!text)
    return runtime::fail(text.error());
  const auto read = runtime::parse_loopback(*text);
  if (!read)
    return at(value, read.error());
  return std::optional{*read};
}

bool is_number(const std::string& host) {
  auto ignored = in6_addr{};
  return inet_pton(AF_INET, host.c_str(), &ignored) == 1
         || inet_pton(AF_INET6, host.c_str(), &ignored) == 1;
}

outcome<node_address> own_address(const yaml_value& value) {
  auto read = address(value);
  if (read && !is_number(read->host))
    return runtime::fail(value.error("where a node listens is a number",
                                     "write 10.0.0.1:7400 or [::1]:7400"));
  return read;
}

outcome<node_roles> roles(const yaml_value& value) {
  const auto items = value.items();
  if (!items)
    return runtime::fail(items.error());
  auto read = node_roles{};
  for (const auto& item : *items) {
    const auto role = item.choice<node_role>(role_words);
    if (!role)
      return runtime::fail(role.error());
    (*role == node_role::worker ? read.is_worker : read.is_coordinator) = true;
  }
  if (read == node_roles{})
    return runtime::fail(value.error("a node without a role does nothing",
                                     "give coordinator, worker or both"));
  return read;
}

void read_peers(const yaml_value& value, const std::string& self,
                std::map<std::string, node_address>& to,
                problem_list& problems) {
  const auto entries = value.entries();
  if (!entries)
    return problems.push_back(entries.error());
  if (entries->size() > peers_max)
    return problems.push_back(
      value.error("more than " + std::to_string(peers_max) + " peers",
                  "a cluster has tens of nodes"));
  for (const auto& [name, entry] : *entries) {
    if (const auto checked = check_node_name(name); !checked)
      problems.push_back(at(entry, checked.error()).value());
    else if (name == self)
      problems.push_back(
        entry.error("the node is its own peer", "name the other nodes only"));
    else if (auto where = address(entry))
      to.emplace(name, std::move(*where));
    else
      problems.push_back(where.error());
  }
}

void read_resources(const yaml_value& value, std::vector<std::string>& to,
                    problem_list& problems) {
  const auto entries = value.entries();
  if (!entries)
    return problems.push_back(entries.error());
  for (const auto& [name, entry] : *entries) {
    if (auto amount = entry.text())
      to.push_back(name + "=" + *amount);
    else
      problems.push_back(amount.error());
  }
}

void read_labels(const yaml_value& value, engine::worker_labels& to,
                 problem_list& problems) {
  const auto entries = value.entries();
  if (!entries)
    return problems.push_back(entries.error());
  if (entries->size() > engine::labels_max)
    return problems.push_back(value.error(
      "more than " + std::to_string(engine::labels_max) + " labels"));
  for (const auto& [name, entry] : *entries) {
    const auto text = entry.text();
    if (!text)
      problems.push_back(text.error());
    else if (const auto checked = engine::check_label(name, *text); !checked)
      problems.push_back(at(entry, checked.error()).value());
    else
      to.emplace(name, *text);
  }
}

std::string whole_path(const std::string& folder, const std::string& path) {
  if (path.empty())
    return path;
  return (std::filesystem::path{folder} / path).lexically_normal().string();
}

/// What one key says about another.
void check_together(const yaml_value& document, const node_file& read,
                    problem_list& problems) {
  const auto object
    = [&](std::string_view key, const char* message, const char* hint) {
        problems.push_back(
          document.find(key).value_or(document).error(message, hint));
      };
  if (read.roles.is_coordinator && read.store.empty())
    object("roles", "a coordinator needs a store",
           "give store: an address of PostgreSQL, or a file if there is one "
           "coordinator only");
  if (!read.roles.is_coordinator && !read.store.empty())
    object("store", "a worker does not use a store",
           "remove it, or make the node a coordinator");
  if (read.certificates.empty() && read.listen.host != "127.0.0.1"
      && read.listen.host != "::1" && !read.listen.host.empty())
    object("listen", "other machines could reach the node without a proof",
           "give certificates (troupe cluster init), or listen on 127.0.0.1");
}

} // namespace

outcome<node_address> parse_node_address(std::string_view text) {
  const auto refuse = [&] {
    return runtime::fail(runtime::problem_kind::invalid_input,
                         "\"" + std::string{text} + "\" is no address",
                         "write HOST:PORT, for example 10.0.0.1:7400");
  };
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0)
    return refuse();
  auto host = text.substr(0, colon);
  const auto port = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  else if (host.find(':') != std::string_view::npos)
    return refuse();
  auto read = node_address{std::string{host}, 0};
  const auto end = port.data() + port.size();
  const auto number = std::from_chars(port.data(), end, read.port);
  if (number.ec != std::errc{} || number.ptr != end || host.empty())
    return refuse();
  return read;
}

tl::expected<node_file, problem_list>
parse_node_file(const yaml_value& document, const std::string& folder) {
  auto problems = problem_list{};
  auto read = node_file{};
  auto ignored = 0;
  auto in = mapping_reader{document, problems};
  in.required("apiVersion", ignored, word(version_words));
  in.required("kind", ignored, word(kind_words));
  in.required("name", read.name, node_name);
  in.required("roles", read.roles, roles);
  in.required("listen", read.listen, own_address);
  in.optional("certificates", read.certificates);
  in.required("data", read.data);
  in.optional("store", read.store);
  in.optional("http", read.http, http_address);
  if (const auto peers = in.take("peers"))
    read_peers(*peers, read.name, read.peers, problems);
  in.optional("jobs", read.jobs, [](const yaml_value& value) {
    return value.integer(1, jobs_max);
  });
  if (const auto resources = in.take("resources"))
    read_resources(*resources, read.resources, problems);
  if (const auto labels = in.take("labels"))
    read_labels(*labels, read.labels, problems);
  in.optional("rebind_window", read.rebind_window, [](const yaml_value& value) {
    return value.duration(std::chrono::milliseconds{0}, rebind_max);
  });
  in.optional("lease_length", read.lease_length, [](const yaml_value& value) {
    return value.duration(lease_length_min, lease_length_max);
  });
  in.optional("stop_grace", read.stop_grace, [](const yaml_value& value) {
    return value.duration(std::chrono::milliseconds{0}, stop_grace_max);
  });
  in.finish();
  if (problems.empty())
    check_together(document, read, problems);
  if (!problems.empty())
    return tl::unexpected{runtime::in_file_order(std::move(problems))};
  read.certificates = whole_path(folder, read.certificates);
  read.data = whole_path(folder, read.data);
  if (!runtime::is_postgres_address(read.store))
    read.store = whole_path(folder, read.store);
  return read;
}

tl::expected<node_file, problem_list> read_node_file(const std::string& path) {
  auto document = runtime::yaml_document::read(path);
  if (!document)
    return tl::unexpected{problem_list{document.error()}};
  auto folder = std::filesystem::path{path}.parent_path();
  return parse_node_file(document->root(), folder.string());
}

} // namespace troupe::cluster
