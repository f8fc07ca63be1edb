/* The events of a change stream's reply, where each of their parts sits in its bytes.
 *
 * Nearly all events look alike: five fields in the server's order, the record's own name as
 * the only key. Those are measured here; any other is only pointed at, to be decoded.
 */
#include "sprue.h"

#include <string.h>

enum { EVENT_AT, EVENT_SIZE, TOKEN_AT, TOKEN_SIZE, OPERATION, DOCUMENT_AT, DOCUMENT_SIZE, NAME_AT, NAME_SIZE,
       SECONDS, INCREMENT, SPOTS };

enum { UNUSUAL = -1 };
enum { STRING = 0x02, DOCUMENT = 0x03, OBJECT_ID = 0x07 };
enum { SMALLEST_DOCUMENT = 5, OBJECT_ID_SIZE = 12 };

static uint32_t number_at(const uint8_t *raw, int64_t at) {
    return (uint32_t)raw[at] | (uint32_t)raw[at + 1] << 8 | (uint32_t)raw[at + 2] << 16
         | (uint32_t)raw[at + 3] << 24;
}

/* The place after the bytes `wanted` (their final NUL included), -1 where others stand. */
static int64_t after(const uint8_t *raw, int64_t at, int64_t end, const char *wanted, int64_t size) {
    if (at < 0 || end - at < size || memcmp(raw + at, wanted, (size_t)size) != 0) return UNUSUAL;
    return at + size;
}
#define AFTER(at, text) after(raw, at, end, text, (int64_t)sizeof(text))

/* Bytes of the document that begins here, its length included; -1 where it would pass `end`. */
static int64_t document_size(const uint8_t *raw, int64_t at, int64_t end) {
    if (at < 0 || end - at < SMALLEST_DOCUMENT) return UNUSUAL;
    int64_t size = number_at(raw, at);
    return size >= SMALLEST_DOCUMENT && size <= end - at && raw[at + size - 1] == 0 ? size : UNUSUAL;
}

/* Bytes of the plain text whose length stands here, without its NUL; -1 where it is none. */
static int64_t text_size(const uint8_t *raw, int64_t at, int64_t end) {
    if (at < 0 || end - at < 5) return UNUSUAL;
    int64_t size = (int64_t)number_at(raw, at) - 1;
    if (size < 0 || size > end - at - 5 || raw[at + 4 + size] != 0) return UNUSUAL;
    for (int64_t i = at + 4; i < at + 4 + size; i++)
        if (raw[i] == 0 || raw[i] > 0x7f) return UNUSUAL;
    return size;
}

static int64_t operation_of(const uint8_t *text, int64_t size) {
    static const char *const names[] = {"insert", "update", "replace"};
    for (int64_t i = 0; i < 3; i++)
        if ((int64_t)strlen(names[i]) == size && memcmp(text, names[i], (size_t)size) == 0) return i;
    return UNUSUAL;
}

/* The parts of the event that begins at `at` and ends at `end`; 0 where it is an unusual one. */
static int measure(const uint8_t *raw, int64_t at, int64_t end, int64_t *spot) {
    at = AFTER(at + 4, "\x03_id");
    at = document_size(raw, at, end) < 0 ? UNUSUAL : at + 4;
    at = AFTER(at, "\x02_data");
    int64_t size = text_size(raw, at, end);
    if (size < 1) return 0;
    spot[TOKEN_AT] = at + 4;
    spot[TOKEN_SIZE] = size;
    if (end - (at + 5 + size) < 1 || raw[at + 5 + size] != 0) return 0; /* more than `_data` */

    at = AFTER(at + 6 + size, "\x02operationType");
    size = text_size(raw, at, end);
    if (size < 0) return 0;
    spot[OPERATION] = operation_of(raw + at + 4, size);
    if (spot[OPERATION] < 0) return 0;

    at = AFTER(at + 5 + size, "\x11""clusterTime");
    if (at < 0 || end - at < 8) return 0;
    spot[INCREMENT] = number_at(raw, at);
    spot[SECONDS] = number_at(raw, at + 4);

    at = AFTER(at + 8, "\x03""fullDocument");
    size = document_size(raw, at, end);
    if (size < 0) return 0;
    spot[DOCUMENT_AT] = at;
    spot[DOCUMENT_SIZE] = size;

    at = AFTER(at + size, "\x03""documentKey");
    size = document_size(raw, at, end);
    if (size < 0 || at + size != end - 1) return 0; /* the last field, then the event's own NUL */
    int64_t name = AFTER(at + 4, "\x07_id");
    if (name >= 0) {
        spot[NAME_AT] = name;
        spot[NAME_SIZE] = UNUSUAL;
        return end - name == OBJECT_ID_SIZE + 2;
    }
    name = AFTER(at + 4, "\x02_id");
    size = text_size(raw, name, end);
    if (size < 0) return 0;
    spot[NAME_AT] = name + 4;
    spot[NAME_SIZE] = size;
    return end - name == 4 + size + 1 + 2;
}

/* Measure the documents of the array that begins at `at`.
 *
 * Returns how many there are, measured or not: no more than `capacity` rows of `spots` are
 * written. -1 where the bytes are no array of documents. An event's NAME_SIZE is -1 for an
 * object id; its OPERATION is -1 where it has to be decoded.
 */
EXPORTED int64_t sprue_events(const uint8_t *raw, int64_t length, int64_t at, int64_t *spots, int64_t capacity) {
    if (at < 0 || at > length) return -1;
    int64_t whole = document_size(raw, at, length);
    if (whole < 0) return -1;
    int64_t end = at + whole - 1;
    int64_t count = 0;
    for (at += 4; at < end; count++) {
        if (raw[at] != DOCUMENT) return -1;
        const uint8_t *stop = memchr(raw + at, 0, (size_t)(end - at));
        if (stop == NULL) return -1;
        at = stop - raw + 1;
        int64_t size = document_size(raw, at, end);
        if (size < 0) return -1;
        if (count < capacity) {
            int64_t *spot = spots + count * SPOTS;
            spot[EVENT_AT] = at;
            spot[EVENT_SIZE] = size;
            if (!measure(raw, at, at + size, spot)) spot[OPERATION] = UNUSUAL;
        }
        at += size;
    }
    return at == end ? count : -1;
}
