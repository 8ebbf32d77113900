/* The addresses of a walk: each once, by number in the order in which they were found; the strings are in the log.
 *
 * Invariants: 40 bytes an address and 4 to 8 for looking it up; two addresses are one when a keyed 64-bit hash says so (SipHash
 * under a random key of the walk: a collision among 20 million has a chance of one in 90,000, and nobody can aim for it).
 */
#ifndef WQ_INSPECT_SITE_TABLE_PRIV_H
#define WQ_INSPECT_SITE_TABLE_PRIV_H

#include "inspect/site/log_priv.h"
#include "inspect/site/site.h"

enum { ITEM_NONE = 0xffffffff };

enum item_state { ITEM_NEW, ITEM_ASKED, ITEM_DONE, ITEM_LEFT /* kept away by robots.txt or a limit */ };

/* What an address is to the walk. */
enum item_flag {
	ITEM_PAGE = 1,  /* somebody follows it: a document is looked for */
	ITEM_SHEET = 2, /* a style sheet */
	ITEM_SCRIPT = 4,
	ITEM_INSIDE = 8,
	ITEM_START = 16,
	ITEM_WHOLE = 32, /* HEAD said nothing: GET */
	ITEM_READ = 64,  /* its links and places are in the log */
	ITEM_HOME = 128
};

struct item {
	uint64_t hash;
	uint64_t at : 48, length : 16; /* the string in the log */
	uint32_t from;                 /* page that led there first, or ITEM_NONE */
	uint32_t end;                  /* where it redirects, or ITEM_NONE */
	uint32_t places;               /* that lead there, counted at the end */
	uint16_t status;
	uint8_t state, verdict, fetched, flags, depth, hops;
	uint8_t reserved[4];
};

struct table {
	struct log *log;
	struct item *items;
	uint32_t *slots; /* number + 1 */
	size_t n, room, slots_n, max;
};

void table_init(struct table *table, struct log *log, size_t max);
void table_done(struct table *table);

uint64_t table_hash(const struct table *table, wq_str url);
/* The number, or ITEM_NONE. */
uint32_t table_find(const struct table *table, uint64_t hash);
/* Adds what is not there, and writes it to the log; `*ret_number` is ITEM_NONE when the table is full. Errors: WQ_E_NO_MEMORY. */
wq_err table_add(struct table *table, wq_str url, uint64_t hash, const struct item *like, uint32_t *ret_number);
/* The address into `out`, with NUL. Requires: WQ_FETCH_URL_MAX + 1 bytes. Errors: those of log_read. */
wq_err table_url(const struct table *table, uint32_t number, char *out);
/* What became of it, into the log. */
void table_put_result(struct table *table, uint32_t number);
/* From the log: LOG_ADDRESS and LOG_RESULT; others are passed over. Errors: WQ_E_ALTERED, WQ_E_NO_MEMORY. */
wq_err table_replay(void *table, enum log_kind kind, wq_str body, uint64_t at);

#endif
