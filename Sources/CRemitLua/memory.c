#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "machine.h"

/* Requests refused in one decision before the machine gives up on it. Each refusal makes Lua collect everything and ask again,
 * so a policy that lives at the limit would otherwise collect at every step. */
enum { REFUSALS_MAX = 32, CHUNK_BYTES = 16 * 1024 };

/* Behind every block, so that a short text may be read as a whole block of 16 bytes. */
enum { READABLE_BYTES = 16 };

static inline size_t block_list(size_t size) { return (size - 1) / REMIT_BLOCK_STEP; }

/* The peak is noted where memory comes from the system: what the free lists give was there before. */
static void *from_system(remit_memory *memory, size_t size) {
  if (memory->bytes + size > memory->peak) memory->peak = memory->bytes + size;
  return malloc(size);
}

static void *cut_small(remit_memory *memory, size_t rounded) {
  if ((size_t)(memory->chunk_end - memory->chunk_at) < rounded) {
    uint8_t *chunk = from_system(memory, CHUNK_BYTES + READABLE_BYTES);
    if (!chunk) return NULL;
    *(void **)chunk = memory->chunks;
    memory->chunks = chunk;
    memory->chunk_at = chunk + REMIT_BLOCK_STEP;
    memory->chunk_end = chunk + CHUNK_BYTES;
  }
  void *block = memory->chunk_at;
  memory->chunk_at += rounded;
  return block;
}

static inline void *take(remit_memory *memory, size_t size) {
  if (size > REMIT_BLOCK_MAX) return from_system(memory, size);
  size_t list = block_list(size);
  void *block = memory->free_lists[list];
  if (!block) return cut_small(memory, (list + 1) * REMIT_BLOCK_STEP);
  memory->free_lists[list] = *(void **)block;
  return block;
}

static inline void give(remit_memory *memory, void *block, size_t size) {
  if (size > REMIT_BLOCK_MAX) {
    free(block);
    return;
  }
  size_t list = block_list(size);
  *(void **)block = memory->free_lists[list];
  memory->free_lists[list] = block;
}

/* True where `more` bytes would pass the limit. */
static inline bool refused(remit_memory *memory, size_t more) {
  if (__builtin_expect(memory->bytes + more <= memory->limit, 1)) return false;
  if (++memory->refusals >= REFUSALS_MAX) memory->limit = 0;
  return true;
}

static void *resize(remit_memory *memory, void *block, size_t old_size, size_t new_size) {
  if (new_size > old_size && refused(memory, new_size - old_size)) return NULL;
  void *fresh = block;
  if (old_size > REMIT_BLOCK_MAX && new_size > REMIT_BLOCK_MAX) {
    if (new_size > old_size && memory->bytes + new_size - old_size > memory->peak)
      memory->peak = memory->bytes + new_size - old_size;
    fresh = realloc(block, new_size);
    if (!fresh && new_size > old_size) return NULL;
    if (!fresh) fresh = block;
  } else if (old_size > REMIT_BLOCK_MAX || new_size > REMIT_BLOCK_MAX || block_list(old_size) != block_list(new_size)) {
    fresh = take(memory, new_size);
    if (!fresh) return NULL;  /* Lua cannot stand a failed shrink; it happens only where the system itself has no memory */
    memcpy(fresh, block, old_size < new_size ? old_size : new_size);
    give(memory, block, old_size);
  }
  memory->bytes += new_size;
  memory->bytes -= old_size;
  return fresh;
}

void *remit_allocate(void *context, void *block, size_t old_size, size_t new_size) {
  remit_memory *memory = context;
  if (!block) {               /* then `old_size` is the kind of object */
    if (new_size == 0 || refused(memory, new_size)) return NULL;
    void *fresh = take(memory, new_size);
    if (__builtin_expect(fresh != NULL, 1)) memory->bytes += new_size;
    return fresh;
  }
  if (new_size) return resize(memory, block, old_size, new_size);
  memory->bytes -= old_size;
  give(memory, block, old_size);
  return NULL;
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

void remit_return_large_blocks(void) {
  /* Without this the bound grows with the largest block that was freed, and later ones of that size stay in the heap. */
  mallopt(M_MMAP_THRESHOLD, 128 * 1024);
  mallopt(M_TRIM_THRESHOLD, 1024 * 1024);
}
