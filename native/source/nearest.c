/* The nearest of many points, by Euclidean distance (clustering/nearest.py, the same sums in the same order). */
#include "sprue.h"

#include <math.h>

struct points {
    const double *rows;        /* (count, width) */
    const double *columns;     /* (width, count): the same */
    const double *half_square; /* (count): half the squared length of each */
    int64_t count, width;
};

enum { BLOCK = 256 };

/* Where the least of all is, the first one of equals; NaN counts as less than any number. */
static int64_t nearest(const struct points *among, const double *x) {
    double least = 0, product[BLOCK];
    int64_t at = -1;
    for (int64_t begin = 0; begin < among->count; begin += BLOCK) {
        const int64_t left = among->count - begin, many = left < BLOCK ? left : BLOCK;
        for (int64_t k = 0; k < many; k++) product[k] = 0;
        for (int64_t j = 0; j < among->width; j++) {
            const double *column = among->columns + j * among->count + begin;
            for (int64_t k = 0; k < many; k++) product[k] += x[j] * column[k];
        }
        for (int64_t k = 0; k < many; k++) {
            const double apart = among->half_square[begin + k] - product[k];
            if (at < 0 || apart < least || (apart != apart && least == least)) {
                least = apart;
                at = begin + k;
            }
        }
    }
    return at;
}

/* The nearest point to each of n others (n, width), and how far it is. There is one at least. */
EXPORTED void sprue_nearest(const struct points *among, const double *others, int64_t n, int64_t *index,
                            double *distance) {
    for (int64_t i = 0; i < n; i++) {
        const double *x = others + i * among->width;
        double square = 0;
        index[i] = nearest(among, x);
        const double *found = among->rows + index[i] * among->width;
        for (int64_t j = 0; j < among->width; j++) square += (x[j] - found[j]) * (x[j] - found[j]);
        distance[i] = sqrt(square);
    }
}
