/* Writing down what a batch's facilities sent last (ingest/fill_ledger.py), and keeping what stood there. */
#include "sprue.h"

#include <string.h>

enum { MAKER = 0, ITEM = 1, COLUMNS = 6 }; /* as in ingest/fill_ledger.py */

/* k rows in the order of the records: values (k, width) of their places, and newest (k, COLUMNS) of
 * their facilities, where a maker or item below 0 is not known and stays as it is; the first one gets
 * the turn after `clock`. The tables hold values (places, width), turns (places), newest (facilities,
 * COLUMNS) and who was heard (facilities). What stood there goes into the arrays `old_...` (k rows)
 * before anything is written; of equal places or facilities the last row stays. Nothing happens, and
 * -1 is returned, where a number lies outside the tables. */
EXPORTED int32_t sprue_remember(double *all_values, int64_t *all_turn, int64_t places, int64_t *all_newest,
                                uint8_t *all_heard, int64_t facilities, const int64_t *place,
                                const double *values, const int64_t *facility, int64_t *newest, int64_t k,
                                int64_t width, int64_t clock, double *old_values, int64_t *old_turn,
                                int64_t *old_newest, uint8_t *old_heard) {
    const size_t row = (size_t)width * sizeof *values, all = COLUMNS * sizeof *newest;
    for (int64_t i = 0; i < k; i++)
        if (place[i] < 0 || place[i] >= places || facility[i] < 0 || facility[i] >= facilities) return -1;
    for (int64_t i = 0; i < k; i++) {
        const int64_t *before = all_newest + COLUMNS * facility[i];
        int64_t *now = newest + COLUMNS * i;
        memcpy(old_values + width * i, all_values + width * place[i], row);
        old_turn[i] = all_turn[place[i]];
        memcpy(old_newest + COLUMNS * i, before, all);
        old_heard[i] = all_heard[facility[i]];
        if (now[MAKER] < 0) now[MAKER] = before[MAKER];
        if (now[ITEM] < 0) now[ITEM] = before[ITEM];
    }
    for (int64_t i = 0; i < k; i++) {
        memcpy(all_values + width * place[i], values + width * i, row);
        all_turn[place[i]] = clock + 1 + i;
        memcpy(all_newest + COLUMNS * facility[i], newest + COLUMNS * i, all);
        all_heard[facility[i]] = 1;
    }
    return 0;
}
