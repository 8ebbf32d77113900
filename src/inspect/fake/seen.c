#include "inspect/fake/seen.h"

#define HEAD "weique-fake-seen 1\n"

static wq_err take_line(struct wq_fake_seen *seen, wq_str line, size_t number)
{
	wq_time time;
	wq_str rest = line, when = wq_str_cut(&rest, ' '), domain = wq_str_cut(&rest, ' ');

	if (wq_failed(wq_time_parse(when, &time)) || domain.n == 0 || rest.n == 0)
		return wq_error(WQ_E_FORMAT, "%s:%zu: no line of a list of names", seen->path, number);
	return wq_map_put(&seen->domains, domain, NULL, NULL);
}

static wq_err take(struct wq_fake_seen *seen, wq_str text)
{
	size_t number = 1;

	if (!wq_str_starts(text, WQ_S(HEAD)))
		return wq_error(WQ_E_FORMAT, "%s: no list of names, or of another version", seen->path);
	ptrdiff_t end = wq_str_rchr(text, '\n');
	seen->whole = (size_t)end + 1;
	wq_str rest = wq_str_from(wq_str_head(text, (size_t)end), sizeof HEAD - 1);
	while (rest.p && rest.n > 0)
		WQ_TRY(take_line(seen, wq_str_cut(&rest, '\n'), ++number));
	return WQ_OK;
}

wq_err wq_fake_seen_open(
	const struct wq_fs *fs, const char *path, const struct wq_random *random, struct wq_fake_seen *ret_seen)
{
	WQ_BUF(text, WQ_FAKE_SEEN_BYTES);
	wq_err e;

	*ret_seen = (struct wq_fake_seen){.fs = fs, .path = path, .fresh = WQ_BUF_INIT(WQ_FAKE_SEEN_BYTES)};
	wq_map_init(&ret_seen->domains, WQ_FAKE_SEEN_MAX, random);
	e = wq_file_read(fs, path, &text);
	if (wq_is(e, WQ_E_NOT_FOUND))
		return WQ_OK;
	WQ_TRY(e);
	ret_seen->exists = true;
	WQ_TRY(take(ret_seen, wq_buf_str(&text)));
	if (ret_seen->whole < text.len) /* cut off by a crash */
		return wq_file_replace(fs, path, wq_str_head(wq_buf_str(&text), ret_seen->whole), 0600);
	return WQ_OK;
}

void wq_fake_seen_done(struct wq_fake_seen *seen)
{
	wq_map_done(&seen->domains);
	wq_buf_done(&seen->fresh);
}

wq_err wq_fake_seen_add(struct wq_fake_seen *seen, wq_str domain, wq_time time, uint32_t score, const char *technique,
	wq_str app, bool *ret_new)
{
	char when[WQ_TIME_TEXT];

	*ret_new = !wq_map_has(&seen->domains, domain);
	if (!*ret_new)
		return WQ_OK;
	WQ_TRY(wq_map_put(&seen->domains, domain, NULL, NULL));
	wq_buf_printf(&seen->fresh, "%s %.*s %u %s %.*s\n", wq_time_text(time, when), WQ_S_ARG(domain), score,
		technique, WQ_S_ARG(app));
	return wq_buf_err(&seen->fresh);
}

wq_err wq_fake_seen_keep(struct wq_fake_seen *seen)
{
	int fd = -1;
	wq_err e;

	if (seen->fresh.len == 0)
		return WQ_OK;
	if (!seen->exists)
		WQ_TRY(wq_file_create(seen->fs, seen->path, WQ_S(HEAD), 0600));
	seen->exists = true;
	WQ_TRY(wq_file_append_open(seen->fs, seen->path, 0600, &fd));
	e = wq_file_append(seen->fs, fd, wq_buf_str(&seen->fresh));
	wq_file_close(&fd);
	if (!wq_failed(e))
		wq_buf_clear(&seen->fresh);
	return e;
}
