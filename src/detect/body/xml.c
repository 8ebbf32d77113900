/* XML 1.0 by libxml2's SAX2. The body is kept (SecRequestBodyNoFilesLimit holds for it) and parsed at its end, so that nothing of
 * libxml2 lives between pieces and what is told cannot depend on them. Document types and entities are refused before they are read. Meanwhile libxml2 takes
 * up to nine times the body's bytes outside the arena (20,000 different names; measured with 128 KiB: 1.1 MiB, 3 ms). */
#include "detect/body/body_priv.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>

struct xml {
	struct wq_hold bytes, text;
	xmlParserCtxtPtr parser;
	struct wq_body *body;
	unsigned depth;
};

/* ---- what libxml2 tells ---- */

static void stop(struct xml *xml)
{
	if (xml->body->report.failed)
		xmlStopParser(xml->parser);
}

static wq_str bytes_of(const xmlChar *from, const xmlChar *to)
{
	return wq_str_of(from, (size_t)(to - from));
}

static void attribute(struct wq_body *body, wq_str value)
{
	if (body->args.n++ >= body->args.max) {
		wq_body_over(body, "more than %u attributes", body->args.max);
		return;
	}
	value = wq_arena_str(body->arena, value);
	if (!value.p)
		wq_body_over(body, "no memory");
	else if (body->sink.xml_attribute && !body->sink.xml_attribute(body->sink.data, value))
		wq_body_over(body, "more attributes than wanted");
}

static void element(void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int namespaces_n,
	const xmlChar **namespaces, int attributes_n, int defaulted_n, const xmlChar **attributes)
{
	struct xml *xml = data;
	(void)name;
	(void)prefix;
	(void)uri;
	(void)namespaces_n;
	(void)namespaces;
	(void)defaulted_n;
	if (++xml->depth > xml->body->limits.depth)
		wq_body_over(xml->body, "deeper than %u", xml->body->limits.depth);
	for (int i = 0; i < attributes_n && !xml->body->report.failed; i++)
		attribute(xml->body, bytes_of(attributes[5 * i + 3], attributes[5 * i + 4]));
	stop(xml);
}

static void element_end(void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
	struct xml *xml = data;
	(void)name;
	(void)prefix;
	(void)uri;
	xml->depth--;
}

static void characters(void *data, const xmlChar *p, int n)
{
	struct xml *xml = data;
	if (!wq_hold_add(&xml->text, xml->body->arena, wq_str_of(p, (size_t)n)))
		wq_body_over(xml->body, "no memory");
	stop(xml);
}

static void doctype(void *data, const xmlChar *name, const xmlChar *public_id, const xmlChar *system_id)
{
	struct xml *xml = data;
	(void)name;
	(void)public_id;
	(void)system_id;
	wq_body_odd(xml->body, WQ_ODD(XML_DOCTYPE));
	wq_body_unreadable(xml->body, "XML: a document type");
	stop(xml);
}

static xmlEntityPtr entity(void *data, const xmlChar *name)
{
	(void)data;
	return xmlGetPredefinedEntity(name);
}

static void error(void *data, xmlErrorPtr what)
{
	(void)data;
	(void)what;
}

static const xmlSAXHandler handler = {
	.initialized = XML_SAX2_MAGIC,
	.startElementNs = element,
	.endElementNs = element_end,
	.characters = characters,
	.ignorableWhitespace = characters,
	.cdataBlock = characters,
	.internalSubset = doctype,
	.getEntity = entity,
	.serror = error,
};

/* ---- before libxml2 ---- */

/* The value of encoding="…" in an XML declaration; empty: none is given. */
static wq_str declared(wq_str s)
{
	ptrdiff_t end, at;
	if (wq_str_starts(s, WQ_S("\xef\xbb\xbf")))
		s = wq_str_from(s, 3);
	end = wq_str_find(s, WQ_S("?>"));
	if (!wq_str_starts(s, WQ_S("<?xml")) || end < 0)
		return WQ_S("");
	s = wq_str_head(s, (size_t)end);
	at = wq_str_find(s, WQ_S("encoding"));
	if (at < 0)
		return WQ_S("");
	s = wq_str_trim(wq_str_from(s, (size_t)at + 8));
	if (s.n == 0 || s.p[0] != '=')
		return WQ_S("");
	s = wq_str_trim(wq_str_from(s, 1));
	if (s.n == 0 || (s.p[0] != '"' && s.p[0] != '\''))
		return WQ_S("");
	char quote = s.p[0];
	s = wq_str_from(s, 1);
	return wq_str_cut(&s, quote);
}

