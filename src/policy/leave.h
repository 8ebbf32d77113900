/* The leave-site prompt: which links lead out, how they are renamed, and the page that asks (B6; 2014 三; 2024 art. 15).
 *
 * A link leads out when its host is neither one of the application's own, nor listed as inside, nor below a suffix that
 * is reserved to organs; judged on the parsed address (text/url.h), never on its text, so "http://gov.cn@evil.com/",
 * "http://www.gov.cn.evil.com/", "//evil.com" and "http://evil.com/?u=gov.cn" all lead out. A link that a browser would
 * follow to another scheme's network place (ftp:) leads out; mailto:, tel:, javascript:, data:, fragments do not.
 *
 * Sealed pages name it by its id, "/leave/<32 hex digits>", from the address alone: WQ_LEAVE_ID_HEX digits of SM3 of its
 * canonical encoding (domain weique.leave.id); the gate looks it up in the snapshot's table of links. Dynamic pages carry
 * the address itself with an HMAC-SM3 under the application's key, "/leave/d/<32 hex digits>/<address in base64url>": all of
 * it in the path, because a form that is sent by GET puts its fields in the place of a query; so nobody can use the
 * page to lend a false address the portal's name. Never an automatic redirect.
 *
 * Bad at: schemes that open a program without naming a host (weixin:…), they stay.
 */
#ifndef WQ_POLICY_LEAVE_H
#define WQ_POLICY_LEAVE_H

#include "crypto/digest.h"
#include "policy/policy.h"
#include "text/url.h"

enum { WQ_LEAVE_ID_BYTES = 16, WQ_LEAVE_ID_HEX = 32, WQ_LEAVE_URL_MAX = 4096, WQ_LEAVE_TARGET_MAX = 2 * 4096 };

enum wq_leave_verdict {
	WQ_LEAVE_STAYS, /* inside, or no link to a place */
	WQ_LEAVE_LEADS_OUT,
	WQ_LEAVE_UNREADABLE, /* no address by the URL standard: a browser goes nowhere with it */
	/* It leads out, or may, but has no name here: it is over WQ_LEAVE_URL_MAX, or only some browsers read its host (text/url.h
	 * refuses emoji domains). A link to it is cut: it becomes the bare prefix, which nothing answers. */
	WQ_LEAVE_CUT
};

/* One application, prepared: its policy and its own hosts (canonical, that of the document among them). Borrowed. */
struct wq_leave {
	const struct wq_policy *policy;
	const wq_str *hosts;
	size_t hosts_n;
};

/* Judges `address` as written (references decoded, UTF-8) in a document at `base`. Who leads out gets the absolute address in
 * `out` (appended; canonical serialisation with fragment). An address that is written as it is serialised is not parsed and
 * takes no memory; others do, in `scratch`, which the caller resets. */
enum wq_leave_verdict wq_leave_judge(const struct wq_leave *leave, const struct wq_url *base, wq_str address,
	struct wq_arena *scratch, struct wq_buf *out);
/* Whether a canonical host is inside. */
bool wq_leave_inside(const struct wq_leave *leave, wq_str host);

struct wq_leave_id {
	uint8_t b[WQ_LEAVE_ID_BYTES];
};
/* The name of an address that wq_leave_judge() gave. */
struct wq_leave_id wq_leave_id(wq_str address);
/* The key of one application from the installation's: HMAC-SM3(master, domain tag || app). */
wq_digest wq_leave_key(const wq_digest *master, wq_str app);

/* Appends "/leave/<id>", or with a key "/leave/d/…". Requires: an address that wq_leave_judge() gave. */
void wq_leave_target(const struct wq_policy *policy, wq_str address, const wq_digest *key, struct wq_buf *out);
/* The same under a key that was prepared once: wq_hmac_sm3_key() of its bytes. */
void wq_leave_target_with(
	const struct wq_policy *policy, wq_str address, const struct wq_hmac_key *key, struct wq_buf *out);

/* What a request below the prefix asks for. `target` is the path and query as they came; the query means nothing (a form may
 * have put its fields there). For a token, `keys` are tried in order; the address is appended to `out`. Only spelt as
 * wq_leave_target() spells it, and nothing when the policy has no prompt. */
enum wq_leave_request { WQ_LEAVE_NONE, WQ_LEAVE_BY_ID, WQ_LEAVE_BY_TOKEN };
bool wq_leave_is(const struct wq_policy *policy, wq_str path);
enum wq_leave_request wq_leave_read(const struct wq_policy *policy, wq_str target, const wq_digest *keys, size_t keys_n,
	struct wq_leave_id *ret_id, struct wq_buf *out);

/* The page: UTF-8 HTML, Chinese first, English below; the statutory sentence, the whole address as text, two links
 * (继续访问 with rel="noreferrer noopener", 放弃 back to `back`, a path of our own, else "/"), no script, style inline with a
 * hash for the CSP; the host apart, so that what stands before an "@" deceives nobody; landmarks and headings for screen readers, focus order as read. Everything from outside is escaped.
 * wq_leave_page_headers(): the header lines it needs (CSP, X-Frame-Options, Referrer-Policy, …), each "Name: value\r\n". */
void wq_leave_page(const struct wq_policy *policy, wq_str address, wq_str back, struct wq_buf *out);
wq_str wq_leave_page_headers(void);

#endif
