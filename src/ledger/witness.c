#include "ledger/ledger.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>

/* The witness may allow writing only: then a line that was cut off cannot be seen, and ours starts on a new one. */
static bool ends_clean(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	char last = 0;
	bool clean;

	if (fd < 0)
		return false;
	clean = fstat(fd, &st) == 0 && (st.st_size == 0 || (pread(fd, &last, 1, st.st_size - 1) == 1 && last == '\n'));
	close(fd);
	return clean;
}

static wq_err add_to_file(const char *path, const struct wq_head *head)
{
	WQ_BUF(line, WQ_HEAD_LINE_MAX);
	bool is_new = access(path, F_OK) != 0;
	ssize_t n;
	int fd, rc;

	if (!is_new && !ends_clean(path))
		wq_buf_byte(&line, '\n');
	WQ_TRY(wq_head_line(head, &line));
	wq_buf_byte(&line, '\n');
	WQ_TRY(wq_buf_err(&line));
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return wq_error_sys(WQ_E_IO, errno, "%s", path);
	/* one write: lines of several ledgers do not mix */
	n = write(fd, line.data, line.len);
	rc = n == (ssize_t)line.len ? fsync(fd) : -1;
	if (rc != 0) {
		int saved = n >= 0 && n < (ssize_t)line.len ? ENOSPC : errno;
		close(fd);
		return wq_error_sys(WQ_E_IO, saved, "%s", path);
	}
	close(fd);
	return is_new ? wq_dir_sync_of(&wq_fs_system, path) : WQ_OK;
}

/* RFC 3164 as every local syslog takes it. Not syslog(3): that cannot say whether anybody took the line. */
static wq_err add_to_syslog(const char *path, const struct wq_head *head)
{
	WQ_BUF(line, WQ_HEAD_LINE_MAX);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	ssize_t n = -1;
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return wq_error(WQ_E_CONFIG, "the path of the syslog socket is too long");
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	wq_buf_printf(&line, "<%d>weique-head: ", LOG_AUTHPRIV | LOG_NOTICE);
	WQ_TRY(wq_head_line(head, &line));
	WQ_TRY(wq_buf_err(&line));
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		n = send(fd, line.data, line.len, MSG_NOSIGNAL);
	if (n != (ssize_t)line.len) {
		wq_err e = wq_error_sys(WQ_E_PEER, errno, "syslog at %s", path);
		if (fd >= 0)
			close(fd);
		return e;
	}
	close(fd);
	return WQ_OK;
}

wq_err wq_witness_add(wq_str witness, const struct wq_head *head)
{
	char path[PATH_MAX];
	bool file = wq_str_starts(witness, WQ_S("file:")), log = wq_str_starts(witness, WQ_S("syslog:"));
	wq_str rest = wq_str_from(witness, file ? strlen("file:") : strlen("syslog:"));

	if ((!file && !log) || rest.n >= sizeof(path) || wq_str_chr(rest, '\0') >= 0 ||
		(rest.n == 0 ? file : rest.p[0] != '/'))
		return wq_error(WQ_E_CONFIG, "a witness is file:/path or syslog:");
	snprintf(path, sizeof(path), "%.*s", WQ_S_ARG(rest));
	if (file)
		return add_to_file(path, head);
	return add_to_syslog(rest.n ? path : "/dev/log", head);
}
