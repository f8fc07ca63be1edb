#include "bson.h"

/* UTF-8 as Python reads it: shortest forms only, no surrogates, nothing beyond U+10FFFF. */
int is_utf8(const uint8_t *text, size_t size) {
  size_t i = 0;
  while (i < size) {
    if (size - i >= 8) {
      uint64_t eight;
      memcpy(&eight, text + i, 8);
      if (!(eight & UINT64_C(0x8080808080808080))) {
        i += 8;
        continue;
      }
    }
    uint8_t lead = text[i];
    if (lead < 0x80) {
      i++;
      continue;
    }
    size_t more;
    uint8_t low = 0x80, high = 0xbf; /* what the second byte may be */
    if (lead >= 0xc2 && lead <= 0xdf) {
      more = 1;
    } else if (lead >= 0xe0 && lead <= 0xef) {
      more = 2;
      if (lead == 0xe0) low = 0xa0;
      if (lead == 0xed) high = 0x9f;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
      more = 3;
      if (lead == 0xf0) low = 0x90;
      if (lead == 0xf4) high = 0x8f;
    } else {
      return 0;
    }
    if (size - i <= more || text[i + 1] < low || text[i + 1] > high) return 0;
    for (size_t k = 2; k <= more; k++) {
      if ((text[i + k] & 0xc0) != 0x80) return 0;
    }
    i += more + 1;
  }
  return 1;
}

/* Whether a text of valid UTF-8 certainly holds more than white space.
 *
 * All white space beyond ASCII begins with one of four bytes, which other letters share: a
 * text of nothing but those is left to the careful reader.
 */
int surely_not_blank(const uint8_t *text, size_t size) {
  for (size_t i = 0; i < size; i++) {
    uint8_t c = text[i];
    if (c > 0x20 && c < 0x7f) return 1;
    if (c >= 0xc3 && c != 0xe1 && c != 0xe2 && c != 0xe3) return 1;
  }
  return 0;
}

static uint32_t decimal(int64_t value, uint8_t *out) {
  uint8_t digits[20];
  uint32_t count = 0, size = 0;
  uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
  do {
    digits[count++] = (uint8_t)('0' + rest % 10);
    rest /= 10;
  } while (rest);
  if (value < 0) out[size++] = '-';
  while (count) out[size++] = digits[--count];
  return size;
}

static uint32_t hexadecimal(const uint8_t *bytes, uint32_t count, uint8_t *out) {
  static const char DIGITS[] = "0123456789abcdef";
  for (uint32_t i = 0; i < count; i++) {
    out[2 * i] = (uint8_t)DIGITS[bytes[i] >> 4];
    out[2 * i + 1] = (uint8_t)DIGITS[bytes[i] & 15];
  }
  return 2 * count;
}

/* A name as text: where it begins and its size; 0 where it is empty or needs a closer look.
 *
 * `scratch` has room for 40 bytes. Texts are not checked.
 */
uint32_t text_of(const uint8_t *raw, struct found value, uint8_t *scratch, const uint8_t **text) {
  const uint8_t *at = raw + value.at;
  *text = scratch;
  switch (value.type) {
  case BSON_STRING:
    *text = at;
    return value.size <= LONGEST_TEXT ? value.size : 0;
  case BSON_OBJECT_ID:
    return hexadecimal(at, 12, scratch);
  case BSON_INT32:
    return decimal((int32_t)load_u32(at), scratch);
  case BSON_INT64:
    return decimal(load_i64(at), scratch);
  case BSON_DOUBLE: {
    double whole = load_double(at);
    if (!(whole > -9e15 && whole < 9e15) || whole != (double)(int64_t)whole) return 0;
    return decimal((int64_t)whole, scratch);
  }
  case BSON_BINARY: { /* length, subtype, bytes */
    static const uint32_t PARTS[] = {4, 2, 2, 2, 6};
    uint32_t size = 0;
    if (value.size != 21 || at[4] != 4) return 0;
    at += 5;
    for (uint32_t i = 0; i < 5; i++) {
      if (i) scratch[size++] = '-';
      size += hexadecimal(at, PARTS[i], scratch + size);
      at += PARTS[i];
    }
    return size;
  }
  default:
    return 0;
  }
}
