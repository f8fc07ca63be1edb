/* What scores come to, record by record: the threshold (inference/threshold.py), range violations, the
 * flags of a verdict, changes of item or setting (inference/change_over.py), warm-ups
 * (inference/warm_up.py).
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
enum { FACILITY = 1, ITEM = 2, PARTS = 4 }; /* as ingest.spot_book */
enum { MADE = 2, NEWEST = 6, NO_RUN = -1 }; /* as ingest.fill_ledger */
enum { NEW_SETTING = 1, NOT_COVERED = 2, RANGE_VIOLATION = 4, MOSTLY_FILLED = 8, CHANGE_OVER = 16 };
enum { NO_TIME = 32, WARM_UP = 64 };
enum { FLAGGED = 128, SUBSTITUTED = 256 }; /* some outcome is not OK; some route is NEAREST */

#define TIMELESS INT64_MIN       /* core.batch.NO_TIME */
#define LATEST_ARRIVAL 86400000u /* as in inference/warm_up.py */

struct known { /* columns MADE to LATEST of ingest.fill_ledger */
    int64_t made, cluster, run, latest;
};

struct columns { /* (n) each */
    double *scaled, *base, *weight, *tolerance, *margin;
    struct known *after;
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

/* By how much `later` is later, of any two times; 0 where it is not, or where either is not known. */
static uint64_t apart(int64_t later, int64_t earlier) {
    return later > earlier && earlier != TIMELESS ? (uint64_t)later - (uint64_t)earlier : 0;
}

/* The time reached after a record: a late one moves nothing, a clock set back does. */
static int64_t later(int64_t time, int64_t reached) {
    return time > reached || apart(reached, time) > LATEST_ARRIVAL ? time : reached;
}

/* Settles n records into `out`, which holds five columns of numbers, then what each leaves behind
 * for the next, then outcomes and flags.
 *
 * far (n): some value out of its range, worth `range_outcome` on the trained route; mostly (n), or
 * NULL: hardly measured, worth WARN; each (n, PARTS): where records come from; before (n, NEWEST): what
 * their facilities had sent before; last (facilities), zeros: room to note who came when, or NULL for
 * one record. A silence of more than `pause` is a start; the first `shots` records of a run are in
 * warm-up and come out as `warm_outcome` at worst. Returns all flags or-ed together, with
 * FLAGGED and SUBSTITUTED.
 */
EXPORTED int32_t sprue_settle(const struct routed *routed, const double *score, const uint8_t *far,
                              const uint8_t *mostly, const int64_t *time, const int64_t *each,
                              const int64_t *before, int32_t *last, int64_t facilities, int64_t n,
                              int64_t pause, int64_t shots, int32_t warm_outcome, int32_t range_outcome,
                              double *out) {
    struct known *after = (struct known *)(out + 5 * n);
    uint8_t *small = (uint8_t *)(after + n);
    const struct columns to = {out, out + n, out + 2 * n, out + 3 * n, out + 4 * n, after, small, small + n};
    int32_t all = 0;
    for (int64_t i = 0; i < n; i++) {
        const struct routed *r = routed + i;
        const int64_t *now = each + PARTS * i;
        const struct known *then = (const struct known *)(before + NEWEST * i + MADE);
        if (last && now[FACILITY] >= 0 && now[FACILITY] < facilities) {
            int32_t *row = last + now[FACILITY]; /* counted from 1 */
            if (*row) then = after + (*row - 1);
            *row = (int32_t)(i + 1);
        }
        const int changed = differ(now[ITEM], then->made) || differ(r->cluster, then->cluster);
        const int starts = changed || then->run == NO_RUN || apart(time[i], then->latest) > (uint64_t)pause;
        const int64_t run = starts ? 1 : then->run + 1;

        const double margin = r->allowed.limit - score[i];
        uint8_t outcome = score[i] > r->allowed.warned ? WARN : OK;
        if (margin < 0) outcome = NG;
        if (far[i] && r->route == TRAINED && outcome < range_outcome) outcome = (uint8_t)range_outcome;
        if (mostly && mostly[i] && outcome < WARN) outcome = WARN;
        if (run <= shots && outcome > warm_outcome) outcome = (uint8_t)warm_outcome;

        uint8_t flags = r->new_setting ? NEW_SETTING : 0;
        if (r->group < 0) flags |= NOT_COVERED;
        if (far[i]) flags |= RANGE_VIOLATION;
        if (mostly && mostly[i]) flags |= MOSTLY_FILLED;
        if (changed) flags |= CHANGE_OVER;
        if (time[i] == TIMELESS) flags |= NO_TIME;
        if (run <= shots) flags |= WARM_UP;

        to.scaled[i] = scaled_score(r, score[i]);
        to.base[i] = r->allowed.base;
        to.weight[i] = r->allowed.weight;
        to.tolerance[i] = r->allowed.tolerance;
        to.margin[i] = margin;
        to.after[i] = (struct known){now[ITEM], r->cluster, run, later(time[i], then->latest)};
        to.outcome[i] = outcome;
        to.flags[i] = flags;
        all |= flags | (outcome != OK ? FLAGGED : 0) | (r->route == NEAREST ? SUBSTITUTED : 0);
    }
    return all;
}
