#include "bson.h"

enum { MOST_LEVELS = 48, ODD = 0xff };

/* A document or array that is being walked through. */
struct level {
  uint64_t document;
  uint32_t end; /* place of its final NUL */
  int32_t parent;
  int32_t last;
  int32_t is_array;
};

/* Bytes of a value by its type; ODD where the value says it itself, or where it is rare. */
static inline uint32_t fixed_size(uint8_t type) {
  static const uint8_t SIZES[] = {
      ODD, 8, ODD, ODD, ODD, ODD, ODD, 12, 1, 8, 0, ODD, ODD, ODD, ODD, ODD, 4, 8, 8, 16,
  };
  return type < sizeof SIZES ? SIZES[type] : ODD;
}

/* One value into its column; 0 where it needs a closer look. */
static inline int put(const struct reader *reader, struct row *row, const uint8_t *raw, int32_t target,
                      struct found value) {
  const uint8_t *at = raw + value.at;
  for (; target != NONE; target = reader->targets[target].also) {
    const struct target *to = reader->targets + target;
    if (to->kind == TARGET_NAME) {
      row->names[to->column] = value;
      continue;
    }
    int64_t whole = 0;
    switch (value.type) {
    case BSON_NULL:
      continue;
    case BSON_DOUBLE: {
      double number = load_double(at);
      if (to->kind == TARGET_NUMBER) {
        if (number > (double)reader->largest || number < -(double)reader->largest) return 0;
        memcpy(row->numbers + to->column, at, sizeof number); /* any NaN as it came */
        continue;
      }
      if (!(number >= (double)reader->first_time && number < (double)reader->last_time)) return 0;
      whole = (int64_t)number;
      break;
    }
    case BSON_INT32:
      whole = (int32_t)load_u32(at);
      break;
    case BSON_INT64:
      whole = load_i64(at);
      break;
    case BSON_DATE:
      if (to->kind != TARGET_TIME) return 0;
      whole = load_i64(at);
      break;
    default:
      return 0;
    }
    if (to->kind == TARGET_NUMBER) {
      if (whole > reader->largest || whole < -reader->largest) return 0;
      row->numbers[to->column] = (double)whole;
    } else {
      if (whole < reader->first_time || whole >= reader->last_time) return 0;
      *row->time = whole;
    }
  }
  return 1;
}

/* The values of one document of `size` bytes; 0 where it needs a closer look.
 *
 * Whatever is returned, `row` may have been written to. Every place read lies before the end
 * of the innermost document around it, and that end was checked when it was entered.
 */
int read_document(struct reader *reader, const uint8_t *raw, int64_t size, struct row *row) {
  struct level levels[MOST_LEVELS];
  struct level *level = levels;
  uint32_t at = 4;
  if (size < 5 || size > reader->most_bytes || load_u32(raw) != size || raw[size - 1]) return 0;
  *level = (struct level){++reader->documents, (uint32_t)size - 1, 0, NONE, 0};
  for (;;) {
    if (at == level->end) {
      at++;
      if (level == levels) return 1;
      level--;
      continue;
    }
    struct found value = {0, 0, raw[at++]};
    struct key *key = NULL;
    int32_t kind = KEY_IGNORED, inside = level->parent;
    uint32_t room = level->end - at; /* the final NUL not counted */
    if (level->is_array) {
      const uint8_t *end = memchr(raw + at, 0, room);
      if (!end) return 0;
      at = (uint32_t)(end - raw) + 1;
    } else {
      int32_t guess = level->last == NONE ? reader->keys[inside].first : reader->keys[level->last].next;
      if (guess == NONE || reader->keys[guess].parent != inside || reader->keys[guess].size >= room ||
          !is_same(reader->key_store.bytes + reader->keys[guess].at, raw + at,
                   reader->keys[guess].size + 1)) {
        guess = find_key(reader, inside, level->last, raw + at, room);
        if (guess == NONE) return 0;
      }
      key = reader->keys + guess;
      if (key->seen == level->document) return 0; /* twice */
      key->seen = level->document;
      level->last = inside = guess;
      kind = key->kind;
      at += key->size + 1;
    }
    room = level->end - at;
    value.at = at;
    value.size = fixed_size(value.type);
    if (kind == KEY_PARENT && value.type != BSON_DOCUMENT && value.type != BSON_NULL) return 0;
    if (kind == KEY_UNKNOWN) {
      if (row->unknown_count == sizeof row->unknown / sizeof *row->unknown) return 0;
      row->unknown[row->unknown_count++] = inside;
    }
    if (value.size == ODD) {
      if (room < 4) return 0;
      uint32_t told = load_u32(raw + at);
      switch (value.type) {
      case BSON_STRING:
        if (!told || told > room - 4 || raw[at + 4 + told - 1]) return 0;
        value.at = at + 4;
        value.size = told - 1;
        if (kind != KEY_READ && !is_utf8(raw + value.at, value.size)) return 0;
        at = value.at + told;
        break;
      case BSON_DOCUMENT:
      case BSON_ARRAY:
        if (kind == KEY_READ || told < 5 || told > room || raw[at + told - 1]) return 0;
        if (level == levels + MOST_LEVELS - 1) return 0;
        *++level = (struct level){++reader->documents, at + told - 1, inside, NONE, value.type == BSON_ARRAY};
        at += 4;
        continue;
      case BSON_BINARY:
        /* Plain bytes and UUIDs; the other subtypes have rules of their own. */
        if (room < 5 || told > room - 5) return 0;
        if (raw[at + 4] != 0 && (raw[at + 4] != 4 || told != 16)) return 0;
        value.size = told + 5;
        at += value.size;
        break;
      default:
        return 0;
      }
    } else {
      if (value.size > room) return 0;
      if (value.type == BSON_BOOLEAN && raw[at] > 1) return 0;
      at += value.size;
    }
    if (kind == KEY_READ && !put(reader, row, raw, key->target, value)) return 0;
  }
}
