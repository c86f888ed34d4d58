/* The clock behind the counted budgets: see watchdog.c. */
#ifndef REMIT_WATCHDOG_H
#define REMIT_WATCHDOG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct remit_vm;

typedef struct remit_watch {
  /* Odd while something runs that must end in time; each run has a number of its own. */
  _Atomic uint64_t run;
  _Atomic uint64_t overdue;   /* the run that has to stop */
  _Atomic uint32_t milliseconds;  /* of the thread's processor time */
  _Atomic pid_t thread;       /* the watching thread may read both while the next run sets them anew */
  bool hooked;                /* the signal has set the hook; written and read on the machine's own thread */
  /* Of the watching thread alone. */
  uint64_t seen;
  uint64_t seen_at;
  struct remit_vm *next, *previous;
} remit_watch;

/* False where the watching thread cannot be started. */
bool remit_watch_add(struct remit_vm *vm);
void remit_watch_remove(struct remit_vm *vm);
/* Around every protected call that runs a policy's text. */
void remit_watch_begin(struct remit_vm *vm, uint32_t milliseconds);
void remit_watch_end(struct remit_vm *vm);
/* True once the run has used up its time: for loops in C, which no hook interrupts. */
bool remit_watch_is_over(const remit_watch *watch);

#endif