/* Content-Type goes before the declaration (RFC 7303 §3); when they differ, readers do too. */
static enum wq_charset charset_of(struct wq_body *body, wq_str s)
{
	wq_str label = declared(s);
	enum wq_charset outer = body->args.charset, inner = wq_charset_by_label(label);
	bool wide = s.n >= 2 &&
		(s.p[0] == '\0' || s.p[1] == '\0' || wq_str_starts(s, WQ_S("\xff\xfe")) ||
			wq_str_starts(s, WQ_S("\xfe\xff")));
	if (wide ||
		(label.n && (inner == WQ_CHARSET_NONE || inner == WQ_CHARSET_UTF16LE || inner == WQ_CHARSET_UTF16BE))) {
		wq_body_odd(body, WQ_ODD(CHARSET));
		wq_body_unreadable(body, "XML: an encoding that is not known, or not one that is read here");
		return WQ_CHARSET_NONE;
	}
	if (label.n && outer != WQ_CHARSET_NONE && outer != inner)
		wq_body_odd(body, WQ_ODD(CHARSET));
	return outer != WQ_CHARSET_NONE ? outer : label.n ? inner : WQ_CHARSET_UTF8;
}

static wq_str as_utf8(struct wq_body *body, enum wq_charset charset, wq_str s, struct wq_buf *room)
{
	struct wq_decoder decoder;
	if (charset == WQ_CHARSET_UTF8 || charset == WQ_CHARSET_NONE)
		return s;
	if (wq_failed(wq_charset_decode(charset, s, room, &decoder)))
		wq_body_over(body, "no memory");
	if (decoder.replaced)
		wq_body_odd(body, WQ_ODD(CHARSET));
	return wq_buf_str(room);
}

/* libxml2 compares each attribute of an element with each: their number is limited before it does. */
static bool many_attributes(wq_str s, uint32_t max)
{
	uint32_t n = 0;
	char quote = 0;
	bool tag = false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (quote) {
			quote = c == quote ? 0 : quote;
		} else if (tag && (c == '"' || c == '\'')) {
			quote = c;
			if (++n > max)
				return true;
		} else if (c == '<' || c == '>') {
			tag = c == '<';
			n = 0;
		}
	}
	return false;
}

/* ---- the parser ---- */

static bool open(struct wq_body *body, wq_str content_type)
{
	struct xml *xml = WQ_NEW(body->arena, struct xml);
	(void)content_type;
	if (!xml)
		return false;
	xml->body = body;
	body->state = xml;
	return true;
}

static void add(struct wq_body *body, wq_str piece)
{
	struct xml *xml = body->state;
	if (!wq_hold_add(&xml->bytes, body->arena, piece))
		wq_body_over(body, "no memory");
}

static void parse(struct xml *xml, wq_str s)
{
	struct wq_body *body = xml->body;
	xml->parser = s.n <= INT32_MAX ? xmlCreateMemoryParserCtxt(s.p, (int)s.n) : NULL;
	if (!xml->parser) {
		wq_body_over(body, "no memory");
		return;
	}
	*xml->parser->sax = handler;
	xml->parser->userData = xml;
	/* NOENT: &amp; in an attribute is told as '&'; there are no other entities, since no document type is read */
	xmlCtxtUseOptions(xml->parser,
		XML_PARSE_NONET | XML_PARSE_NOENT | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_IGNORE_ENC);
	xmlSwitchEncoding(xml->parser, XML_CHAR_ENCODING_UTF8);
	xmlParseDocument(xml->parser);
	if (!xml->parser->wellFormed)
		wq_body_fail(body, "XML: not well-formed");
	if (xml->parser->myDoc)
		xmlFreeDoc(xml->parser->myDoc);
	xmlFreeParserCtxt(xml->parser);
}

static void end(struct wq_body *body)
{
	struct xml *xml = body->state;
	wq_str s = wq_hold_take(&xml->bytes);
	WQ_BUF(room, 3 * s.n + 16);
	s = as_utf8(body, charset_of(body, s), s, &room);
	if (many_attributes(s, body->limits.args))
		wq_body_over(body, "more than %u attributes in one element", body->limits.args);
	if (body->report.failed)
		return;
	parse(xml, s);
	if (!body->report.failed && body->sink.xml_text &&
		!body->sink.xml_text(body->sink.data, wq_hold_take(&xml->text)))
		wq_body_over(body, "more text than wanted");
}

const struct wq_body_parser wq_body_xml = {.open = open, .add = add, .end = end};
