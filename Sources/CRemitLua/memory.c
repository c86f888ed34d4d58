#include <stdlib.h>
#include <string.h>

#include "machine.h"

/* Requests refused in one decision before the machine gives up on it. Each refusal makes Lua collect everything and ask again,
 * so a policy that lives at the limit would otherwise collect at every step. */
enum { REFUSALS_MAX = 32, CHUNK_BYTES = 16 * 1024 };

static inline size_t block_list(size_t size) { return (size - 1) / REMIT_BLOCK_STEP; }

static void *take_small(remit_memory *memory, size_t size) {
  size_t list = block_list(size);
  void *block = memory->free_lists[list];
  if (block) {
    memory->free_lists[list] = *(void **)block;
    return block;
  }
  size_t rounded = (list + 1) * REMIT_BLOCK_STEP;
  if ((size_t)(memory->chunk_end - memory->chunk_at) < rounded) {
    uint8_t *chunk = malloc(CHUNK_BYTES);
    if (!chunk) return NULL;
    *(void **)chunk = memory->chunks;
    memory->chunks = chunk;
    memory->chunk_at = chunk + REMIT_BLOCK_STEP;
    memory->chunk_end = chunk + CHUNK_BYTES;
  }
  block = memory->chunk_at;
  memory->chunk_at += rounded;
  return block;
}

static inline void give_small(remit_memory *memory, void *block, size_t size) {
  size_t list = block_list(size);
  *(void **)block = memory->free_lists[list];
  memory->free_lists[list] = block;
}

static bool refused(remit_memory *memory, size_t old_size, size_t new_size) {
  if (new_size <= old_size) return false;
  if (memory->refusals < REFUSALS_MAX && memory->bytes - old_size + new_size <= memory->limit) return false;
  memory->refusals++;
  return true;
}

void *remit_allocate(void *context, void *block, size_t old_size, size_t new_size) {
  remit_memory *memory = context;
  if (!block) {
    if (new_size == 0) return NULL;
    if (refused(memory, 0, new_size)) return NULL;
    void *fresh = new_size <= REMIT_BLOCK_MAX ? take_small(memory, new_size) : malloc(new_size);
    if (!fresh) return NULL;
    memory->bytes += new_size;
    if (memory->bytes > memory->peak) memory->peak = memory->bytes;
    return fresh;
  }
  if (new_size == 0) {
    memory->bytes -= old_size;
    if (old_size == 0) free(block);
    else if (old_size <= REMIT_BLOCK_MAX) give_small(memory, block, old_size);
    else free(block);
    return NULL;
  }
  if (refused(memory, old_size, new_size)) return NULL;
  void *fresh;
  if (old_size > REMIT_BLOCK_MAX && new_size > REMIT_BLOCK_MAX) {
    fresh = realloc(block, new_size);
    if (!fresh) return new_size <= old_size ? block : NULL;
  } else if (old_size <= REMIT_BLOCK_MAX && new_size <= REMIT_BLOCK_MAX && block_list(old_size) == block_list(new_size)) {
    fresh = block;
  } else {
    fresh = new_size <= REMIT_BLOCK_MAX ? take_small(memory, new_size) : malloc(new_size);
    if (!fresh) return NULL;  /* Lua cannot stand a failed shrink; it happens only where the system itself has no memory */
    memcpy(fresh, block, old_size < new_size ? old_size : new_size);
    if (old_size <= REMIT_BLOCK_MAX) give_small(memory, block, old_size);
    else free(block);
  }
  memory->bytes += new_size;
  memory->bytes -= old_size;
  if (memory->bytes > memory->peak) memory->peak = memory->bytes;
  return fresh;
}

void remit_memory_free(remit_memory *memory) {
  void *chunk = memory->chunks;
  while (chunk) {
    void *next = *(void **)chunk;
    free(chunk);
    chunk = next;
  }
  memory->chunks = NULL;
}
