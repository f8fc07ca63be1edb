/* A group's trained model, as inference/kernels/compiled.py lays it out for scoring.
 *
 * Python checks sizes and child positions once, when a plan is compiled; nothing here comes
 * from a document.
 */
#ifndef SPRUE_MODEL_H
#define SPRUE_MODEL_H

#include "sprue.h"

enum { NOT_COMPILED = 0, FOREST = 1, AUTOENCODER = 2, MEMAE = 3 };

/* As LANES, WIDEST, MOST_SLOTS and MOST_LAYERS in inference/kernels/compiled.py. */
enum { LANES = 8, WIDEST = 256, MOST_SLOTS = 1024, MOST_LAYERS = 16 };

/* A row's inputs fit the workspace of either: networks have more than forests. */
enum { MOST_INPUTS = WIDEST };

struct network_shape {
    int32_t inputs, layers, encoder, slots;
    int32_t width[MOST_LAYERS]; /* outputs of each layer */
};

struct model {
    const struct network_shape *shape; /* networks */
    const float *weights;              /* networks: layer by layer, see network.c */
    const uint32_t *nodes;             /* forests: see forest.c */
    const float *exact;                /* threshold of each node */
    const float *lengths;              /* path length of each code of a leaf */
    const int32_t *roots;              /* first node of each tree */
    double normaliser;
    int32_t size; /* forests: trees; networks: bytes of the weights */
    int16_t kind;
    int16_t depth;
};

static inline int32_t padded(int32_t width) { return (width + LANES - 1) / LANES * LANES; }

static inline void prefetch(const void *begin, int64_t bytes) {
    for (int64_t k = 0; k < bytes; k += 64) __builtin_prefetch((const char *)begin + k);
}

/* Exponent of 2 that is the score of x: minus the mean path length over the normaliser. */
double forest_score(const struct model *m, int32_t inputs, const float *x);
/* The same with each input in turn replaced by its usual value, into score[inputs]. */
void forest_occluded(const struct model *m, int32_t inputs, const float *x, const float *usual, double *score);
/* Mean absolute reconstruction error of x, each residual times its weight. */
double network_score(const struct model *m, const float *x);
/* y (out) = x (in) times w (in, out); `out` whole vectors. */
void product(const float *restrict w, int32_t in, int32_t out, const float *restrict x, float *restrict y);
/* Address of a code in a group's memory, and the code rebuilt from there: see memory.c. */
void recall(const float *memory, int32_t width, int32_t slots, float *code);

#endif
