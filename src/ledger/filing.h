/* The numbers under which an application is filed (A1), by their forms alone: whether a number was given out, only the
 * authority's own register says.
 */
#ifndef WQ_LEDGER_FILING_H
#define WQ_LEDGER_FILING_H

#include "base/str.h"

/* ICP filing with the telecommunication authority: "京ICP备05070218号-1", 8 to 10 digits, with or without the site's number. */
bool wq_filing_icp(wq_str text);
/* Filing with the police: "闽公网安备35030302900035号", a space before the 14 digits may stand. */
bool wq_filing_police(wq_str text);
/* 网站标识码: 10 digits (region and number), or "bm" and 8 digits (departments of the State Council). */
bool wq_filing_site_code(wq_str text);

#endif
