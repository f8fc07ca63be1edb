/* Reading raw BSON into columns: what the files bson_*.c share.
 *
 * The compiled reader accepts only documents it is sure about. Anything else it leaves to the
 * careful reader, which alone decides what is wrong with a document.
 *
 * Keys are learnt: every path of keys met so far is an entry of one table, and each entry
 * remembers which one followed it last time. Senders repeat themselves, so that most keys are
 * recognised by one comparison, without being searched for, hashed or checked again.
 */
#ifndef SPRUE_BSON_H
#define SPRUE_BSON_H

#include <string.h>

#include "sprue.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "BSON is little-endian and so must be the machine"
#endif

enum bson_type {
  BSON_DOUBLE = 0x01,
  BSON_STRING = 0x02,
  BSON_DOCUMENT = 0x03,
  BSON_ARRAY = 0x04,
  BSON_BINARY = 0x05,
  BSON_OBJECT_ID = 0x07,
  BSON_BOOLEAN = 0x08,
  BSON_DATE = 0x09,
  BSON_NULL = 0x0a,
  BSON_INT32 = 0x10,
  BSON_TIMESTAMP = 0x11,
  BSON_INT64 = 0x12,
  BSON_DECIMAL = 0x13
};

/* What a key means. The numbers stand in ingest/compiled_reader.py, too. */
enum key_kind {
  KEY_IGNORED = 0, /* named by the profile but not read, or inside what nobody reads */
  KEY_UNKNOWN = 1, /* not named by the profile: counted */
  KEY_PARENT = 2,  /* a sub-document with fields that are read */
  KEY_READ = 3
};

enum target_kind { TARGET_NUMBER = 0, TARGET_TIME = 1, TARGET_NAME = 2 };

enum name { NAME_ID = 0, NAME_MAKER = 1, NAME_FACILITY = 2, NAME_ITEM = 3, NAMES = 4 };

enum { NONE = -1, LONGEST_TEXT = 255, LONGEST_KEY = 255 };

/* One key of one (sub-)document. */
struct key {
  uint64_t seen; /* the document that held it last, so that a second one is noticed */
  uint32_t hash;
  uint32_t at; /* its text, with the final NUL */
  uint32_t size;
  int32_t parent;
  int32_t next;  /* the key that followed it last time */
  int32_t first; /* the first key inside it last time */
  int32_t kind;
  int32_t target;
};

/* Where a value goes; `also` is the next target of the same key. */
struct target {
  int32_t kind;
  int32_t column;
  int32_t also;
};

struct text {
  uint32_t hash;
  uint32_t at;
  uint32_t size;
};

/* Texts kept in the order they came; `slots` finds them by hash, its size a power of two. */
struct store {
  uint8_t *bytes;
  uint32_t *slots;
  uint32_t used, room;
  uint32_t count, capacity;
  uint32_t mask;
};

/* All the arrays of one reader; the caller owns them. */
struct reader {
  struct store key_store;
  struct store text_store;
  struct key *keys;
  struct text *texts; /* the first one stands for a missing text */
  const struct target *targets;
  int64_t *unknown;    /* documents that held each key, where it is an unknown one */
  int32_t *unknown_in; /* the unknown keys met in this call */
  uint8_t *ids;        /* identifiers, each with a NUL behind it */
  int64_t *codes;      /* maker, facility, item of each row as places in `texts` */
  uint8_t *read;       /* which rows were read */
  uint64_t documents;  /* documents and sub-documents met so far */
  int64_t ids_used, ids_room;
  int64_t row_room; /* rows that `read`, and each column of `codes`, have room for */
  int64_t unknown_count;
  int64_t width; /* number columns */
  int64_t most_bytes;
  int64_t largest;
  int64_t first_time, last_time, no_time;
};

/* A name's value as it lies in the document. */
struct found {
  uint32_t at;
  uint32_t size;
  uint8_t type;
};

/* One document being read. */
struct row {
  double *numbers;
  int64_t *time;
  struct found names[NAMES];
  int32_t unknown[64];
  int32_t unknown_count;
};

static inline uint32_t load_u32(const uint8_t *at) {
  uint32_t value;
  memcpy(&value, at, sizeof value);
  return value;
}

static inline uint64_t load_u64(const uint8_t *at) {
  uint64_t value;
  memcpy(&value, at, sizeof value);
  return value;
}

static inline int64_t load_i64(const uint8_t *at) {
  int64_t value;
  memcpy(&value, at, sizeof value);
  return value;
}

static inline double load_double(const uint8_t *at) {
  double value;
  memcpy(&value, at, sizeof value);
  return value;
}

/* Like !memcmp, of texts too short to be worth a call. */
static inline int is_same(const uint8_t *one, const uint8_t *other, size_t size) {
  if (size >= 8) {
    size_t last = size - 8;
    for (size_t i = 0; i < last; i += 8) {
      if (load_u64(one + i) != load_u64(other + i)) return 0;
    }
    return load_u64(one + last) == load_u64(other + last);
  }
  if (size >= 4) {
    return load_u32(one) == load_u32(other) && load_u32(one + size - 4) == load_u32(other + size - 4);
  }
  for (size_t i = 0; i < size; i++) {
    if (one[i] != other[i]) return 0;
  }
  return 1;
}

/* bson_text.c */
int is_utf8(const uint8_t *text, size_t size);
int surely_not_blank(const uint8_t *text, size_t size);
uint32_t text_of(const uint8_t *raw, struct found value, uint8_t *scratch, const uint8_t **text);

/* bson_keys.c */
uint32_t hash_of(const uint8_t *text, size_t size, uint32_t start);
int32_t find_key(struct reader *reader, int32_t parent, int32_t last, const uint8_t *key, size_t room);

/* bson_names.c */
int put_names(struct reader *reader, const uint8_t *raw, const struct row *row, int64_t at);

/* bson_walk.c */
int read_document(struct reader *reader, const uint8_t *raw, int64_t size, struct row *row);

#endif
