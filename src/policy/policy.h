/* The policy of one application: what the gate does with a path, who counts as inside, what is put into pages. It is part
 * of a snapshot's body, so people approve it like a page and it switches with the pages, all or nothing.
 *
 * Two forms: the *profile*, a text that an operator writes (policy/profile.h), and the *block*, canonical bytes
 * (crypto/canon.h, domain weique.policy) that stand in the body. A block is decoded once, when a snapshot is taken in;
 * look-ups after that allocate nothing. An empty block is the default policy: everything sealed, exact queries, no prompt.
 *
 * Invariants of a decoded policy: prefixes begin with '/', are in canonical form (text/key.h) and ascend; hosts and
 * suffixes are canonical; every text is UTF-8 without control characters (the footer: without NUL); counts are within the
 * limits below. A class that is none (memory that was altered) is WQ_CLASS_CLOSED.
 *
 * Clauses: C1 and invariant 1 (sealed), C3 (dynamic), C8 and 2024 art. 19 (staff), B6 and 2024 art. 15 (leave), A6 and 2024
 * art. 9 (footer).
 */
#ifndef WQ_POLICY_POLICY_H
#define WQ_POLICY_POLICY_H

#include "base/arena.h"
#include "base/buf.h"
#include "policy/guard.h"
#include "text/host.h"
#include "text/key.h"

enum {
	WQ_POLICY_BLOCK_MAX = 1024 * 1024,
	WQ_POLICY_PATHS_MAX = 4096,
	WQ_POLICY_LISTED_MAX = 32,
	WQ_POLICY_NETWORKS_MAX = 1024,
	WQ_POLICY_INSIDE_MAX = 4096,
	WQ_POLICY_VOLATILE_MAX = 1024,
	WQ_POLICY_TEXT_MAX = 256,        /* name of the portal, of a parameter */
	WQ_POLICY_FOOTER_MAX = 16 * 1024 /* bytes of HTML */
};

enum wq_path_class { WQ_CLASS_SEALED, WQ_CLASS_DYNAMIC, WQ_CLASS_STAFF, WQ_CLASS_CLOSED };
/* "sealed", "dynamic", "staff", "closed"; and for people. */
const char *wq_path_class_name(enum wq_path_class class);
const char *wq_path_class_title(enum wq_path_class class, enum wq_lang lang);
bool wq_path_class_parse(wq_str name, enum wq_path_class *ret_class);

/* What holds below a path prefix. Prefixes match whole segments: "/admin" matches "/admin" and "/admin/x", not
 * "/administrator"; "/admin/" matches what is below. The longest match counts. */
struct wq_path_rule {
	wq_str prefix;
	enum wq_path_class class;
	enum wq_key_query query; /* of sealed paths; what is not sealed is forwarded with its query as it is */
	const wq_str *listed;    /* with WQ_KEY_QUERY_LISTED */
	size_t listed_n;
};

struct wq_network {
	struct wq_addr addr; /* host bits are zero */
	uint8_t bits;
};

/* A region that differs each time a page is fetched though nothing was changed. */
enum wq_volatile_action { WQ_VOLATILE_FREEZE /* keeps its sealed value */, WQ_VOLATILE_REMOVE /* is cut out */ };
/* Of which bytes a region may consist: what else stands there is no region, so a planted script or sentence is seen. */
enum wq_volatile_bytes {
	WQ_VOLATILE_DIGITS, /* 0-9 . , */
	WQ_VOLATILE_HEX,    /* those and a-f A-F - */
	WQ_VOLATILE_WORD,   /* those and all letters, _ ~ % */
	WQ_VOLATILE_BASE64, /* those and + / = */
	WQ_VOLATILE_CLOCK, /* a date or a time: digits, its punctuation, its words in English and Chinese (UTF-8, GB18030, Big5) */
	WQ_VOLATILE_TEXT, /* neither < > nor a quotation mark nor a control byte but tab and newlines */
	WQ_VOLATILE_ANY   /* markup too: never learnt, only written by a person */
};
enum { WQ_VOLATILE_CONTEXT_MAX = 64, WQ_VOLATILE_REGION_MAX = 4096 };
struct wq_volatile_rule { /* policy/volatile.h */
	wq_str prefix;    /* of paths, as above */
	enum wq_volatile_action action;
	/* the bytes that stand directly before and after the region; none: the region begins, ends with the page (not both) */
	wq_str before, after;
	uint32_t max_bytes; /* of the region, 1 to WQ_VOLATILE_REGION_MAX */
	enum wq_volatile_bytes bytes;
};

enum wq_csp_mode { WQ_CSP_OFF, WQ_CSP_REPORT, WQ_CSP_ENFORCE };

struct wq_policy {
	const struct wq_path_rule *paths;
	size_t paths_n;
	/* the networks from which staff paths may be reached; none: from nowhere */
	const struct wq_network *staff;
	size_t staff_n;
	/* leave-site prompt (2024 art. 15) */
	bool leave;
	wq_str portal;       /* its name in the prompt's sentence: "云山县人民政府" */
	wq_str leave_prefix; /* "/leave/": begins and ends with '/'; letters, digits and ._~%- */
	const wq_str
		*suffixes; /* a host below one of these is inside (not the suffix itself): "gov.cn", "xn--zfr164b" */
	size_t suffixes_n;
	const wq_str *inside; /* hosts that are inside besides those, and besides the application's own */
	size_t inside_n;
	/* what is added before </body> of a page that has no mark of its own; empty: nothing */
	wq_str footer;
	enum wq_csp_mode csp;
	const struct wq_volatile_rule *volatiles;
	size_t volatiles_n;
	struct wq_guard guard; /* the rule engine: policy/guard.h */
};

/* Everything off, everything sealed; the prompt's path is "/leave/". Start from it: zeroed memory is no policy. */
extern const struct wq_policy wq_policy_default;

/* Canonical bytes: equal policies give equal blocks, whatever the order of their lists. Errors: WQ_E_INPUT naming what
 * breaks an invariant (a prefix twice, …), WQ_E_LIMIT. `out` is then as before. The default gives an empty block. */
wq_err wq_policy_encode(const struct wq_policy *policy, struct wq_buf *out);
/* Slices point into `block`, lists live in `arena`. Errors: WQ_E_FORMAT for anything that wq_policy_encode() would not have
 * made, WQ_E_LIMIT. */
wq_err wq_policy_decode(wq_str block, struct wq_arena *arena, struct wq_policy *ret_policy);

/* Whether a path lies below a prefix, as prefixes are understood here. */
bool wq_policy_below(wq_str prefix, wq_str path);
/* The rule of a path (leading slash, canonical, without query); NULL: none matches, the path is sealed with exact queries.
 * Requires: a decoded policy. O(log n) for each segment. Paths with a ';' parameter can be read in two ways: ask wq_key_has_parameter() first. */
const struct wq_path_rule *wq_policy_path(const struct wq_policy *policy, wq_str path);
enum wq_path_class wq_policy_class(const struct wq_policy *policy, wq_str path);
/* Whether an address may reach staff paths. */
bool wq_policy_staff(const struct wq_policy *policy, const struct wq_addr *addr);
/* "10.0.0.0/8", "2001:db8::/32", "192.0.2.7": WQ_E_INPUT when it is none or has host bits. An IPv4 address inside an IPv6
 * one (::ffff:10.0.0.1, as a socket for both gives it) is that IPv4 address. */
wq_err wq_network_parse(wq_str text, struct wq_network *ret_network);
bool wq_network_has(const struct wq_network *network, const struct wq_addr *addr);

#endif
