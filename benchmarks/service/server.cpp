// The least that a service can be: one epoll loop. With a policy it does the limit program's work for each line and puts the decision
// into a reply, reading fields in any order or by the remembered shape of the line before; with --echo it sends back a reply of fixed
// text.
//
//   server --echo | --natural policy.lua | --learned policy.lua        prints the port on 127.0.0.1

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "../limit/host.h"
#include "../limit/reader.h"

namespace {

using namespace limit;

struct Connection {
  int socket = -1;
  std::vector<char> in = std::vector<char>((1 << 18) + simdjson::SIMDJSON_PADDING);
  size_t end = 0;
  std::vector<char> out;
  size_t sent = 0;
  bool blocked = false;
};

// What stands before the input in every line that load sends; see run.py.
constexpr char opening[] = "\"input\":";
constexpr char reply[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"policy\":\"bench.natural\",\"version\":\"000000000000\",\"decision\":";

Writer writer;

template <typename Reader>
class Server {
 public:
  explicit Server(const char *policy) : host_(policy ? std::make_unique<Host>(policy, "decide") : nullptr) {}

  // Appends the replies to all whole lines.
  void answer(Connection &c) {
    char *start = c.in.data(), *end = start + c.end;
    while (char *newline = static_cast<char *>(std::memchr(start, '\n', static_cast<size_t>(end - start)))) {
      append(c.out, reply, sizeof reply - 1);
      if (host_) decide(start, newline, c.out);
      else append(c.out, "{\"outcome\":\"approve\",\"reasons\":[\"within_limit\"]}", 47);
      append(c.out, "}}\n", 3);
      start = newline + 1;
    }
    c.end = static_cast<size_t>(end - start);
    std::memmove(c.in.data(), start, c.end);
  }

 private:
  void decide(char *start, char *newline, std::vector<char> &out) {
    char *input = static_cast<char *>(memmem(start, static_cast<size_t>(newline - start), opening, sizeof opening - 1));
    // Behind the input stand the brackets of params and of the request.
    if (!input || !reader_.read(input + sizeof opening - 1, static_cast<size_t>(newline - 2 - input) - (sizeof opening - 1), transaction_)) {
      std::fprintf(stderr, "server: a line that is no request: %.*s\n", static_cast<int>(newline - start), start);
      std::exit(1);
    }
    writer.length = 0;
    host_->decide(transaction_, writer);
    size_t length = writer.length;
    if (length && writer.bytes[length - 1] == '\n') length--;
    append(out, writer.bytes, length);
  }

  static void append(std::vector<char> &out, const char *bytes, size_t count) { out.insert(out.end(), bytes, bytes + count); }

  std::unique_ptr<Host> host_;
  Reader reader_;
  Transaction transaction_;
};

template <typename Reader>
int serve(const char *policy) {
  Server<Reader> server(policy);
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (bind(listener, reinterpret_cast<sockaddr *>(&address), length) < 0 || listen(listener, 1024) < 0 ||
      getsockname(listener, reinterpret_cast<sockaddr *>(&address), &length) < 0)
    return 1;
  std::printf("%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  int poll = epoll_create1(0);
  epoll_event event = {};
  event.events = EPOLLIN;
  epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    epoll_event events[64];
    int ready = epoll_wait(poll, events, 64, -1);
    for (int i = 0; i < ready; i++) {
      auto *c = static_cast<Connection *>(events[i].data.ptr);
      if (!c) {
        c = new Connection;
        c->socket = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
        int one = 1;
        setsockopt(c->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        event.events = EPOLLIN;
        event.data.ptr = c;
        epoll_ctl(poll, EPOLL_CTL_ADD, c->socket, &event);
        continue;
      }
      bool gone = false;
      if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
        ssize_t got = recv(c->socket, c->in.data() + c->end, c->in.size() - simdjson::SIMDJSON_PADDING - c->end, 0);
        if (got > 0) {
          c->end += static_cast<size_t>(got);
          server.answer(*c);
        } else if (got == 0 || errno != EAGAIN) {
          gone = true;
        }
      }
      while (!gone && c->sent < c->out.size()) {
        ssize_t done = send(c->socket, c->out.data() + c->sent, c->out.size() - c->sent, MSG_NOSIGNAL);
        if (done < 0) {
          gone = errno != EAGAIN;
          break;
        }
        c->sent += static_cast<size_t>(done);
      }
      bool blocked = c->sent < c->out.size();
      if (!blocked) c->out.clear(), c->sent = 0;
      if (gone) {
        close(c->socket);
        delete c;
        continue;
      }
      if (blocked == c->blocked) continue;
      c->blocked = blocked;
      event.events = blocked ? EPOLLOUT : EPOLLIN;
      event.data.ptr = c;
      epoll_ctl(poll, EPOLL_CTL_MOD, c->socket, &event);
    }
  }
}

}  // namespace

int main(int count, char **arguments) {
  if (count == 2 && !std::strcmp(arguments[1], "--echo")) return serve<AnyOrderReader>(nullptr);
  if (count == 3 && !std::strcmp(arguments[1], "--natural")) return serve<AnyOrderReader>(arguments[2]);
  if (count == 3 && !std::strcmp(arguments[1], "--learned")) return serve<LearnedReader>(arguments[2]);
  std::fprintf(stderr, "usage: server --echo | --natural FILE | --learned FILE\n");
  return 2;
}
