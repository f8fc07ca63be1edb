/* Isolation forests (inference/kernels/isolation_forest.py says which), four bytes a node:
 *
 *     31  threshold  16 | 15  step  6 | 5  input  0
 *
 * `threshold` is rounded down to 16 bits, and so are the row's inputs: a step compares those
 * and fetches the exact threshold, from an array beside the nodes, only where the two are equal,
 * once in some thousand steps. So a tree's way through memory is half as wide.
 *
 * Children stand in pairs, `step` nodes behind their parent: right, then left. Input 0 is above
 * every threshold: a leaf asks it and stays where it is (step 0), which leaves its threshold free
 * for the code of its path length (never 0, or it would look like a tie).
 *
 * All trees go down one level before any goes down the next. Their ways are independent, so many
 * fetches are under way at once, and each node is asked for a whole level before it is needed.
 */
#include "model.h"

#include <string.h>

enum { MOST_ASKED = 63, TREES = 256, FIRST_STEP = 6, STEP = 1023, INPUT = 63, UNIT = 65535 };

static uint32_t key_of(float x) {
    const float inside = !(x > 0) ? 0 : x > 1 ? 1 : x;
    return (uint32_t)(int32_t)(inside * (float)UNIT) << 16;
}

static void keys_of(const float *x, int32_t inputs, uint32_t *key) {
    key[0] = UINT32_MAX;
    for (int32_t j = 0; j < inputs; j++) key[j + 1] = key_of(x[j]);
}

/* Whether a step goes to the left child although, or because, 16 bits do not tell. */
static __attribute__((noinline)) uint32_t left_exactly(float x, float threshold) { return x <= threshold; }

/* Takes the walks at[count] down to their leaves. */
static void walk(const struct model *m, const uint32_t *key, const float *x, uint32_t *at, int32_t count) {
    const uint32_t *nodes = m->nodes;
    for (int32_t level = 0; level < m->depth; level++) {
        for (int32_t t = 0; t < count; t++) {
            const uint32_t here = at[t], node = nodes[here], input = node & INPUT;
            const uint32_t apart = key[input] - node;
            uint32_t left = key[input] < node;
            if (__builtin_expect(apart > UINT32_MAX - UNIT, 0)) left = left_exactly(x[input - 1], m->exact[here]);
            const uint32_t next = here + (node >> FIRST_STEP & STEP) + left;
            at[t] = next;
            __builtin_prefetch(nodes + next);
        }
    }
}

/* The same, noting by bits which inputs each walk asked. */
static void walk_noting(const struct model *m, const uint32_t *key, const float *x, uint32_t *at, int32_t count,
                        uint64_t *asked) {
    memset(asked, 0, (size_t)count * sizeof *asked);
    for (int32_t level = 0; level < m->depth; level++) {
        for (int32_t t = 0; t < count; t++) {
            const uint32_t here = at[t], node = m->nodes[here], input = node & INPUT;
            uint32_t left = key[input] < node;
            if (key[input] - node > UINT32_MAX - UNIT) left = left_exactly(x[input - 1], m->exact[here]);
            asked[t] |= (uint64_t)1 << input;
            at[t] = here + (node >> FIRST_STEP & STEP) + left;
        }
    }
}

static int32_t block(const struct model *m, int32_t first, uint32_t *at) {
    const int32_t count = m->size - first < TREES ? m->size - first : TREES;
    memcpy(at, m->roots + first, (size_t)count * sizeof *at);
    return count;
}

static double length_at(const struct model *m, uint32_t at) { return m->lengths[m->nodes[at] >> 16]; }

double forest_score(const struct model *m, int32_t inputs, const float *x) {
    uint32_t key[1 + MOST_ASKED], at[TREES];
    double sum = 0; /* of few float32 in float64: exact, whatever the order */
    keys_of(x, inputs, key);
    for (int32_t first = 0; first < m->size; first += TREES) {
        const int32_t count = block(m, first, at);
        walk(m, key, x, at, count);
        for (int32_t t = 0; t < count; t++) sum += length_at(m, at[t]);
    }
    return -(sum / m->size) / m->normaliser;
}

void forest_occluded(const struct model *m, int32_t inputs, const float *x, const float *usual, double *score) {
    uint32_t key[1 + MOST_ASKED], at[TREES], leaf[TREES];
    uint64_t asked[TREES];
    float other[MOST_ASKED];
    double sum = 0;
    keys_of(x, inputs, key);
    memcpy(other, x, (size_t)inputs * sizeof *other);
    memset(score, 0, (size_t)inputs * sizeof *score);
    for (int32_t first = 0; first < m->size; first += TREES) {
        const int32_t count = block(m, first, leaf);
        walk_noting(m, key, x, leaf, count, asked);
        for (int32_t t = 0; t < count; t++) sum += length_at(m, leaf[t]);
        for (int32_t j = 0; j < inputs; j++) {
            /* A tree that never asked input j ends where it ended. */
            int32_t again = 0;
            double change = 0;
            for (int32_t t = 0; t < count; t++) {
                if (asked[t] >> (j + 1) & 1) {
                    at[again++] = (uint32_t)m->roots[first + t];
                    change -= length_at(m, leaf[t]);
                }
            }
            other[j] = usual[j];
            const uint32_t before = key[j + 1];
            key[j + 1] = key_of(usual[j]);
            walk(m, key, other, at, again);
            other[j] = x[j];
            key[j + 1] = before;
            for (int32_t t = 0; t < again; t++) change += length_at(m, at[t]);
            score[j] += change;
        }
    }
    for (int32_t j = 0; j < inputs; j++) score[j] = -((sum + score[j]) / m->size) / m->normaliser;
}
