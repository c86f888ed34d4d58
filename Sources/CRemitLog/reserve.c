#define _GNU_SOURCE
#include "remit_log.h"

#include <errno.h>
#include <fcntl.h>

int remit_log_reserve(int file, int64_t offset, int64_t count) {
  int status;
  do status = fallocate(file, FALLOC_FL_KEEP_SIZE, offset, count);
  while (status && errno == EINTR);
  return status ? errno : 0;
}
