/* The portal that tests and fuzz targets of leaving and rewriting guard. */
#ifndef WQ_POLICY_LEAVE_SITE_TEST_H
#define WQ_POLICY_LEAVE_SITE_TEST_H

#include "policy/leave.h"

static const wq_str test_hosts[] = {WQ_S_INIT("www.yunshan.gov.cn"), WQ_S_INIT("yunshan.example")};
static const wq_str test_inside[] = {WQ_S_INIT("www.partner.example"), WQ_S_INIT("bszs.conac.cn")};
static const wq_str test_suffixes[] = {WQ_S_INIT("gov.cn"), WQ_S_INIT("xn--zfr164b")};
static const struct wq_policy test_policy = {
	.leave = true,
	.portal = WQ_S_INIT("云山县人民政府"),
	.leave_prefix = WQ_S_INIT("/leave/"),
	.suffixes = test_suffixes,
	.suffixes_n = WQ_COUNT(test_suffixes),
	.inside = test_inside,
	.inside_n = WQ_COUNT(test_inside),
};
static const struct wq_leave test_leave = {&test_policy, test_hosts, WQ_COUNT(test_hosts)};

#endif
