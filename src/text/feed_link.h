/* The addresses in a sitemap, an index of sitemaps, an RSS or an Atom feed.
 *
 * Read with the HTML tokenizer, which takes any markup: faults of XML that a feed reader would refuse are passed over. Links come
 * as from text/html_link.h, with tag WQ_TAG_OTHER and attr "loc", "link" or "url".
 * Bad at: xml:base; prefixes bound to other names than the usual ones; addresses inside the escaped HTML of an entry.
 */
#ifndef WQ_TEXT_FEED_LINK_H
#define WQ_TEXT_FEED_LINK_H

#include "text/html_link.h"

/* Whether the first element is one of urlset, sitemapindex, rss, feed, rdf:RDF. */
bool wq_feed_is(wq_str document);
/* Calls `fn` for every address, in order. Requires UTF-8. Errors: WQ_E_NO_MEMORY, what `fn` returned. */
wq_err wq_feed_links(wq_str document, wq_link_fn fn, void *data);

#endif
