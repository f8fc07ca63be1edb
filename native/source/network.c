/* Autoencoders with and without a memory, one row at a time, their weights used where they lie.
 *
 * A layer is its weights (in, out), then its biases (out); `out` is padded with zeros to whole
 * vectors. Encoder, memory (if any), decoder and
 * weights of the residuals follow each other. Every sum runs over the inputs in
 * their order, for several outputs side by side: the same to the bit for every row and machine.
 */
#include "model.h"

#include <math.h>
#include <string.h>

/* y[0 .. N) of one layer: N outputs in registers while the inputs pass by. N is a constant. */
#define COLUMNS(N)                                                                                   \
    static inline void columns_##N(const float *restrict w, int32_t in, int32_t out, const float *restrict x, \
                                   float *restrict y) {                                              \
        float sum[N];                                                                                \
        for (int32_t j = 0; j < N; j++) sum[j] = 0;                                                  \
        for (int32_t k = 0; k < in; k++)                                                             \
            for (int32_t j = 0; j < N; j++) sum[j] += x[k] * w[(size_t)k * (size_t)out + (size_t)j]; \
        for (int32_t j = 0; j < N; j++) y[j] = sum[j];                                               \
    }
COLUMNS(8)
COLUMNS(16)
COLUMNS(32)

void product(const float *restrict w, int32_t in, int32_t out, const float *restrict x, float *restrict y) {
    int32_t j = 0;
    for (; j + 32 <= out; j += 32) columns_32(w + j, in, out, x, y + j);
    for (; j + 16 <= out; j += 16) columns_16(w + j, in, out, x, y + j);
    for (; j < out; j += 8) columns_8(w + j, in, out, x, y + j);
}

/* Layers [first, last), rectified except at the last one; x in, y out, both WIDEST long. */
static const float *forward(const struct network_shape *s, int32_t first, int32_t last, const float *w, float *x,
                            float *y) {
    int32_t in = first ? s->width[first - 1] : s->inputs;
    float *from = x, *to = y;
    for (int32_t k = first; k < last; k++) {
        const int32_t out = padded(s->width[k]);
        product(w, in, out, from, to);
        w += (size_t)in * (size_t)out;
        for (int32_t j = 0; j < out; j++) to[j] += w[j];
        w += out;
        if (k + 1 < last)
            for (int32_t j = 0; j < out; j++) to[j] = to[j] < 0 ? 0 : to[j]; /* NaN stays */
        in = s->width[k];
        float *swap = from;
        from = to, to = swap;
    }
    if (from != x) memcpy(x, from, (size_t)padded(in) * sizeof *x);
    return w;
}

double network_score(const struct model *m, const float *x) {
    const struct network_shape *s = m->shape;
    float a[WIDEST], b[WIDEST];
    memcpy(a, x, (size_t)s->inputs * sizeof *a);
    const float *w = forward(s, 0, s->encoder, m->weights, a, b);
    if (m->kind == MEMAE) {
        const int32_t width = s->width[s->encoder - 1];
        recall(w, width, s->slots, a);
        w += LANES + width * padded(s->slots) + s->slots * padded(width);
    }
    w = forward(s, s->encoder, s->layers, w, a, b); /* then the weights of the residuals */
    float sum = 0;
    for (int32_t j = 0; j < s->inputs; j++) sum += fabsf(x[j] - a[j]) * w[j];
    return sum / (float)s->inputs;
}
