#include "watchdog.h"

#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "machine.h"

/* Steps and bytes are counted, and they are what bites. But stock Lua does a few things in one instruction whose cost is that of
 * their operands: it compares two texts, however long, or follows a chain of __index tables. For these one thread looks every few
 * milliseconds at what the machines of the process are at. Where one has used up its time in a single run, it sends that
 * machine's thread a signal; the handler sets Lua's hook, as Lua's own interpreter does on an interrupt, and the hook raises the
 * error of the spent budget at the next instruction. Loops in C whose rounds may be slow (texts and keys of an input that collide
 * in Lua's hash, see seed.c) ask for themselves. A decision pays two stores for this. */

enum { TICK_NANOSECONDS = 5000000, IDLE_TICKS = 200 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static remit_vm *watched;     /* under the lock */
static bool started;          /* under the lock */
static _Atomic bool parked;
static _Thread_local pid_t thread_number;
/* What the handler looks at; of its own thread. */
static _Thread_local remit_vm *volatile running;

static int stop_signal(void) { return SIGRTMIN + 5; }

/* ---- On the machine's thread */

static void stop(lua_State *L, lua_Debug *ar) {
  (void)ar;
  lua_sethook(L, NULL, 0, 0);
  remit_budget_overdue(L);
}

static void on_signal(int signal) {
  (void)signal;
  remit_vm *vm = running;
  if (!vm) return;
  uint64_t run = atomic_load_explicit(&vm->watch.run, memory_order_relaxed);
  if (!(run & 1) || atomic_load_explicit(&vm->watch.overdue, memory_order_relaxed) != run) return;
  vm->watch.hooked = true;
  lua_sethook(vm->L, stop, LUA_MASKCOUNT, 1);
}

static void unpark(void) {
  pthread_mutex_lock(&lock);
  atomic_store(&parked, false);
  pthread_cond_signal(&wake);
  pthread_mutex_unlock(&lock);
}

/* A thread's first run. Threads of a pool, and those that one of them has started, may have all signals blocked; without this one
 * the clock could not end a decision on them. */
static void enter_thread(void) {
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, stop_signal());
  pthread_sigmask(SIG_UNBLOCK, &mask, NULL);
  thread_number = (pid_t)syscall(SYS_gettid);
}

void remit_watch_begin(remit_vm *vm, uint32_t milliseconds) {
  if (__builtin_expect(!thread_number, 0)) enter_thread();
  atomic_store_explicit(&vm->watch.thread, thread_number, memory_order_relaxed);
  atomic_store_explicit(&vm->watch.milliseconds, milliseconds, memory_order_relaxed);
  running = vm;
  uint64_t run = atomic_load_explicit(&vm->watch.run, memory_order_relaxed);
  atomic_store_explicit(&vm->watch.run, run + 1, memory_order_release);
  if (__builtin_expect(atomic_load_explicit(&parked, memory_order_relaxed), 0)) unpark();
}

void remit_watch_end(remit_vm *vm) {
  uint64_t run = atomic_load_explicit(&vm->watch.run, memory_order_relaxed);
  atomic_store_explicit(&vm->watch.run, run + 1, memory_order_release);
  atomic_signal_fence(memory_order_seq_cst);  /* from here on the handler leaves the machine alone */
  if (__builtin_expect(vm->watch.hooked, 0)) {
    lua_sethook(vm->L, NULL, 0, 0);
    vm->watch.hooked = false;
  }
  running = NULL;
}

bool remit_watch_is_over(const remit_watch *watch) {
  return atomic_load_explicit(&watch->overdue, memory_order_relaxed) == atomic_load_explicit(&watch->run, memory_order_relaxed);
}

/* ---- On the watching thread */

/* The kernel's own number of a thread's clock, as pthread_getcpuclockid makes it: unlike a handle, which is no more than an
 * address, it may be that of a thread that has ended since. 0 then. */
static uint64_t processor_nanoseconds(pid_t thread) {
  enum { PER_THREAD = 4, SCHEDULED = 2 };
  clockid_t clock = (clockid_t)(~(unsigned)thread << 3 | PER_THREAD | SCHEDULED);
  struct timespec now;
  if (clock_gettime(clock, &now) != 0) return 0;
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* True where the machine is at something. */
static bool look_at(remit_vm *vm) {
  remit_watch *watch = &vm->watch;
  uint64_t run = atomic_load_explicit(&watch->run, memory_order_acquire);
  bool moved = run != watch->seen;
  if (moved) {
    watch->seen = run;
    watch->seen_at = run & 1 ? processor_nanoseconds(watch->thread) : 0;
    return true;
  }
  if (!(run & 1)) return false;
  uint64_t now = processor_nanoseconds(watch->thread);
  if (watch->seen_at && now > watch->seen_at + (uint64_t)watch->milliseconds * 1000000u) {
    atomic_store(&watch->overdue, run);
    syscall(SYS_tgkill, getpid(), watch->thread, stop_signal());
  }
  return true;
}

static void *watch_all(void *unused) {
  (void)unused;
  unsigned idle = 0;
  for (;;) {
    struct timespec tick = {0, TICK_NANOSECONDS};
    nanosleep(&tick, NULL);
    pthread_mutex_lock(&lock);
    bool active = false;
    for (remit_vm *vm = watched; vm; vm = vm->watch.next) active |= look_at(vm);
    idle = active ? 0 : idle + 1;
    /* A run that began while this was written may not have seen it, but is seen by the next look. */
    if (idle == IDLE_TICKS || active) atomic_store(&parked, !active);
    if (idle > IDLE_TICKS) {
      while (atomic_load(&parked)) pthread_cond_wait(&wake, &lock);
      idle = 0;
    }
    pthread_mutex_unlock(&lock);
  }
  return NULL;
}

static bool start_watching(void) {
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
  sigemptyset(&action.sa_mask);
  if (sigaction(stop_signal(), &action, NULL) != 0) return false;
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);  /* the new thread takes no signals */
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, 64 * 1024);
  pthread_t thread;
  bool done = pthread_create(&thread, &attributes, watch_all, NULL) == 0;
  pthread_attr_destroy(&attributes);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return done;
}

bool remit_watch_add(remit_vm *vm) {
  pthread_mutex_lock(&lock);
  if (!started) started = start_watching();
  bool done = started;
  if (done) {
    vm->watch.next = watched;
    if (watched) watched->watch.previous = vm;
    watched = vm;
  }
  pthread_mutex_unlock(&lock);
  return done;
}

void remit_watch_remove(remit_vm *vm) {
  pthread_mutex_lock(&lock);
  if (vm->watch.previous) vm->watch.previous->watch.next = vm->watch.next;
  else if (watched == vm) watched = vm->watch.next;
  if (vm->watch.next) vm->watch.next->watch.previous = vm->watch.previous;
  pthread_mutex_unlock(&lock);
}
