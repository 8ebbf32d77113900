/* What every file of the project includes first: attributes, sizes, the slice and the error value.
 *
 * Nothing here knows the trade. Everything is safe to include from C11 on, including from nginx's own compilation units.
 */
#ifndef WQ_BASE_BASE_H
#define WQ_BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/banned.h"

#define WQ_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))
#define WQ_PURE __attribute__((pure))
#define WQ_CLEANUP(fn) __attribute__((cleanup(fn)))
#define WQ_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define WQ_MIN(a, b) ((a) < (b) ? (a) : (b))
#define WQ_MAX(a, b) ((a) > (b) ? (a) : (b))

#define WQ_KIB ((size_t)1024)
#define WQ_MIB ((size_t)1024 * 1024)

#include "base/err.h"
#include "base/str.h"

#endif
