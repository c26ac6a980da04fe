#include "tests/support/postgres_server.hpp"

#include "tests/support/program.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <utility>

namespace troupe::tests {

namespace fs = std::filesystem;

namespace {

/// The newest one of Debian's.
std::string find_programs() {
  auto found = fs::path{};
  const auto root = fs::path{"/usr/lib/postgresql"};
  if (fs::is_directory(root))
    for (const auto& entry : fs::directory_iterator{root})
      if (fs::exists(entry.path() / "bin/initdb"))
        found = std::max(found, entry.path() / "bin");
  if (found.empty())
    throw std::runtime_error{
      "no PostgreSQL server: apt-get install postgresql"};
  return found.string();
}

/// Ends a server that nobody else ends any more, and removes its folder.
std::string end_of(const fs::path& folder) {
  const auto at = folder.string();
  return "kill -QUIT $(head -n 1 " + at + "/data/postmaster.pid) && sleep 1; "
         + "rm -rf " + at;
}

constexpr auto access = "local all guest scram-sha-256\n"
                        "local all all trust\n";

} // namespace

postgres_server::postgres_server(std::string listen)
  : listen_{std::move(listen)}, bin_{find_programs()}, will_{end_of(
                                                         folder_.path())} {
  // The server refuses to be the superuser, hence somebody else enters.
  fs::permissions(folder_.path(), fs::perms::all);
  const auto data = (folder_ / "data").string();
  static_cast<void>(run("initdb", "--no-sync --auth=trust --encoding=UTF8 "
                                  "--locale=C --username=troupe --pgdata="
                                    + data));
  folder_.write("pg_hba.conf",
                listen_.empty()
                  ? access
                  : access + ("host all all " + listen_ + "/24 trust\n"));
  start();
  execute("CREATE ROLE guest LOGIN PASSWORD 'guest''s secret'");
}

void postgres_server::start() const {
  const auto data = (folder_ / "data").string();
  // Nothing of it has to survive the machine.
  static_cast<void>(run(
    "pg_ctl", "--wait --timeout=100 --silent --log=" + data + "/log --pgdata="
                + data + " --options=\"-c fsync=off -c listen_addresses="
                + listen_ + " -c shared_buffers=8MB -c max_connections=30 -k "
                + folder_.path().string() + " -c hba_file="
                + (folder_ / "pg_hba.conf").string() + "\" start"));
}

void postgres_server::crash() const {
  static_cast<void>(run("pg_ctl", "--mode=immediate --silent --pgdata="
                                    + (folder_ / "data").string() + " stop"));
}

postgres_server::~postgres_server() {
  try {
    crash();
  } catch (const std::exception&) {
    // It has ended by itself.
  }
}

std::string postgres_server::address(const std::string& user) const {
  return "postgresql://" + user + "@/postgres?host=" + folder_.path().string();
}

void postgres_server::execute(const std::string& sql) const {
  const auto script = folder_.write("script.sql", sql);
  fs::permissions(script, fs::perms::all);
  static_cast<void>(run("psql", "--no-psqlrc --quiet --set ON_ERROR_STOP=1 "
                                "--file="
                                  + script.string() + " \"" + address()
                                  + "\""));
}

std::string postgres_server::run(const std::string& program,
                                 const std::string& arguments) const {
  const auto line = bin_ + "/" + program + " " + arguments;
  auto asked = program_run{};
  asked.folder = folder_.path();
  const auto is_superuser = ::geteuid() == 0;
  if (is_superuser)
    asked.arguments = {"-u", "nobody", "--", "sh", "-c", line};
  else
    asked.arguments = {"-c", line};
  const auto result = run_command(is_superuser ? "runuser" : "sh", asked);
  if (result.exit_code != 0)
    throw std::runtime_error{program + ": " + result.err + result.out};
  return result.out;
}

} // namespace troupe::tests
