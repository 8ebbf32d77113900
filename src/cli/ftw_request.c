#include "cli/ftw.h"

static const wq_str form = WQ_S_INIT("application/x-www-form-urlencoded");

/* ---- headers ---- */

static const wq_str *value_of(const struct wq_ftw_input *input, wq_str name)
{
	for (size_t i = 0; i < input->headers_n; i++)
		if (wq_str_eq_nocase(input->headers[i].name, name))
			return &input->headers[i].value;
	return NULL;
}

static bool contains_nocase(wq_str s, wq_str needle)
{
	for (size_t i = 0; i + needle.n <= s.n; i++)
		if (wq_str_starts_nocase(wq_str_from(s, i), needle))
			return true;
	return false;
}

static void put_header(struct wq_buf *out, wq_str name, wq_str value)
{
	wq_buf_add(out, name);
	wq_buf_add(out, WQ_S(": "));
	wq_buf_add(out, value);
	wq_buf_add(out, WQ_S("\r\n"));
}

/* ---- forms ---- */

static void escape(wq_str s, struct wq_buf *out)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
			c == '_' || c == '.' || c == '~';

		if (plain)
			wq_buf_byte(out, c);
		else if (c == ' ')
			wq_buf_byte(out, '+');
		else
			wq_buf_printf(out, "%%%02X", c);
	}
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* go-ftw takes a form for encoded when decoding would change it or fail: it has a '%' or a '+'. */
static bool seems_encoded(wq_str data)
{
	return wq_str_chr(data, '%') >= 0 || wq_str_chr(data, '+') >= 0;
}

/* ftw asks only for %XX. */
static bool seems_encoded_old(wq_str data)
{
	for (size_t i = 0; i + 2 < data.n; i++)
		if (data.p[i] == '%' && is_hex(data.p[i + 1]) && is_hex(data.p[i + 2]))
			return true;
	return false;
}

static void encode(wq_str data, struct wq_buf *out)
{
	for (wq_str rest = data; rest.p && (rest.n > 0 || rest.p == data.p);) {
		wq_str value = wq_str_cut(&rest, '&'), name = wq_str_cut(&value, '=');

		if (out->len > 0)
			wq_buf_byte(out, '&');
		escape(name, out);
		if (value.p) {
			wq_buf_byte(out, '=');
			escape(value, out);
		}
	}
}

static void escape_old(wq_str s, struct wq_buf *out)
{
	while (s.p) {
		wq_str word = wq_str_cut(&s, '+');

		escape(word, out);
		if (s.p)
			wq_buf_byte(out, '+');
	}
}

/* As Python's parse_qsl and urlencode: what has no value is left out; a form without any pair stays. */
static void encode_old(wq_str data, struct wq_buf *out)
{
	for (wq_str rest = data; rest.p;) {
		wq_str value = wq_str_cut(&rest, '&'), name = wq_str_cut(&value, '=');

		if (value.n == 0)
			continue;
		if (out->len > 0)
			wq_buf_byte(out, '&');
		escape_old(name, out);
		wq_buf_byte(out, '=');
		escape_old(value, out);
	}
	if (out->len == 0)
		wq_buf_add(out, data);
}

/* ---- the body ---- */

static void with_crlf(wq_str data, struct wq_buf *out)
{
	for (size_t i = 0; i < data.n; i++) {
		if (data.p[i] == '\n')
			wq_buf_byte(out, '\r');
		wq_buf_byte(out, (uint8_t)data.p[i]);
	}
}

static void make_body(const struct wq_ftw_input *input, struct wq_buf *out)
{
	const wq_str *type = value_of(input, WQ_S("Content-Type"));
	bool is_form = input->complete && (!type || wq_str_eq_nocase(*type, form));

	if (is_form && input->old && !seems_encoded_old(input->data))
		encode_old(input->data, out);
	else if (is_form && !input->old && !seems_encoded(input->data))
		encode(input->data, out);
	else if (type && !input->old && contains_nocase(*type, WQ_S("multipart/form-data;")))
		with_crlf(input->data, out);
	else
		wq_buf_add(out, input->data);
}

/* ---- the whole ---- */

/* go-ftw's expression ^POST|PUT|PATCH|DELETE$, as it is read */
static bool may_have_body(wq_str method)
{
	return wq_str_starts(method, WQ_S("POST")) || wq_str_find(method, WQ_S("PUT")) >= 0 ||
		wq_str_find(method, WQ_S("PATCH")) >= 0 || wq_str_ends(method, WQ_S("DELETE"));
}

static void put_missing(const struct wq_ftw_input *input, wq_str body, struct wq_buf *out)
{
	bool needs_length = body.n > 0 || (may_have_body(input->method) && !input->old);
	char length[24];

	snprintf(length, sizeof length, "%zu", body.n);
	if (input->data.n > 0 && !value_of(input, WQ_S("Content-Type")))
		put_header(out, WQ_S("Content-Type"), form);
	if (!input->old && !value_of(input, WQ_S("Connection")))
		put_header(out, WQ_S("Connection"), WQ_S("close"));
	if (needs_length && !value_of(input, WQ_S("Content-Length")))
		put_header(out, WQ_S("Content-Length"), wq_str_c(length));
}

wq_err wq_ftw_request(const struct wq_ftw_input *input, struct wq_buf *out)
{
	WQ_BUF(body, WQ_FTW_REQUEST_MAX);

	if (input->raw.p) {
		wq_buf_add(out, input->raw);
		return wq_buf_err(out);
	}
	if (input->data.n > 0)
		make_body(input, &body);
	WQ_TRY(wq_buf_err(&body));
	wq_buf_add(out, input->method);
	wq_buf_byte(out, ' ');
	wq_buf_add(out, input->uri);
	wq_buf_byte(out, ' ');
	wq_buf_add(out, input->version);
	wq_buf_add(out, WQ_S("\r\n"));
	for (size_t i = 0; i < input->headers_n; i++)
		put_header(out, input->headers[i].name, input->headers[i].value);
	if (input->complete)
		put_missing(input, wq_buf_str(&body), out);
	wq_buf_add(out, WQ_S("\r\n"));
	wq_buf_add(out, wq_buf_str(&body));
	return wq_buf_err(out);
}
