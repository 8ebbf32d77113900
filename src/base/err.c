#include "base/base.h"

#include <errno.h>
#include <stdarg.h>

struct row {
	const char *name, *zh, *en, *zh_do, *en_do;
	enum wq_err_kind kind;
};

static const struct row rows[WQ_E_COUNT] = {
	[WQ_E_OK] = {"OK", "正常", "ok", "", "", WQ_KIND_OK},
#define WQ_ERR(id, kind, zh, en, zh_do, en_do) [WQ_E_##id] = {#id, zh, en, zh_do, en_do, WQ_KIND_##kind},
#include "base/err_table.h"
#undef WQ_ERR
};

static _Thread_local struct {
	uint32_t last;
	char text[WQ_ERR_NOTES][WQ_ERR_NOTE_BYTES];
} notes;

/* A note that was cut ends with a whole UTF-8 character. */
static void cut_at_character(char *text)
{
	size_t n = strlen(text), back = 0;

	while (back < 3 && back < n && ((unsigned char)text[n - 1 - back] & 0xc0) == 0x80)
		back++;
	if (back < n) {
		unsigned char lead = (unsigned char)text[n - 1 - back];
		size_t need = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
		if (need > back)
			text[n - 1 - back] = '\0';
	}
}

WQ_PRINTF(1, 0) static uint32_t note_add(const char *format, va_list args)
{
	uint32_t number = ++notes.last;
	char *text;
	int n;

	if (number == 0)
		number = notes.last = 1;
	text = notes.text[number % WQ_ERR_NOTES];
	n = vsnprintf(text, WQ_ERR_NOTE_BYTES, format, args);
	if (n < 0)
		text[0] = '\0';
	else if (n >= WQ_ERR_NOTE_BYTES)
		cut_at_character(text);
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	return number;
}

wq_err wq_error(enum wq_err_id id, const char *format, ...)
{
	va_list args;
	wq_err e = wq_error_id(id);

	va_start(args, format);
	e.note = note_add(format, args);
	va_end(args);
	return e;
}

wq_err wq_error_sys(enum wq_err_id id, int errnum, const char *format, ...)
{
	va_list args;
	wq_err e = wq_error_id(id);

	if (errnum == ENOSPC || errnum == EDQUOT)
		e = wq_error_id(WQ_E_NO_SPACE);
	else if (errnum == ENOMEM)
		e = wq_error_id(WQ_E_NO_MEMORY);
	va_start(args, format);
	e.note = note_add(format, args);
	va_end(args);
	e.sys = (uint16_t)errnum;
	return e;
}

static const struct row *row_of(wq_err e)
{
	return &rows[e.id < WQ_E_COUNT ? e.id : WQ_E_BUG];
}

enum wq_err_kind wq_err_kind(wq_err e)
{
	return row_of(e)->kind;
}

const char *wq_err_name(wq_err e)
{
	return row_of(e)->name;
}

const char *wq_err_kind_name(enum wq_err_kind kind)
{
	static const char *const names[] = {"ok", "input", "denied", "limit", "busy", "config", "state", "io", "bug"};
	return (size_t)kind < WQ_COUNT(names) ? names[kind] : "bug";
}

const char *wq_err_message(wq_err e, enum wq_lang lang)
{
	return lang == WQ_LANG_ZH ? row_of(e)->zh : row_of(e)->en;
}

const char *wq_err_advice(wq_err e, enum wq_lang lang)
{
	return lang == WQ_LANG_ZH ? row_of(e)->zh_do : row_of(e)->en_do;
}

const char *wq_err_note(wq_err e)
{
	if (e.note == 0 || notes.last - e.note >= WQ_ERR_NOTES)
		return "";
	return notes.text[e.note % WQ_ERR_NOTES];
}

int wq_err_exit(wq_err e)
{
	switch (wq_err_kind(e)) {
	case WQ_KIND_OK: return 0;
	case WQ_KIND_DENIED: return 1;
	case WQ_KIND_INPUT: return 2;
	case WQ_KIND_CONFIG: return 3;
	case WQ_KIND_STATE: return 4;
	case WQ_KIND_IO: return 5;
	case WQ_KIND_LIMIT: return 6;
	case WQ_KIND_BUSY: return 7;
	case WQ_KIND_BUG: break;
	}
	return 70;
}
