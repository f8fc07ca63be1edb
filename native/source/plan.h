/* A plan's groups side by side, as inference/compiled_plan.py lays them out. */
#ifndef SPRUE_PLAN_H
#define SPRUE_PLAN_H

#include "model.h"

struct plan {
    const struct model *models; /* (groups) */
    const double *scaling;      /* (groups, 2, inputs): factor, shift */
    const double *bounds;       /* (groups, 2, inputs): least and most allowed */
    const uint8_t *unseen;      /* (groups, inputs): never had a value in training */
    int64_t groups, inputs;
};

enum { EXPONENT = 1, LEFT = 2, FINISHED = 4 }; /* as in inference/kernels/compiled.py */

/* Scales one row to [0, 1]; whether some value lies beyond what its group allows. A NaN does not. */
uint8_t scale_row(const struct plan *plan, int64_t group, const double *value, float *x);
/* Scores (inputs) of x with each input in turn replaced by its usual value; what they are yet. */
uint8_t score_occluded(const struct model *m, int32_t inputs, const float *x, const float *usual, double *scores);

#endif
