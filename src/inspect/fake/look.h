/* Looks at one page of somebody else: fetches it and the images that it shows, and says what is ours of it.
 *
 * By inspect/fetch, so every address is checked; redirects are followed up to WQ_FAKE_REDIRECTS, images up to WQ_FAKE_IMAGES. With a
 * file in the place of the network nothing is sent. Resolving is only done here, and in wq_fake_wildcard(). Bad at: pages that
 * only a script makes.
 */
#ifndef WQ_INSPECT_FAKE_LOOK_H
#define WQ_INSPECT_FAKE_LOOK_H

#include "detect/likeness/judge.h"
#include "inspect/fetch/fetch.h"

enum { WQ_FAKE_REDIRECTS = 5, WQ_FAKE_IMAGES = 16 };

struct wq_fake_look_options {
	const struct wq_likeness_rules *rules;
	const struct wq_likeness_set *set;
	struct wq_likeness_index *index; /* NULL: no page is protected */
	struct wq_fetch_options fetch;
	bool has_file;
	wq_str file; /* with has_file: the body, as somebody has kept it */
};

struct wq_fake_look {
	struct wq_document document; /* address after redirects; all of it lives in the arena */
	wq_str addresses;            /* what its name resolves to, one a line; empty with a file */
	struct wq_likeness_judgement judgement;
};

/* Errors: WQ_E_INPUT for an address that is none, WQ_E_PEER when nothing came (the note says why), those of the judge. */
wq_err wq_fake_look(struct wq_arena *arena, const struct wq_fake_look_options *options, wq_str url,
	struct wq_findings *findings, struct wq_fake_look *ret_look);

/* The addresses of a name, one a line onto `out`; nothing for a name that has none. Asks the system's resolver. */
void wq_fake_resolve(const char *name, struct wq_buf *out);
/* Whether a domain answers for a sub-domain that nobody can have made: then its sub-domains say nothing. */
bool wq_fake_wildcard(const char *domain, const struct wq_random *random);

#endif
