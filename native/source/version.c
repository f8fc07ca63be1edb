#include "sprue.h"

/* Raised whenever a function's arguments change: a library built from other sources is not used. */
EXPORTED int32_t sprue_version(void) { return 1; }
