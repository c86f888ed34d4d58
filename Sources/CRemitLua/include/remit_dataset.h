/* A dataset: the typed rows of a CSV file, made once and then read by any number of machines on any threads. No Lua. */
#ifndef REMIT_DATASET_H
#define REMIT_DATASET_H

#include "remit_json.h"

/* Immutable but for the indexes that it is asked for. Whoever holds it frees it, after every machine that was handed it is gone. */
typedef struct remit_dataset remit_dataset;

/* Takes a file's records one by one. It belongs to the machine that asks for the dataset, and is valid during that question. */
typedef struct remit_dataset_builder remit_dataset_builder;

/* What was declared, as bytes: columns, types, bounds, options. The same file under equal bytes gives the same dataset. */
remit_slice remit_dataset_builder_declaration(const remit_dataset_builder *builder);

/* Takes the next record, the header first. `number` is its row in the file, from 1; field i ends before `bytes[ends[i]]`. Every
 * field is UTF-8, and every record has as many as the first. False where it is refused: the builder knows why and takes no more. */
bool remit_dataset_builder_add(
  remit_dataset_builder *builder, int64_t number, const uint8_t *bytes, const intptr_t *ends, size_t count);

/* Behind the last record. NULL where the file is refused. */
remit_dataset *remit_dataset_builder_finish(remit_dataset_builder *builder);

void remit_dataset_free(remit_dataset *dataset);

size_t remit_dataset_rows(const remit_dataset *dataset);
/* What it holds in memory, without its indexes, and what these hold. */
size_t remit_dataset_bytes(const remit_dataset *dataset);
size_t remit_dataset_index_bytes(remit_dataset *dataset);

#endif
