/* System calls of the decision log that Swift's view of the C library lacks. */
#ifndef REMIT_LOG_H
#define REMIT_LOG_H

#include <stdint.h>

/* Sets room aside on the disk for `count` bytes of a file from `offset` on, behind its end too, which stays where it is.
 * Returns 0 or the system's error. */
int remit_log_reserve(int file, int64_t offset, int64_t count);

#endif
