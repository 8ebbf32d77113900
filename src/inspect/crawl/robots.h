/* robots.txt (RFC 9309): may an agent fetch this path?
 *
 * The rules of the group that names the agent, or else of `*`; the longest match decides, Allow wins a tie; `*` and `$`.
 * Bad at: Crawl-delay and Sitemap, which are not part of the standard and not read.
 */
#ifndef WQ_INSPECT_CRAWL_ROBOTS_H
#define WQ_INSPECT_CRAWL_ROBOTS_H

#include "base/base.h"

/* `text` is the file, `agent` our product token, `target` the path with its query. An empty text allows all. */
bool wq_robots_allow(wq_str text, wq_str agent, wq_str target);

#endif
