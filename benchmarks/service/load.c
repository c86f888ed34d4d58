/* Loads a service with requests for decisions: some connections, each with so many requests under way, for some seconds.
 *
 *   load HOST:PORT REQUESTS CONNECTIONS WINDOW SECONDS
 *
 * REQUESTS is a file of request lines, which are sent in turn. Prints replies a second, and in microseconds how long the middle one and
 * the slowest hundredth took from the call that sent it to the call that read its end. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

typedef struct connection {
  int socket;
  size_t next;                 /* the line that is sent next */
  size_t offset;               /* and how much of it is sent */
  unsigned under_way, first;   /* requests without a reply, and where the oldest stands in `sent` */
  int64_t *sent;
  int wants_out;
} connection;

static char *text;
static size_t *starts, line_count;
static unsigned window;
static uint64_t replies;
static uint32_t *times;
static size_t time_count, time_capacity;

static void fail(const char *what) {
  fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
  exit(1);
}

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void read_requests(const char *path) {
  int file = open(path, O_RDONLY);
  struct stat status;
  if (file < 0 || fstat(file, &status) < 0) fail(path);
  size_t size = (size_t)status.st_size;
  text = malloc(size + 1);
  starts = malloc((size + 2) * sizeof *starts);
  for (size_t done = 0; done < size;) {
    ssize_t count = read(file, text + done, size - done);
    if (count <= 0) fail(path);
    done += (size_t)count;
  }
  close(file);
  starts[0] = 0;
  for (size_t i = 0; i < size; i++)
    if (text[i] == '\n') starts[++line_count] = i + 1;
  if (!line_count) fail("no requests");
}

/* Sends as many as the window has room for, gathered in one call where they lie behind one another. */
static void send_more(connection *c) {
  while (c->under_way < window || c->offset) {
    size_t last = c->next, room = window - c->under_way + (c->offset > 0);
    while (last < line_count && last - c->next < room) last++;
    size_t length = starts[last] - starts[c->next] - c->offset;
    ssize_t count = send(c->socket, text + starts[c->next] + c->offset, length, MSG_NOSIGNAL);
    if (count < 0) {
      if (errno == EAGAIN) {
        c->wants_out = 1;
        return;
      }
      fail("send");
    }
    int64_t time = now();
    size_t place = starts[c->next] + c->offset + (size_t)count;
    /* A request counts from the call that sends its first byte. */
    if (!c->offset && count) c->sent[(c->first + c->under_way++) % window] = time;
    while (c->next < line_count && starts[c->next + 1] <= place) {
      c->next++;
      if (starts[c->next] < place) c->sent[(c->first + c->under_way++) % window] = time;
    }
    c->offset = place - starts[c->next];
    if (c->next == line_count) c->next = 0, c->offset = 0;
  }
  c->wants_out = 0;
}

static void receive(connection *c) {
  static char block[1 << 18];
  for (;;) {
    ssize_t count = recv(c->socket, block, sizeof block, 0);
    if (count < 0 && errno == EAGAIN) break;
    if (count <= 0) fail("recv");
    int64_t time = now();
    for (char *at = block; (at = memchr(at, '\n', (size_t)(block + count - at))); at++) {
      if (!c->under_way) fail("a reply too many");
      if (time_count == time_capacity && !(times = realloc(times, (time_capacity = time_capacity * 2 + 65536) * sizeof *times))) fail("memory");
      times[time_count++] = (uint32_t)((time - c->sent[c->first]) / 100);
      c->first = (c->first + 1) % window;
      c->under_way--;
      replies++;
    }
    if ((size_t)count < sizeof block) break;
  }
}

static int compare(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

int main(int count, char **arguments) {
  if (count != 6) {
    fprintf(stderr, "usage: load HOST:PORT REQUESTS CONNECTIONS WINDOW SECONDS\n");
    return 2;
  }
  char *colon = strrchr(arguments[1], ':');
  if (!colon) fail("expected HOST:PORT");
  *colon = 0;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(colon + 1))};
  if (inet_pton(AF_INET, arguments[1], &address.sin_addr) != 1) fail(arguments[1]);
  read_requests(arguments[2]);
  int connections = atoi(arguments[3]);
  window = (unsigned)atoi(arguments[4]);
  double seconds = atof(arguments[5]);
  int poll = epoll_create1(0);
  connection *all = calloc((size_t)connections, sizeof *all);
  for (int i = 0; i < connections; i++) {
    connection *c = &all[i];
    c->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(c->socket, (struct sockaddr *)&address, sizeof address) < 0) fail("connect");
    int one = 1;
    setsockopt(c->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(c->socket, F_SETFL, O_NONBLOCK);
    c->next = (size_t)i * line_count / (size_t)connections;
    c->sent = calloc(window, sizeof *c->sent);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, c->socket, &event) < 0) fail("epoll_ctl");
    send_more(c);
  }
  /* Machines are made at the first request of each loop: that is not measured. */
  int64_t begin = now() + 300000000, end = begin + (int64_t)(seconds * 1e9), time;
  int warm = 0;
  while ((time = now()) < end) {
    if (!warm && time >= begin) warm = 1, begin = time, replies = 0, time_count = 0;
    struct epoll_event events[64];
    int ready = epoll_wait(poll, events, 64, 100);
    for (int i = 0; i < ready; i++) {
      connection *c = events[i].data.ptr;
      int wanted = c->wants_out;
      if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive(c);
      send_more(c);
      if (wanted != c->wants_out) {
        struct epoll_event event = {.events = EPOLLIN | (c->wants_out ? EPOLLOUT : 0), .data.ptr = c};
        epoll_ctl(poll, EPOLL_CTL_MOD, c->socket, &event);
      }
    }
  }
  double took = (double)(now() - begin) / 1e9;
  qsort(times, time_count, sizeof *times, compare);
  if (!time_count) fail("no reply");
  printf("%.0f %.1f %.1f\n", (double)replies / took, times[time_count / 2] / 10.0, times[time_count - 1 - time_count / 100] / 10.0);
  return 0;
}
