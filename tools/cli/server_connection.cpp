#include "tools/cli/server_connection.hpp"

#include "runtime/query/postgres_address.hpp"

namespace troupe::tools {

std::string server_socket(const runtime::settings& of) {
  if (!of.server_socket.empty())
    return of.server_socket;
  return runtime::is_postgres_address(of.store_path)
           ? std::string{}
           : engine::socket_of(of.store_path);
}

runtime::outcome<engine::engine_client>
connect_server(const runtime::settings& of) {
  const auto socket = server_socket(of);
  if (socket.empty())
    return runtime::fail(
      runtime::problem_kind::unavailable,
      "where the nodes of this store listen is not known",
      "give --socket FILE: node.sock in the data folder of a coordinator");
  return engine::engine_client::connect(socket);
}

} // namespace troupe::tools
