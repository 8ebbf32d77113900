#include "inspect/fake/image.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/sandbox.h"

struct answer {
	uint8_t has;
	struct wq_likeness_image image;
};

/* In the child: never returns. */
static void child(const struct wq_likeness_rules *rules, wq_str bytes, int to)
{
	const struct wq_sandbox_spec spec = {.max_file_bytes = 1, .off = WQ_SANDBOX_BIT(WQ_SANDBOX_DUMPABLE)};
	struct wq_buf grey = WQ_BUF_INIT(WQ_LIKENESS_PIXELS_MAX);
	struct wq_sandbox_report report;
	struct answer answer;
	uint32_t width, height;

	memset(&answer, 0, sizeof answer);
	if (wq_failed(wq_sandbox_enter(&spec, &report)))
		_exit(1);
	if (wq_fake_image_decode(bytes, &grey, &width, &height))
		answer.has = wq_likeness_image_hash(rules, grey.data, width, height, &answer.image);
	_exit(write(to, &answer, sizeof answer) == sizeof answer ? 0 : 1);
}

/* What came within the time; anything but a whole answer is none. */
static bool listen_to(int from, struct answer *ret)
{
	struct pollfd poll_for = {.fd = from, .events = POLLIN};
	int n;

	do
		n = poll(&poll_for, 1, WQ_FAKE_IMAGE_MSEC);
	while (n < 0 && errno == EINTR);
	return n == 1 && read(from, ret, sizeof *ret) == sizeof *ret;
}

wq_err wq_fake_image_hash(
	const struct wq_likeness_rules *rules, wq_str bytes, struct wq_likeness_image *ret_image, bool *ret_has)
{
	struct answer answer;
	int ends[2], status;
	pid_t pid;

	if (bytes.n > WQ_FAKE_IMAGE_BYTES)
		return wq_error(WQ_E_LIMIT, "an image of %zu bytes", bytes.n);
	if (pipe(ends) != 0)
		return wq_error_sys(WQ_E_IO, errno, "pipe");
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		child(rules, bytes, ends[1]);
	}
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return wq_error_sys(WQ_E_IO, errno, "fork");
	}
	bool has = listen_to(ends[0], &answer) && answer.has == 1;
	close(ends[0]);
	kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (has)
		*ret_image = answer.image;
	*ret_has = has;
	return WQ_OK;
}
