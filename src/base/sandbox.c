#include "base/sandbox.h"

#include "base/sandbox_priv.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

struct entering {
	const struct wq_sandbox_spec *spec;
	struct wq_sandbox_report *report;
};

const char *wq_sandbox_part_name(enum wq_sandbox_part part)
{
	static const char *const names[] = {
		"user", "no_new_privs", "capabilities", "limits", "landlock", "landlock_net", "seccomp", "dumpable"};

	return (size_t)part < WQ_COUNT(names) ? names[part] : "";
}

static void set_part(const struct entering *in, enum wq_sandbox_part part, bool on, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static void set_part(const struct entering *in, enum wq_sandbox_part part, bool on, const char *format, ...)
{
	va_list args;

	in->report->parts[part].on = on;
	va_start(args, format);
	vsnprintf(in->report->parts[part].why, sizeof in->report->parts[part].why, format, args);
	va_end(args);
}

static bool forced_off(const struct entering *in, enum wq_sandbox_part part)
{
	if (!(in->spec->off & WQ_SANDBOX_BIT(part)))
		return false;
	set_part(in, part, false, "turned off");
	return true;
}

static void set_result(const struct entering *in, enum wq_sandbox_part part, int errnum)
{
	set_part(in, part, errnum == 0, "%s", errnum == 0 ? "" : strerror(errnum));
}

static int limit(int what, uint64_t value)
{
	struct rlimit now, r;

	if (getrlimit((__rlimit_resource_t)what, &now) != 0)
		return errno;
	r.rlim_cur = r.rlim_max = now.rlim_max == RLIM_INFINITY ? value : WQ_MIN((rlim_t)value, now.rlim_max);
	return setrlimit((__rlimit_resource_t)what, &r) == 0 ? 0 : errno;
}

static void enter_limits(const struct entering *in)
{
	const struct wq_sandbox_spec *s = in->spec;
	int rc;

	if (forced_off(in, WQ_SANDBOX_LIMITS))
		return;
	rc = limit(RLIMIT_CORE, 0);
	if (rc == 0 && s->max_memory_bytes)
		rc = limit(RLIMIT_AS, s->max_memory_bytes);
	if (rc == 0 && s->max_file_bytes)
		rc = limit(RLIMIT_FSIZE, s->max_file_bytes);
	if (rc == 0 && s->max_descriptors)
		rc = limit(RLIMIT_NOFILE, s->max_descriptors);
	if (rc == 0 && s->max_processes)
		rc = limit(RLIMIT_NPROC, s->max_processes);
	set_result(in, WQ_SANDBOX_LIMITS, rc);
}

static wq_err find_user(const struct wq_sandbox_spec *s, uid_t *ret_uid, gid_t *ret_gid)
{
	const struct passwd *pw = getpwnam(s->user);
	const struct group *gr = s->group ? getgrnam(s->group) : NULL;

	if (!pw)
		return wq_error(WQ_E_CONFIG, "no such user: %s", s->user);
	if (s->group && !gr)
		return wq_error(WQ_E_CONFIG, "no such group: %s", s->group);
	*ret_uid = pw->pw_uid;
	*ret_gid = gr ? gr->gr_gid : pw->pw_gid;
	return WQ_OK;
}

/* The bounding set first, while CAP_SETPCAP is there. */
static int drop_bounding(void)
{
	for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0)
			return errno;
	return 0;
}

static int drop_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {{0}};

	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	return syscall(SYS_capset, &header, none) == 0 ? 0 : errno;
}

static wq_err enter_user(const struct entering *in)
{
	uid_t uid = (uid_t)-1;
	gid_t gid = (gid_t)-1;

	if (forced_off(in, WQ_SANDBOX_USER))
		return WQ_OK;
	if (geteuid() != 0) {
		set_part(in, WQ_SANDBOX_USER, true, "%s", "");
		return WQ_OK;
	}
	if (!in->spec->user) {
		set_part(in, WQ_SANDBOX_USER, false, "runs as root and no user is configured");
		return WQ_OK;
	}
	WQ_TRY(find_user(in->spec, &uid, &gid));
	if (setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0)
		return wq_error_sys(WQ_E_CONFIG, errno, "become user %s: %s", in->spec->user, strerror(errno));
	if (uid != 0 && setuid(0) == 0)
		return wq_error(WQ_E_BUG, "root came back");
	set_part(in, WQ_SANDBOX_USER, uid != 0, "%s", uid != 0 ? "" : "the user is root");
	return WQ_OK;
}

