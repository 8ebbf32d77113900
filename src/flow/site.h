/* A site as capture sees it: resources one after the other, from a directory or from an origin by HTTP.
 *
 * A directory: every regular file is the resource at its path below the host. A symbolic link counts only when it leads
 * to a file that everybody may read, through folders that everybody may enter; names that begin with '.' are left out, and so
 * is a name that has no unambiguous address (text/key.h). `index.html` (else index.htm) is also the resource at its
 * folder's path, and such a folder without trailing slash is a 301 to it, as a web server would do. A file 404.html at
 * the top becomes the page for unknown addresses, with status 404. Content types by extension; text carries the charset
 * that it declares or is in. Where the site's own pages and style sheets name a file with a query (style.css?v=3), that
 * spelling is a resource too: a web server ignores the query, the gate's look-up does not. A file that cannot be read
 * ends the visit with its name: a site is not proposed with holes. Every host of the application has all of it.
 *
 * An origin by HTTP: walked from its start by links (inspect/crawl); redirects are resources, with a Location under the
 * public name; 404 and 410 are not there; what failed for a reason that may pass is `unknown`. Of the origin's headers
 * only an allow-list is kept (flow/site_http.c). A walk that does not fit into its limits is WQ_E_LIMIT: what was not
 * looked at must not seem to be gone.
 */
#ifndef WQ_FLOW_SITE_H
#define WQ_FLOW_SITE_H

#include "base/arena.h"
#include "base/base.h"
#include "flow/settings.h"
#include "ledger/registry.h"
#include "text/key.h"

enum { WQ_SITE_OBJECT_MAX = 1 << 30, WQ_SITE_FILES_MAX = 2000000, WQ_SITE_HEADERS_MAX = 16 * 1024 };

struct wq_site_item {
	wq_str key;
	uint16_t status;
	wq_str type;
	wq_str headers; /* "Location: …\r\n" and the like, canonical: in byte order, fit to be sent */
	wq_str body;
	wq_str source; /* file name or URL, for messages */
	bool unknown; /* it could not be looked at (time-out, 5xx): nothing but key and source is set; what is sealed stays */
	bool absent;   /* the origin says that it is not there (404, 410): nothing but key and source is set */
	bool recalled; /* by wq_site_options.recall */
};

/* Slices live until the visitor returns. An error ends the visit. */
typedef wq_err (*wq_site_fn)(void *data, const struct wq_site_item *item);

/* What was left out, and why: never an error by itself. */
typedef void (*wq_site_skip_fn)(void *data, wq_str source, const char *why);

struct wq_site_options {
	const struct wq_capture_settings *settings; /* NULL: the defaults */
	bool allow_private;                         /* origins in private address ranges */
	/* Addresses to look at besides those that links lead to, absolute: what is sealed already is asked for even when the
	 * page that linked to it cannot be read. For an origin by HTTP. */
	const char *const *seeds;
	size_t seeds_n;
	wq_site_skip_fn skipped; /* may be NULL */
	void *skipped_data;

	/* For an origin by HTTP; each may be NULL. */
	/* What is asked of a path, and how its query makes the key (inspect/crawl). */
	bool (*path)(void *data, wq_str path, struct wq_key_policy *ret_policy);
	/* Whether a resource was visited before, in a visit that was cut off: then it is not fetched. Slices live until the
	 * next call of any of these. */
	wq_err (*recall)(void *data, wq_str key, struct wq_site_item *ret_item, bool *ret_known);
	/* Whose links a document stands for: `*ret_body` is its own body when called. */
	wq_err (*document)(void *data, const struct wq_site_item *item, wq_str *ret_body);
	/* Between resources and while nothing arrives, at least every second; an error ends the visit. `known`: addresses that
	 * were found so far. */
	wq_err (*tick)(void *data, uint64_t known);
	void *data;
	/* Fetch the seeds only, each on a connection of its own: the second look. Redirects are `unknown`. */
	bool only_seeds;
};

/* Visits every resource of the application's origin. Errors: the visitor's, WQ_E_LIMIT, WQ_E_DENIED (a file that may not be
 * read, an origin in a private range), WQ_E_IO, WQ_E_NOT_FOUND (no such directory), WQ_E_PEER (no address). */
wq_err wq_site_visit(const struct wq_app_row *app, const struct wq_site_options *options, wq_site_fn visit, void *data);

/* The two kinds. Hosts are canonical, one at least. `options` may be NULL. */
wq_err wq_site_directory(const char *dir, const wq_str *hosts, size_t hosts_n, const struct wq_site_options *options,
	wq_site_fn visit, void *data);
wq_err wq_site_origin(
	const struct wq_app_row *app, const struct wq_site_options *options, wq_site_fn visit, void *data);

/* The charset that a browser would read these bytes in, by label (of a Content-Type; may be empty), declaration or the
 * bytes themselves; empty when nothing tells. Static. */
wq_str wq_site_charset(wq_str label, wq_str bytes);
/* Content type by the name's extension, with the charset for text. In `arena` or static. */
wq_str wq_site_type(wq_str name, wq_str bytes, struct wq_arena *arena);

#endif
