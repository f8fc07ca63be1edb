#include "bson.h"

/* Of a short text, eight bytes at a time; the last ones may be taken twice. */
uint32_t hash_of(const uint8_t *text, size_t size, uint32_t start) {
  const uint64_t factor = UINT64_C(0x9e3779b97f4a7c15);
  uint64_t hash = ((uint64_t)start << 32 | (uint32_t)size) * factor;
  size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    hash = (hash ^ load_u64(text + i)) * factor;
    hash ^= hash >> 29;
  }
  uint64_t rest = 0;
  if (size >= 8) {
    rest = load_u64(text + size - 8);
  } else if (size >= 4) {
    rest = (uint64_t)load_u32(text) << 32 | load_u32(text + size - 4);
  } else {
    for (; i < size; i++) rest = rest << 8 | text[i];
  }
  hash = (hash ^ rest) * factor;
  return (uint32_t)(hash >> 32) ^ (uint32_t)(hash >> 15);
}

/* How far a slot is searched for: whoever makes keys collide on purpose gains no more time. */
enum { MOST_PROBES = 64 };

static int32_t add_key(struct reader *reader, int32_t parent, const uint8_t *key, size_t size,
                       uint32_t hash, uint32_t slot, int32_t kind, int32_t target) {
  struct store *store = &reader->key_store;
  /* `$` may make a sub-document decode as something else. */
  if (size > LONGEST_KEY || key[0] == '$' || !is_utf8(key, size)) return NONE;
  if (store->count >= store->capacity || store->room - store->used <= size) return NONE;
  int32_t index = (int32_t)store->count++;
  reader->keys[index] = (struct key){0, hash, store->used, (uint32_t)size, parent, NONE, NONE, kind, target};
  memcpy(store->bytes + store->used, key, size + 1);
  store->used += (uint32_t)size + 1;
  store->slots[slot] = (uint32_t)index + 1;
  reader->unknown[index] = 0;
  return index;
}

/* The place of a key in the table, learnt where it is new; `slot` is a free one then. */
static int32_t search(const struct reader *reader, int32_t parent, const uint8_t *key, size_t size,
                      uint32_t hash, uint32_t *slot) {
  const struct store *store = &reader->key_store;
  *slot = hash & store->mask;
  for (int probe = 0; probe < MOST_PROBES; probe++, *slot = (*slot + 1) & store->mask) {
    uint32_t taken = store->slots[*slot];
    if (!taken) return NONE;
    const struct key *one = reader->keys + taken - 1;
    if (one->hash == hash && one->parent == parent && one->size == size &&
        is_same(store->bytes + one->at, key, size)) {
      return (int32_t)taken - 1;
    }
  }
  *slot = store->mask + 1;
  return NONE;
}

/* The entry of the key that begins at `key`, NONE where it needs a closer look.
 *
 * `room` bytes may be read; `last` is the key before it in the same document, or NONE.
 */
int32_t find_key(struct reader *reader, int32_t parent, int32_t last, const uint8_t *key, size_t room) {
  const uint8_t *end = memchr(key, 0, room);
  if (!end) return NONE;
  size_t size = (size_t)(end - key);
  uint32_t slot, hash = hash_of(key, size, (uint32_t)parent);
  int32_t index = search(reader, parent, key, size, hash, &slot);
  if (index == NONE) {
    if (slot > reader->key_store.mask) return NONE;
    int32_t kind = reader->keys[parent].kind == KEY_PARENT ? KEY_UNKNOWN : KEY_IGNORED;
    index = add_key(reader, parent, key, size, hash, slot, kind, NONE);
    if (index == NONE) return NONE;
  }
  if (last == NONE) {
    reader->keys[parent].first = index;
  } else {
    reader->keys[last].next = index;
  }
  return index;
}

/* Enter a key the profile names, before any document is read; its place, or NONE.
 *
 * The first key, of parent NONE, stands for the whole document. One that is there already
 * keeps its place and gets the new meaning.
 */
EXPORTED int32_t sprue_bson_add_key(struct reader *reader, int32_t parent, const char *name,
                                    int32_t size, int32_t kind, int32_t target) {
  const uint8_t *key = (const uint8_t *)name;
  uint32_t slot, hash = hash_of(key, (size_t)size, (uint32_t)parent);
  int32_t index = search(reader, parent, key, (size_t)size, hash, &slot);
  if (index == NONE) {
    if (slot > reader->key_store.mask) return NONE;
    return add_key(reader, parent, key, (size_t)size, hash, slot, kind, target);
  }
  reader->keys[index].kind = kind;
  reader->keys[index].target = target;
  return index;
}
