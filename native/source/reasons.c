/* Why rows were flagged: which measured values drove their scores (inference/explain.py).
 *
 * The same steps as there, cell by cell and in the same order, so that the shares are the same.
 */
#include "plan.h"

#include <float.h>
#include <math.h>

enum { MOST = 3 }; /* as MOST in inference/compiled_reasons.py */
#define FALL_STEPS 1e6 /* the same: steps of 1 that falls of the score are rounded to */

struct bands {
    const struct plan *plan;
    const float *usual;                           /* (groups, inputs): the bands' centres, scaled */
    const double *low, *high, *width;             /* the same: ranges of training */
    const double *band_low, *band_centre, *band_high; /* the same */
    double rounding;                              /* of the score: a smaller fall means nothing */
};

struct cell { /* as CELL in inference/compiled_reasons.py */
    int64_t row, column;
    double value, low, high, share;
    int64_t above, evidence;
};

enum { OF_SCORE, OF_RANGE, OF_BAND }; /* as EVIDENCE in inference/compiled_reasons.py */

/* Raw values (n, inputs) to scores (n, inputs) with each value in turn at its usual place; what (n) and
 * the result as of `sprue_assess`; -1 where a group is none of the plan's. */
EXPORTED int32_t sprue_occlude(const struct bands *bands, const double *values, const int64_t *group,
                               int64_t n, double *scores, uint8_t *what) {
    const struct plan *plan = bands->plan;
    const int64_t p = plan->inputs;
    float x[MOST_INPUTS];
    int32_t all = 0;
    for (int64_t i = 0; i < n; i++) {
        const int64_t g = group[i];
        if (g < 0 || g >= plan->groups) return -1;
        scale_row(plan, g, values + p * i, x);
        what[i] = score_occluded(plan->models + g, (int32_t)p, x, bands->usual + p * g, scores + p * i);
        all |= what[i];
    }
    return all;
}

/* Distance from the middle of the normal band, in half bands; 0 for a missing value. */
static double out_of_band(const struct bands *bands, int64_t at, double value) {
    double half = (bands->band_high[at] - bands->band_low[at]) / 2;
    half = half > 0 ? half : bands->width[at];
    const double apart = fabs(value - bands->band_centre[at]) / half;
    if (apart != apart) return 0;
    return apart > DBL_MAX ? DBL_MAX : apart;
}

/* How much each value's place lowers the score, as shares of the whole, and by what the values are
 * ranked: their share and how far out of the normal band they lie. */
static void share_out(const struct bands *bands, int64_t first, const double *value, double score,
                      const double *occluded, double *share, double *weight) {
    const int64_t p = bands->plan->inputs;
    const double rounding = bands->rounding * fabs(score);
    double total = 0, apart[MOST_INPUTS];
    for (int64_t j = 0; j < p; j++) {
        const double drop = score - occluded[j];
        share[j] = drop > rounding ? drop : 0;
        total += share[j];
        apart[j] = out_of_band(bands, first + j, value[j]);
    }
    if (total <= 0) {
        total = 0;
        for (int64_t j = 0; j < p; j++) total += share[j] = apart[j];
        total = total <= 0 ? 1 : total;
    }
    for (int64_t j = 0; j < p; j++) {
        share[j] /= total;
        weight[j] = share[j] + (apart[j] > 1 ? apart[j] - 1 : 0);
    }
}

/* Note column j among the MOST greatest, the first of equals first. */
static void rank(double *most, int64_t *column, int *count, double size, int64_t j) {
    int at = *count;
    while (at > 0 && size > most[at - 1]) at--;
    if (at == MOST) return;
    if (*count < MOST) (*count)++;
    for (int k = *count - 1; k > at; k--) most[k] = most[k - 1], column[k] = column[k - 1];
    most[at] = size, column[at] = j;
}

/* The cells that tell why n rows were flagged, by rows, those out of range first: 2 * MOST a row at
 * most. In place of each score with a value put back, by how much the score falls. Returns how many
 * cells; negative where one of their numbers is not finite. */
EXPORTED int64_t sprue_reasons(const struct bands *bands, const double *values, const int64_t *group,
                               const double *score, int64_t n, double *occluded, struct cell *cells) {
    const int64_t p = bands->plan->inputs;
    int64_t count = 0, sign = 1;
    double share[MOST_INPUTS], weight[MOST_INPUTS], most[MOST];
    for (int64_t i = 0; i < n; i++) {
        const double *value = values + p * i;
        const double *least = bands->plan->bounds + 2 * p * group[i];
        const int64_t first = p * group[i];
        int64_t column[2 * MOST];
        int far = 0, top = 0;
        for (int64_t j = 0; j < p; j++) {
            if (!(value[j] < least[j] || value[j] > least[p + j])) continue;
            const double below = bands->low[first + j] - value[j], above = value[j] - bands->high[first + j];
            const double over = (below > above ? below : above) / bands->width[first + j];
            if (over > 0) rank(most, column, &far, over, j);
        }
        double *fall = occluded + p * i;
        share_out(bands, first, value, score[i], fall, share, weight);
        for (int64_t j = 0; j < p; j++) {
            if (weight[j] > 0) rank(most, column + far, &top, weight[j], j);
            fall[j] = rint((score[i] - fall[j]) * FALL_STEPS) / FALL_STEPS + 0.0; /* no -0 */
        }
        for (int k = 0; k < far + top; k++) {
            const int64_t j = column[k], at = first + j;
            int named = 0;
            for (int before = 0; k >= far && before < far; before++) named |= column[before] == j;
            if (named) continue;
            const struct cell told = {i,         j,    value[j], bands->band_low[at], bands->band_high[at],
                                      share[j], value[j] > bands->band_centre[at],
                                      k < far ? OF_RANGE : share[j] > 0 ? OF_SCORE : OF_BAND};
            if (!(isfinite(told.value) && isfinite(told.low) && isfinite(told.high))) sign = -1;
            cells[count++] = told;
        }
    }
    return sign * count;
}
