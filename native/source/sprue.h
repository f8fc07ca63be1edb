/* What all compiled loops share. Plain C11: no Python headers, no libraries beside the C one.
 *
 * Every function works on arrays the caller owns, allocates nothing, and never reads beyond the
 * lengths it was given: documents come from a network.
 */
#ifndef SPRUE_H
#define SPRUE_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define EXPORTED __declspec(dllexport)
#else
#define EXPORTED __attribute__((visibility("default")))
#endif

#endif
