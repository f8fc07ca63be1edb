#include "bson.h"

/* A batch of documents into columns.
 *
 * `raw` holds the documents one behind the other, `sizes` the length of each. Numbers go to
 * `block`, row by row, the times behind them. Of a row that is not read (`read` is 0) only its
 * place is kept: no identifier, whatever numbers.
 *
 * Returns how many rows were read.
 */
EXPORTED int64_t sprue_bson_columns(struct reader *reader, const char *raw, const int64_t *sizes,
                                    int64_t rows, double *block) {
  const uint8_t *document = (const uint8_t *)raw;
  int64_t width = reader->width, read = 0;
  int64_t *times = (int64_t *)(void *)(block + rows * width);
  const uint64_t missing = UINT64_C(0x7ff8000000000000); /* numpy's NaN */
  reader->ids_used = 0;
  reader->unknown_count = 0;
  if (rows > reader->row_room) return -1;
  for (int64_t i = 0; i < rows; i++) {
    struct row row;
    row.numbers = block + i * width;
    row.time = times + i;
    row.unknown_count = 0;
    for (int k = 0; k < NAMES; k++) row.names[k] = (struct found){0, 0, BSON_NULL};
    for (int64_t k = 0; k < width; k++) memcpy(row.numbers + k, &missing, sizeof missing);
    *row.time = reader->no_time;
    int good = read_document(reader, document, sizes[i], &row) && put_names(reader, document, &row, i);
    reader->read[i] = (uint8_t)good;
    read += good;
    if (good) {
      for (int32_t k = 0; k < row.unknown_count; k++) {
        int32_t key = row.unknown[k];
        if (!reader->unknown[key]++) reader->unknown_in[reader->unknown_count++] = key;
      }
    } else {
      for (int k = 0; k < NAMES - 1; k++) reader->codes[k * reader->row_room + i] = 0;
    }
    /* The caller leaves room for every final NUL. */
    reader->ids[reader->ids_used++] = 0;
    document += sizes[i];
  }
  return read;
}

/* Bytes of the structures Python fills, to be compared with what it takes them for. */
EXPORTED int32_t sprue_bson_size(int32_t which) {
  switch (which) {
  case 0:
    return (int32_t)sizeof(struct reader);
  case 1:
    return (int32_t)sizeof(struct key);
  case 2:
    return (int32_t)sizeof(struct target);
  default:
    return (int32_t)sizeof(struct text);
  }
}
