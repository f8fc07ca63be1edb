/* Scoring a batch of mixed groups in one pass: scaling, allowed ranges, model, row by row.
 *
 * A row is worked on alone, whatever stands beside it, so its score is the same in every batch.
 */
#include "plan.h"

#include <string.h>

/* Ask for what the next row needs first, while this one is worked on. */
static void fetch(const struct model *m) {
    if (m->kind == FOREST) {
        for (int32_t t = 0; t < m->size; t++) __builtin_prefetch(m->nodes + m->roots[t]);
    } else if (m->kind != NOT_COMPILED) {
        prefetch(m->weights, m->size);
    }
}

static double score(const struct model *m, int32_t inputs, const float *x, uint8_t *what) {
    for (int32_t j = 0; j < inputs; j++)
        if (x[j] != x[j]) return *what = 0, x[j];
    switch (m->kind) {
    case FOREST: return *what = EXPONENT, forest_score(m, inputs, x);
    case AUTOENCODER:
    case MEMAE: return *what = FINISHED, network_score(m, x);
    default: return *what = LEFT, 0;
    }
}

uint8_t scale_row(const struct plan *plan, int64_t group, const double *value, float *x) {
    const int64_t p = plan->inputs;
    const double *factor = plan->scaling + 2 * p * group, *shift = factor + p;
    const double *least = plan->bounds + 2 * p * group, *most = least + p;
    uint8_t beyond = 0, missing = 0;
    for (int64_t j = 0; j < p; j++) {
        double v = value[j] * factor[j];
        v -= shift[j];
        v = v < 0 ? 0 : v;
        v = v > 1 ? 1 : v;
        x[j] = (float)v;
        beyond |= (value[j] < least[j]) | (value[j] > most[j]);
        missing |= v != v;
    }
    if (missing)
        for (int64_t j = 0; j < p; j++)
            if (x[j] != x[j] && plan->unseen[p * group + j]) x[j] = 0;
    return beyond;
}

/* Raw measured values (n, inputs) and group numbers to what is told of the rows, three columns one
 * behind the other: scores, "some value beyond its range", and
 * what[i]: EXPONENT where score[i] is yet an exponent of 2, LEFT where no compiled model scores,
 * FINISHED, or 0 where it is NaN. A group number outside the plan has no model: NaN, and nothing
 * beyond. Returns all of `what` or-ed together.
 */
EXPORTED int32_t sprue_assess(const struct plan *plan, const double *values, const int64_t *group, int64_t n,
                              double *scores) {
    uint8_t *beyond = (uint8_t *)(scores + n), *what = beyond + n;
    float x[MOST_INPUTS];
    int32_t all = 0;
    for (int64_t i = 0; i < n; i++) {
        if (i + 1 < n && group[i + 1] >= 0 && group[i + 1] < plan->groups) {
            const int64_t size = 2 * plan->inputs * (int64_t)sizeof(double);
            fetch(plan->models + group[i + 1]);
            prefetch(plan->scaling + 2 * plan->inputs * group[i + 1], size);
            prefetch(plan->bounds + 2 * plan->inputs * group[i + 1], size);
        }
        if (group[i] < 0 || group[i] >= plan->groups) {
            scores[i] = __builtin_nan("");
            beyond[i] = what[i] = 0;
            continue;
        }
        beyond[i] = scale_row(plan, group[i], values + plan->inputs * i, x);
        scores[i] = score(plan->models + group[i], (int32_t)plan->inputs, x, what + i);
        all |= what[i];
    }
    return all;
}

/* Scaled rows x (n, inputs) to scores, exponents of 2 for forests; every slot is a model's number. */
EXPORTED void sprue_score(const struct model *models, const float *x, const int64_t *slot, int64_t n,
                          int64_t inputs, double *scores) {
    uint8_t what;
    for (int64_t i = 0; i < n; i++) {
        if (i + 1 < n) fetch(models + slot[i + 1]);
        scores[i] = score(models + slot[i], (int32_t)inputs, x + inputs * i, &what);
    }
}

uint8_t score_occluded(const struct model *m, int32_t inputs, const float *x, const float *usual,
                       double *scores) {
    float other[MOST_INPUTS];
    uint8_t each;
    if (m->kind == NOT_COMPILED) return LEFT;
    if (m->kind == FOREST) {
        forest_occluded(m, inputs, x, usual, scores);
        return EXPONENT;
    }
    memcpy(other, x, (size_t)inputs * sizeof *other);
    for (int32_t j = 0; j < inputs; j++) {
        other[j] = usual[j];
        scores[j] = score(m, inputs, other, &each);
        other[j] = x[j];
    }
    return FINISHED;
}

/* The same as `sprue_score` (n, inputs) with each input in turn replaced by its usual value; what
 * (n) as of `sprue_assess`. */
EXPORTED int32_t sprue_score_occluded(const struct model *models, const float *x, const float *usual,
                                      const int64_t *slot, int64_t n, int64_t inputs, double *scores,
                                      uint8_t *what) {
    int32_t all = 0;
    for (int64_t i = 0; i < n; i++) {
        const int64_t row = inputs * i;
        what[i] = score_occluded(models + slot[i], (int32_t)inputs, x + row, usual + row, scores + row);
        all |= what[i];
    }
    return all;
}
