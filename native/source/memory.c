/* The memory of a MemAE (inference/kernels/memae.py): temperature and shrink in the first LANES
 * floats, then the unit slots (width, slots), then the slots (slots, width); rows padded.
 */
#include "model.h"

#include <math.h>
#include <string.h>

static const float SMALL = 1e-12F;

/* e to the x for -87 <= x <= 0, to 2 units in the last place. By arithmetic alone, so that a
 * row gives the same wherever it stands and whatever library the machine has. e^0 is exactly 1. */
static inline float exponential(float x) {
    const float magic = 12582912.0F; /* 1.5 * 2^23: adding it rounds to a whole number */
    const float whole = x * 1.44269504F + magic;
    const float n = whole - magic;
    const float r = (x - n * 0.693359375F) + n * 2.12194440e-4F;
    float sum = 1.9875691500e-4F;
    sum = sum * r + 1.3981999507e-3F;
    sum = sum * r + 8.3334519073e-3F;
    sum = sum * r + 4.1665795894e-2F;
    sum = sum * r + 1.6666665459e-1F;
    sum = sum * r + 5.0000001201e-1F;
    sum = sum * r * r + r + 1.0F;
    uint32_t bits;
    memcpy(&bits, &whole, 4);
    bits = (bits - 0x4B400000U + 127U) << 23;
    float scale;
    memcpy(&scale, &bits, 4);
    return sum * scale;
}

/* Sum of a whole number of vectors, LANES partial sums first. */
static float total(const float *a, int32_t count) {
    float part[LANES] = {0};
    for (int32_t k = 0; k < count; k += LANES)
        for (int32_t j = 0; j < LANES; j++) part[j] += a[k + j];
    return ((part[0] + part[1]) + (part[2] + part[3])) + ((part[4] + part[5]) + (part[6] + part[7]));
}

/* Greatest of a whole number of vectors; NaN is left out. */
static float greatest(const float *a, int32_t count) {
    float part[LANES], most = -INFINITY;
    for (int32_t j = 0; j < LANES; j++) part[j] = -INFINITY;
    for (int32_t k = 0; k < count; k += LANES)
        for (int32_t j = 0; j < LANES; j++) part[j] = a[k + j] > part[j] ? a[k + j] : part[j];
    for (int32_t j = 0; j < LANES; j++) most = part[j] > most ? part[j] : most;
    return most;
}

void recall(const float *memory, int32_t width, int32_t slots, float *code) {
    const float temperature = memory[0], shrink = memory[1];
    const int32_t many = padded(slots);
    float a[MOST_SLOTS], squared = 0;
    for (int32_t j = 0; j < width; j++) squared += code[j] * code[j];
    const float size = sqrtf(squared < SMALL ? SMALL : squared);
    for (int32_t j = 0; j < width; j++) code[j] /= size;
    product(memory + LANES, width, many, code, a);

    for (int32_t j = 0; j < many; j++) a[j] *= temperature;
    for (int32_t j = slots; j < many; j++) a[j] = -INFINITY; /* no slot: nothing of it */
    const float most = greatest(a, many);
    for (int32_t j = 0; j < many; j++) a[j] -= most;
    for (int32_t j = 0; j < many; j++) a[j] = a[j] < -87.0F ? -87.0F : a[j]; /* e^-87: next to nothing */
    for (int32_t j = 0; j < many; j++) a[j] = exponential(a[j]);
    const float sum = total(a, many);
    for (int32_t j = 0; j < many; j++) {
        const float share = a[j] / sum, over = share - shrink;
        const float above = (over + fabsf(over)) * 0.5F; /* over or 0, without a branch */
        a[j] = share * above / (fabsf(over) + SMALL);
    }
    const float kept = total(a, many), by = kept < SMALL ? SMALL : kept;
    for (int32_t j = 0; j < many; j++) a[j] /= by;
    product(memory + LANES + width * many, slots, padded(width), a, code);
}
