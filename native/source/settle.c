/* What scores come to, record by record: the threshold (inference/threshold.py), range violations, the
 * flags of a verdict, changes of item or setting (inference/change_over.py).
 */
#include "sprue.h"

struct routed { /* as ROUTED in inference/routes.py */
    int64_t cluster;
    int8_t route;
    int64_t group;
    double distance, reference;
    uint8_t new_setting;
    struct {
        double base, weight, tolerance, limit, warned, minimum, maximum;
    } allowed;
};

enum { OK = 0, WARN = 1, NG = 2 };  /* as core.verdict.OUTCOMES */
enum { TRAINED = 0, NEAREST = 1 };  /* as core.verdict.ROUTES */
enum { FACILITY = 1, MADE = 2, CLUSTER = 3, PARTS = 4 }; /* as ingest.spot_book, ingest.fill_ledger */
enum { NEW_SETTING = 1, NOT_COVERED = 2, RANGE_VIOLATION = 4, MOSTLY_FILLED = 8, CHANGE_OVER = 16, NO_TIME = 32 };
enum { FLAGGED = 64, SUBSTITUTED = 128 }; /* some outcome is not OK; some route is NEAREST */

struct columns { /* (n) each */
    double *scaled, *base, *weight, *tolerance, *margin;
    uint8_t *outcome, *flags;
};

static double scaled_score(const struct routed *r, double score) {
    const double width = r->allowed.maximum - r->allowed.minimum;
    double share = score > r->allowed.maximum;
    if (width > 0) share = (score - r->allowed.minimum) / width;
    share = share < 0 ? 0 : share;
    return share > 1 ? 1 : share;
}

/* What is unknown on either side is no change. */
static int differ(int64_t now, int64_t before) { return now != before && now >= 0 && before >= 0; }

/* Settles n records into `out`, which holds five columns of numbers, then outcomes and flags.
 *
 * far (n): some value out of its range, worth `range_outcome` on the trained route; mostly (n), or
 * NULL: hardly measured, worth WARN; each (n, PARTS): where records come from; before (n, PARTS): what
 * their facilities had sent before; latest (facilities), zeros: room to note who came when, or NULL for
 * one record. Returns all flags or-ed together, with FLAGGED and SUBSTITUTED.
 */
EXPORTED int32_t sprue_settle(const struct routed *routed, const double *score, const uint8_t *far,
                              const uint8_t *mostly, const int64_t *time, const int64_t *each,
                              const int64_t *before, int32_t *latest, int64_t facilities, int64_t n,
                              int32_t range_outcome, double *out) {
    const struct columns to = {out,         out + n,     out + 2 * n, out + 3 * n,
                               out + 4 * n, (uint8_t *)(out + 5 * n), (uint8_t *)(out + 5 * n) + n};
    int32_t all = 0;
    for (int64_t i = 0; i < n; i++) {
        const struct routed *r = routed + i;
        const int64_t *now = each + PARTS * i, *then = before + PARTS * i;
        int64_t made = then[MADE], cluster = then[CLUSTER];
        if (latest && now[FACILITY] >= 0 && now[FACILITY] < facilities) {
            int32_t *row = latest + now[FACILITY]; /* counted from 1 */
            if (*row) {
                made = each[PARTS * (int64_t)(*row - 1) + MADE];
                cluster = routed[*row - 1].cluster;
            }
            *row = (int32_t)(i + 1);
        }

        const double margin = r->allowed.limit - score[i];
        uint8_t outcome = score[i] > r->allowed.warned ? WARN : OK;
        if (margin < 0) outcome = NG;
        if (far[i] && r->route == TRAINED && outcome < range_outcome) outcome = (uint8_t)range_outcome;
        if (mostly && mostly[i] && outcome < WARN) outcome = WARN;

        uint8_t flags = r->new_setting ? NEW_SETTING : 0;
        if (r->group < 0) flags |= NOT_COVERED;
        if (far[i]) flags |= RANGE_VIOLATION;
        if (mostly && mostly[i]) flags |= MOSTLY_FILLED;
        if (differ(now[MADE], made) || differ(r->cluster, cluster)) flags |= CHANGE_OVER;
        if (time[i] == INT64_MIN) flags |= NO_TIME;

        to.scaled[i] = scaled_score(r, score[i]);
        to.base[i] = r->allowed.base;
        to.weight[i] = r->allowed.weight;
        to.tolerance[i] = r->allowed.tolerance;
        to.margin[i] = margin;
        to.outcome[i] = outcome;
        to.flags[i] = flags;
        all |= flags | (outcome != OK ? FLAGGED : 0) | (r->route == NEAREST ? SUBSTITUTED : 0);
    }
    return all;
}