static wq_err enter_privileges(const struct entering *in)
{
	bool drop = !forced_off(in, WQ_SANDBOX_CAPABILITIES);
	int rc = 0;

	if (drop && geteuid() == 0)
		rc = drop_bounding();
	WQ_TRY(enter_user(in));
	if (drop)
		set_result(in, WQ_SANDBOX_CAPABILITIES, rc != 0 ? rc : drop_capabilities());
	if (!forced_off(in, WQ_SANDBOX_NO_NEW_PRIVS))
		set_result(in, WQ_SANDBOX_NO_NEW_PRIVS, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? 0 : errno);
	return WQ_OK;
}

/* The rule set is made before the user changes, since its paths may be readable for root only. */
static wq_err prepare_landlock(const struct entering *in, int *ret_fd)
{
	int abi = wq_sandbox_landlock_abi();
	wq_err e;

	in->report->landlock_abi = abi;
	if (forced_off(in, WQ_SANDBOX_LANDLOCK)) {
		set_part(in, WQ_SANDBOX_LANDLOCK_NET, false, "needs landlock");
		return WQ_OK;
	}
	if (abi == 0) {
		set_part(in, WQ_SANDBOX_LANDLOCK, false, "the kernel has no landlock");
		set_part(in, WQ_SANDBOX_LANDLOCK_NET, false, "the kernel has no landlock");
		return WQ_OK;
	}
	e = wq_sandbox_landlock_prepare(in->spec, abi, ret_fd);
	if (wq_is(e, WQ_E_UNSUPPORTED)) {
		set_part(in, WQ_SANDBOX_LANDLOCK, false, "%.100s", wq_err_note(e));
		set_part(in, WQ_SANDBOX_LANDLOCK_NET, false, "needs landlock");
		return WQ_OK;
	}
	return e;
}

static void enter_landlock(const struct entering *in, int fd)
{
	int abi = in->report->landlock_abi, rc;

	if (fd < 0)
		return;
	rc = wq_sandbox_landlock_restrict(fd);
	set_result(in, WQ_SANDBOX_LANDLOCK, rc);
	if (rc == 0 && abi < 3)
		set_part(in, WQ_SANDBOX_LANDLOCK, true, "ABI %d: truncation of files is not covered", abi);
	if (rc != 0)
		set_part(in, WQ_SANDBOX_LANDLOCK_NET, false, "needs landlock");
	else if (in->spec->allow & WQ_SANDBOX_NET)
		set_part(in, WQ_SANDBOX_LANDLOCK_NET, false, "the network is allowed");
	else if (abi < 4)
		set_part(in, WQ_SANDBOX_LANDLOCK_NET, false, "ABI %d, 4 is needed; seccomp covers it", abi);
	else if (!forced_off(in, WQ_SANDBOX_LANDLOCK_NET))
		set_part(in, WQ_SANDBOX_LANDLOCK_NET, true, "%s", "");
}

static wq_err check_required(const struct entering *in)
{
	for (unsigned part = 0; part < WQ_SANDBOX_PARTS; part++)
		if ((in->spec->required & WQ_SANDBOX_BIT(part)) && !in->report->parts[part].on)
			return wq_error(WQ_E_UNSUPPORTED, "sandbox: %s is required but off: %s",
				wq_sandbox_part_name((enum wq_sandbox_part)part), in->report->parts[part].why);
	return WQ_OK;
}

wq_err wq_sandbox_enter(const struct wq_sandbox_spec *spec, struct wq_sandbox_report *ret_report)
{
	const struct entering in = {spec, ret_report};
	int landlock = -1;
	wq_err e;

	*ret_report = (struct wq_sandbox_report){0};
	for (unsigned part = 0; part < WQ_SANDBOX_PARTS; part++)
		set_part(&in, (enum wq_sandbox_part)part, false, "not reached");
	WQ_TRY(prepare_landlock(&in, &landlock));
	enter_limits(&in);
	e = enter_privileges(&in);
	if (!wq_failed(e)) {
		enter_landlock(&in, landlock);
		if (!forced_off(&in, WQ_SANDBOX_DUMPABLE))
			set_result(&in, WQ_SANDBOX_DUMPABLE, prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : errno);
	}
	if (landlock >= 0)
		close(landlock);
	WQ_TRY(e);
	if (!forced_off(&in, WQ_SANDBOX_SECCOMP))
		set_result(&in, WQ_SANDBOX_SECCOMP, wq_sandbox_seccomp(spec->allow));
	return check_required(&in);
}
