/* Content types by extension: what web servers say, with the charset of text. */
#include "flow/site.h"

#include <ctype.h>

#include "base/utf8.h"

static const struct {
	wq_str extension;
	wq_str type;
	bool text; /* gets a charset */
} types[] = {
	{WQ_S_INIT("html"), WQ_S_INIT("text/html"), true},
	{WQ_S_INIT("htm"), WQ_S_INIT("text/html"), true},
	{WQ_S_INIT("shtml"), WQ_S_INIT("text/html"), true},
	{WQ_S_INIT("xhtml"), WQ_S_INIT("application/xhtml+xml"), false},
	{WQ_S_INIT("css"), WQ_S_INIT("text/css"), true},
	{WQ_S_INIT("js"), WQ_S_INIT("application/javascript"), true},
	{WQ_S_INIT("mjs"), WQ_S_INIT("application/javascript"), true},
	{WQ_S_INIT("json"), WQ_S_INIT("application/json"), false},
	{WQ_S_INIT("webmanifest"), WQ_S_INIT("application/manifest+json"), false},
	{WQ_S_INIT("xml"), WQ_S_INIT("application/xml"), false},
	{WQ_S_INIT("rss"), WQ_S_INIT("application/rss+xml"), false},
	{WQ_S_INIT("atom"), WQ_S_INIT("application/atom+xml"), false},
	{WQ_S_INIT("txt"), WQ_S_INIT("text/plain"), true},
	{WQ_S_INIT("csv"), WQ_S_INIT("text/csv"), true},
	{WQ_S_INIT("md"), WQ_S_INIT("text/markdown"), true},
	{WQ_S_INIT("svg"), WQ_S_INIT("image/svg+xml"), false},
	{WQ_S_INIT("png"), WQ_S_INIT("image/png"), false},
	{WQ_S_INIT("jpg"), WQ_S_INIT("image/jpeg"), false},
	{WQ_S_INIT("jpeg"), WQ_S_INIT("image/jpeg"), false},
	{WQ_S_INIT("gif"), WQ_S_INIT("image/gif"), false},
	{WQ_S_INIT("webp"), WQ_S_INIT("image/webp"), false},
	{WQ_S_INIT("bmp"), WQ_S_INIT("image/bmp"), false},
	{WQ_S_INIT("ico"), WQ_S_INIT("image/x-icon"), false},
	{WQ_S_INIT("pdf"), WQ_S_INIT("application/pdf"), false},
	{WQ_S_INIT("ofd"), WQ_S_INIT("application/ofd"), false},
	{WQ_S_INIT("doc"), WQ_S_INIT("application/msword"), false},
	{WQ_S_INIT("xls"), WQ_S_INIT("application/vnd.ms-excel"), false},
	{WQ_S_INIT("ppt"), WQ_S_INIT("application/vnd.ms-powerpoint"), false},
	{WQ_S_INIT("docx"), WQ_S_INIT("application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
		false},
	{WQ_S_INIT("xlsx"), WQ_S_INIT("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), false},
	{WQ_S_INIT("pptx"), WQ_S_INIT("application/vnd.openxmlformats-officedocument.presentationml.presentation"),
		false},
	{WQ_S_INIT("wps"), WQ_S_INIT("application/vnd.ms-works"), false},
	{WQ_S_INIT("zip"), WQ_S_INIT("application/zip"), false},
	{WQ_S_INIT("rar"), WQ_S_INIT("application/vnd.rar"), false},
	{WQ_S_INIT("7z"), WQ_S_INIT("application/x-7z-compressed"), false},
	{WQ_S_INIT("gz"), WQ_S_INIT("application/gzip"), false},
	{WQ_S_INIT("mp3"), WQ_S_INIT("audio/mpeg"), false},
	{WQ_S_INIT("mp4"), WQ_S_INIT("video/mp4"), false},
	{WQ_S_INIT("webm"), WQ_S_INIT("video/webm"), false},
	{WQ_S_INIT("woff"), WQ_S_INIT("font/woff"), false},
	{WQ_S_INIT("woff2"), WQ_S_INIT("font/woff2"), false},
	{WQ_S_INIT("ttf"), WQ_S_INIT("font/ttf"), false},
	{WQ_S_INIT("otf"), WQ_S_INIT("font/otf"), false},
	{WQ_S_INIT("wasm"), WQ_S_INIT("application/wasm"), false},
};

/* A <meta charset> or the like within the first kilobyte, as the HTML standard's prescan finds it. */
static wq_str declared(wq_str bytes)
{
	wq_str head = wq_str_head(bytes, 1024);
	ptrdiff_t at = wq_str_find(head, WQ_S("charset"));
	wq_str value = at < 0 ? WQ_S_NONE : wq_str_trim(wq_str_from(head, (size_t)at + 7));
	size_t n = 0;

	if (value.n == 0 || value.p[0] != '=')
		return WQ_S_NONE;
	value = wq_str_trim(wq_str_from(value, 1));
	if (value.n > 0 && (value.p[0] == '"' || value.p[0] == '\''))
		value = wq_str_from(value, 1);
	while (n < value.n && n < 32 && (value.p[n] == '-' || value.p[n] == '_' || isalnum((unsigned char)value.p[n])))
		n++;
	return wq_str_head(value, n);
}

wq_str wq_site_charset(wq_str type, wq_str bytes)
{
	static const wq_str gb[] = {WQ_S_INIT("gb2312"), WQ_S_INIT("gbk"), WQ_S_INIT("gb18030"), WQ_S_INIT("x-gbk")};
	wq_str label = wq_str_starts(type, WQ_S("text/html")) ? declared(bytes) : WQ_S_NONE;

	for (size_t i = 0; i < WQ_COUNT(gb); i++)
		if (wq_str_eq_nocase(label, gb[i]))
			return WQ_S("gb18030");
	if (wq_str_eq_nocase(label, WQ_S("big5")))
		return WQ_S("big5");
	if (wq_str_eq_nocase(label, WQ_S("utf-8")) || wq_str_eq_nocase(label, WQ_S("utf8")) ||
		(label.n == 0 && wq_utf8_valid(bytes)))
		return WQ_S("utf-8");
	return WQ_S_NONE;
}

static const wq_str fallback = WQ_S_INIT("application/octet-stream");

wq_str wq_site_type(wq_str name, wq_str bytes, struct wq_arena *arena)
{
	wq_str extension = wq_str_from(name, (size_t)(wq_str_rchr(name, '.') + 1));
	wq_str charset, type;

	for (size_t i = 0; i < WQ_COUNT(types); i++) {
		if (!wq_str_eq_nocase(extension, types[i].extension))
			continue;
		if (!types[i].text)
			return types[i].type;
		charset = wq_site_charset(types[i].type, bytes);
		if (charset.n == 0)
			return types[i].type;
		type = wq_arena_printf(arena, "%.*s; charset=%.*s", WQ_S_ARG(types[i].type), WQ_S_ARG(charset));
		return type.p ? type : fallback;
	}
	return fallback;
}
