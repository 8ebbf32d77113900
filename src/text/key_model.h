/* What common origins make of a path, in a few lines each: models to hold the key against. For tests only.
 *
 * The claim they check: for an accepted target, an origin sees the same resource whether it is sent the raw path or the
 * path of the key. Then two spellings that share a key are one resource to that origin as well. The models are written
 * from the behaviour of the programs, not from text/key.c, and share no code with it.
 */
#ifndef WQ_TEXT_KEY_MODEL_H
#define WQ_TEXT_KEY_MODEL_H

#include "base/base.h"

enum wq_key_model {
	WQ_MODEL_NGINX,  /* decode once, merge slashes, resolve dots */
	WQ_MODEL_TOMCAT, /* cut ";…" off each raw segment, decode, "\" is "/", resolve */
	WQ_MODEL_IIS,    /* decode, "\" is "/", merge, resolve, cut final dots and spaces, ignore case */
	WQ_MODEL_PHP,    /* behind a server that decodes once: a script that decodes once more */
	WQ_MODEL_COUNT
};

static inline int wq_model_hex(char c)
{
	const char *digits = "0123456789abcdef", *at;

	if (c >= 'A' && c <= 'F')
		c = (char)(c + 32);
	at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) : -1;
}

static inline size_t wq_model_decode(char *s, size_t n)
{
	size_t to = 0;

	for (size_t i = 0; i < n; i++) {
		if (s[i] == '%' && i + 2 < n && wq_model_hex(s[i + 1]) >= 0 && wq_model_hex(s[i + 2]) >= 0) {
			s[to++] = (char)(wq_model_hex(s[i + 1]) * 16 + wq_model_hex(s[i + 2]));
			i += 2;
		} else {
			s[to++] = s[i];
		}
	}
	return to;
}

static inline size_t wq_model_cut_parameters(char *s, size_t n)
{
	size_t to = 0;
	bool in = false;

	for (size_t i = 0; i < n; i++) {
		if (s[i] == '/')
			in = false;
		if (s[i] == ';')
			in = true;
		if (!in)
			s[to++] = s[i];
	}
	return to;
}

/* Merges slashes and resolves dot segments; `windows` cuts final dots and spaces off names. Returns the new length. */
static inline size_t wq_model_resolve(char *s, size_t n, bool windows)
{
	size_t to = 0, i = 0;

	while (i < n) {
		size_t from, end;

		while (i < n && s[i] == '/')
			i++;
		from = i;
		while (i < n && s[i] != '/')
			i++;
		end = i;
		if (end - from == 2 && s[from] == '.' && s[from + 1] == '.') {
			while (to > 0 && s[--to] != '/')
				;
			continue;
		}
		if (end - from == 1 && s[from] == '.')
			continue;
		while (windows && end > from && (s[end - 1] == '.' || s[end - 1] == ' '))
			end--;
		if (end == from)
			continue;
		s[to++] = '/';
		memmove(s + to, s + from, end - from);
		to += end - from;
	}
	return to;
}

/* Rewrites `s` to what the origin looks up. */
static inline size_t wq_model_see(enum wq_key_model model, char *s, size_t n)
{
	if (model == WQ_MODEL_TOMCAT)
		n = wq_model_cut_parameters(s, n);
	n = wq_model_decode(s, n);
	if (model == WQ_MODEL_PHP)
		n = wq_model_decode(s, n);
	for (size_t i = 0; (model == WQ_MODEL_TOMCAT || model == WQ_MODEL_IIS) && i < n; i++)
		if (s[i] == '\\')
			s[i] = '/';
	n = wq_model_resolve(s, n, model == WQ_MODEL_IIS);
	for (size_t i = 0; model == WQ_MODEL_IIS && i < n; i++)
		if (s[i] >= 'A' && s[i] <= 'Z')
			s[i] = (char)(s[i] + 32);
	return n;
}

static inline bool wq_model_same(enum wq_key_model model, wq_str raw, wq_str canonical)
{
	char *a = malloc(raw.n + 1), *b = malloc(canonical.n + 1);
	size_t an, bn;
	bool same;

	if (!a || !b)
		abort();
	memcpy(a, raw.p, raw.n);
	memcpy(b, canonical.p, canonical.n);
	an = wq_model_see(model, a, raw.n);
	bn = wq_model_see(model, b, canonical.n);
	same = an == bn && memcmp(a, b, an) == 0;
	free(a);
	free(b);
	return same;
}

#endif
