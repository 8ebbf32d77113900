/* robots.txt (RFC 9309): may an agent fetch this path?
 *
 * The rules of the groups that name the agent, or else of `*`; the longest match decides, Allow wins a tie; `*` and `$`. A file is
 * read once, its rules are asked often: what a file can cost is bounded, for some have a hundred thousand lines.
 * Bad at: Crawl-delay and Sitemap, which are not part of the standard and not read.
 */
#ifndef WQ_INSPECT_CRAWL_ROBOTS_H
#define WQ_INSPECT_CRAWL_ROBOTS_H

#include "base/base.h"
#include "base/buf.h"

enum { WQ_ROBOTS_STEPS = 500000 }; /* bytes compared for one question, at most; then the answer is no */

/* What binds `agent`, our product token, of the file `text`: "+/path" or "-/path" a line, appended. Errors: those of the buffer. */
wq_err wq_robots_read(wq_str text, wq_str agent, struct wq_buf *ret_rules);
/* `rules` as above, `target` the path with its query. No rules allow all. */
bool wq_robots_allow(wq_str rules, wq_str target);

#endif
