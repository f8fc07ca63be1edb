#include "bson.h"

enum { MOST_PROBES = 64 };

/* The place of a text in the table, learnt where it is new; 0 where it needs a closer look. */
static int64_t code_of(struct reader *reader, const uint8_t *text, uint32_t size) {
  struct store *store = &reader->text_store;
  uint32_t hash = hash_of(text, size, 0);
  uint32_t slot = hash & store->mask;
  for (int probe = 0; probe < MOST_PROBES; probe++, slot = (slot + 1) & store->mask) {
    uint32_t taken = store->slots[slot];
    if (taken) {
      const struct text *one = reader->texts + taken;
      if (one->hash == hash && one->size == size && is_same(store->bytes + one->at, text, size)) {
        return taken;
      }
      continue;
    }
    if (memchr(text, 0, size) || !is_utf8(text, size) || !surely_not_blank(text, size)) return 0;
    if (store->count >= store->capacity || store->room - store->used < size) return 0;
    reader->texts[store->count] = (struct text){hash, store->used, size};
    memcpy(store->bytes + store->used, text, size);
    store->used += size;
    store->slots[slot] = store->count;
    return store->count++;
  }
  return 0;
}

/* Maker, facility, item and identifier of row `at`; 0 where one of them needs a closer look. */
int put_names(struct reader *reader, const uint8_t *raw, const struct row *row, int64_t at) {
  uint8_t scratch[40];
  const uint8_t *text;
  uint32_t size;
  for (int name = NAME_MAKER; name < NAMES; name++) {
    struct found value = row->names[name];
    int64_t code = 0;
    int missing = value.type == BSON_NULL || (value.type == BSON_STRING && !value.size);
    if (missing ? name == NAME_FACILITY : 0) return 0;
    if (!missing) {
      size = text_of(raw, value, scratch, &text);
      code = size ? code_of(reader, text, size) : 0;
      if (!code) return 0;
    }
    reader->codes[(name - 1) * reader->row_room + at] = code;
  }
  size = text_of(raw, row->names[NAME_ID], scratch, &text);
  if (!size || reader->ids_room - reader->ids_used <= size) return 0;
  if (memchr(text, 0, size) || !is_utf8(text, size) || !surely_not_blank(text, size)) return 0;
  memcpy(reader->ids + reader->ids_used, text, size);
  reader->ids_used += size;
  return 1;
}
