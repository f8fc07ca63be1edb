/* Finding rows of words among those known: an open-addressed index over a table of keys.
 *
 * The caller owns the arrays. A slot holds the number of a key, or -1; `mask` + 1 slots, a power of
 * two, at most half of them taken, so that every search ends at a free one.
 */
#include "sprue.h"

#include <string.h>

struct known_rows {
    uint64_t *keys; /* `count` rows of `width` words */
    int32_t *slots;
    int64_t width;
    int64_t mask;
    int64_t count;
    int64_t most; /* rows of `keys` */
};

static uint64_t hash_of(const uint64_t *key, int64_t width)
{
    uint64_t hash = 0x9e3779b97f4a7c15u;
    for (int64_t i = 0; i < width; i++) {
        hash = (hash ^ key[i]) * 0xff51afd7ed558ccdu;
        hash ^= hash >> 32;
    }
    return hash;
}

/* The slot of a key, or the free one where it would stand. */
static int64_t slot_of(const struct known_rows *known, const uint64_t *key)
{
    const size_t bytes = (size_t)known->width * sizeof *key;
    int64_t slot = (int64_t)(hash_of(key, known->width) & (uint64_t)known->mask);
    while (known->slots[slot] >= 0) {
        const uint64_t *other = known->keys + (int64_t)known->slots[slot] * known->width;
        if (memcmp(other, key, bytes) == 0)
            break;
        slot = (slot + 1) & known->mask;
    }
    return slot;
}

/* The number of each of `n` keys into `found`, -1 where it is not known; how many are not. */
EXPORTED int64_t sprue_known_rows(const struct known_rows *known, const uint64_t *keys, int64_t n,
                                  int64_t *found)
{
    int64_t unknown = 0;
    for (int64_t i = 0; i < n; i++) {
        found[i] = known->slots[slot_of(known, keys + i * known->width)];
        unknown += found[i] < 0;
    }
    return unknown;
}

/* Add `n` keys, numbered on from those there; a key known already keeps its number and the new one
 * leads nowhere. How many were added: fewer than `n` where there is no more room. */
EXPORTED int64_t sprue_add_known_rows(struct known_rows *known, const uint64_t *keys, int64_t n)
{
    int64_t added = 0;
    for (; added < n && known->count < known->most; added++) {
        const uint64_t *key = keys + added * known->width;
        const int64_t slot = slot_of(known, key);
        memcpy(known->keys + known->count * known->width, key, (size_t)known->width * sizeof *key);
        if (known->slots[slot] < 0)
            known->slots[slot] = (int32_t)known->count;
        known->count++;
    }
    return added;
}

/* The same for keys of three words that stand in three columns. */
EXPORTED int64_t sprue_known_triples(const struct known_rows *known, const uint64_t *first,
                                     const uint64_t *second, const uint64_t *third, int64_t n,
                                     int64_t *found)
{
    int64_t unknown = 0;
    if (known->width != 3)
        return -1;
    for (int64_t i = 0; i < n; i++) {
        const uint64_t key[3] = {first[i], second[i], third[i]};
        found[i] = known->slots[slot_of(known, key)];
        unknown += found[i] < 0;
    }
    return unknown;
}

/* Keys (n, width) of a number each, counted from `base`, and width - 1 set values, -0.0 as 0.0; the
 * number of each key into `found`; and of those known the rows of a table, `size` bytes each, into
 * `rows`. How many are not known. */
EXPORTED int64_t sprue_known_settings(const struct known_rows *known, const int64_t *number, int64_t base,
                                      const double *values, int64_t n, const char *table, int64_t size,
                                      uint64_t *keys, int64_t *found, char *rows)
{
    const int64_t s = known->width - 1;
    int64_t unknown = 0;
    for (int64_t i = 0; i < n; i++) {
        uint64_t *key = keys + i * known->width;
        key[0] = (uint64_t)number[i] + (uint64_t)base;
        for (int64_t j = 0; j < s; j++) {
            const double value = values[i * s + j] + 0.0;
            memcpy(key + 1 + j, &value, sizeof value);
        }
        found[i] = known->slots[slot_of(known, key)];
        if (found[i] >= 0)
            memcpy(rows + i * size, table + found[i] * size, (size_t)size);
        else
            unknown++;
    }
    return unknown;
}
