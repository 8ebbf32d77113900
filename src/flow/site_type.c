/* Content types by extension: what web servers say, with the charset of text. */
#include "flow/site.h"

#include "text/charset.h"

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

wq_str wq_site_charset(wq_str label, wq_str bytes)
{
	struct wq_charset_guess guess = wq_charset_detect(wq_str_head(bytes, WQ_CHARSET_HEAD), label);

	if (guess.how == WQ_CHARSET_BY_DEFAULT && guess.charset != WQ_CHARSET_UTF8)
		return WQ_S_NONE;
	return wq_str_c(wq_charset_name(guess.charset));
}

static const wq_str fallback = WQ_S_INIT("application/octet-stream");

wq_str wq_site_type(wq_str name, wq_str bytes, struct wq_arena *arena)
{
	ptrdiff_t dot = wq_str_rchr(name, '.');
	wq_str extension = dot < 0 ? WQ_S_NONE : wq_str_from(name, (size_t)dot + 1);
	wq_str charset, type;

	for (size_t i = 0; i < WQ_COUNT(types); i++) {
		if (!wq_str_eq_nocase(extension, types[i].extension))
			continue;
		if (!types[i].text)
			return types[i].type;
		charset = wq_site_charset(WQ_S_NONE, bytes);
		if (charset.n == 0)
			return types[i].type;
		type = wq_arena_printf(arena, "%.*s; charset=%.*s", WQ_S_ARG(types[i].type), WQ_S_ARG(charset));
		return type.p ? type : fallback;
	}
	return fallback;
}
