#include "tests/support/http_server.hpp"

#include <arpa/inet.h>
#include <httplib.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace troupe::tests {

using runtime::http_method;
using runtime::http_reply;
using runtime::http_request;

namespace {

http_method method_of(const std::string& name) {
  for (const auto method :
       {http_method::head, http_method::post, http_method::put,
        http_method::patch, http_method::remove})
    if (to_string(method) == name)
      return method;
  return http_method::get;
}

http_request from(const httplib::Request& asked) {
  auto request = http_request{};
  request.method = method_of(asked.method);
  request.url = asked.target;
  for (const auto& [name, value] : asked.headers)
    request.headers.push_back({name, value});
  request.headers.push_back({"Remote-Port", std::to_string(asked.remote_port)});
  request.body = asked.body;
  return request;
}

void fill(httplib::Response& to, http_reply reply) {
  to.status = reply.status;
  auto type = std::string{};
  for (const auto& [name, value] : reply.headers) {
    if (name == "Content-Type")
      type = value;
    else
      to.set_header(name, value);
  }
  if (!reply.body.empty() || !type.empty())
    to.set_content(std::move(reply.body), type);
}

} // namespace

struct http_server::state {
  httplib::Server server;
  std::string url;
  std::thread thread;
};

http_server::http_server(handler answer) : state_{std::make_unique<state>()} {
  auto& server = state_->server;
  const auto handle = [answer = std::move(answer)](
                        const httplib::Request& asked, httplib::Response& to) {
    fill(to, answer(from(asked)));
  };
  server.Get(".*", handle);
  server.Post(".*", handle);
  server.Put(".*", handle);
  server.Patch(".*", handle);
  server.Delete(".*", handle);
  const auto port = server.bind_to_any_port("127.0.0.1");
  if (port <= 0)
    throw std::runtime_error{"no port for a server"};
  state_->url = "http://127.0.0.1:" + std::to_string(port);
  state_->thread = std::thread{[&server] { server.listen_after_bind(); }};
  // It can be stopped only once it runs.
  while (!server.is_running())
    std::this_thread::yield();
}

http_server::~http_server() {
  state_->server.stop();
  state_->thread.join();
}

const std::string& http_server::url() const noexcept {
  return state_->url;
}

listening_socket::listening_socket(int backlog)
  : descriptor_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
  auto address = sockaddr_in{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto size = static_cast<socklen_t>(sizeof(address));
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (::bind(descriptor_, any, size) != 0 || ::listen(descriptor_, backlog) != 0
      || ::getsockname(descriptor_, any, &size) != 0)
    throw std::runtime_error{"no port for a server"};
  address_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
}

listening_socket::~listening_socket() {
  ::close(descriptor_);
}

void listening_socket::stop() const {
  ::shutdown(descriptor_, SHUT_RDWR);
}

int listening_socket::accept() const {
  return ::accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC);
}

crowd_server::crowd_server(std::size_t size)
  : listener_{static_cast<int>(size)}, thread_{[=, this] { serve(size); }} {}

crowd_server::~crowd_server() {
  listener_.stop();
  thread_.join();
}

void crowd_server::serve(std::size_t size) const {
  auto replies = std::vector<std::pair<int, std::string>>{};
  while (replies.size() < size) {
    const auto connection = listener_.accept();
    if (connection < 0)
      return;
    auto request = std::string{};
    auto bytes = std::array<char, 4096>{};
    while (request.find("\r\n\r\n") == std::string::npos)
      if (const auto count = ::read(connection, bytes.data(), bytes.size());
          count > 0)
        request.append(bytes.data(), static_cast<std::size_t>(count));
      else
        break;
    const auto path = request.substr(4, request.find(' ', 4) - 4);
    replies.emplace_back(connection, "HTTP/1.1 200 OK\r\nContent-Length: "
                                       + std::to_string(path.size())
                                       + "\r\n\r\n" + path);
  }
  for (const auto& [connection, reply] : replies) {
    static_cast<void>(
      ::send(connection, reply.data(), reply.size(), MSG_NOSIGNAL));
    ::close(connection);
  }
}

silent_server::~silent_server() {
  if (connection_ >= 0)
    ::close(connection_);
}

void silent_server::await_request() {
  connection_ = listener_.accept();
  auto byte = std::array<char, 1>{};
  if (connection_ < 0 || ::read(connection_, byte.data(), byte.size()) != 1)
    throw std::runtime_error{"nobody asked the server"};
}

void silent_server::await_close() const {
  auto bytes = std::array<char, 4096>{};
  while (::read(connection_, bytes.data(), bytes.size()) > 0) {
  }
}

} // namespace troupe::tests
