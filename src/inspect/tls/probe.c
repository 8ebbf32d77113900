#include "inspect/tls/flight.h"
#include "inspect/tls/hello.h"
#include "inspect/tls/look_priv.h"

enum {
	RECEIVE_BYTES = 16 * 1024,
	WEAK_MAX = 16,  /* connections for finding weak suites */
	SILENT_MAX = 3, /* then nothing more is asked */
	ALERT_PROTOCOL_VERSION = 70,
	ALERT_INAPPROPRIATE_FALLBACK = 86,
	CLASSIC = 1u << WQ_TLS_SUITE_FORWARD | 1u << WQ_TLS_SUITE_STATIC | 1u << WQ_TLS_SUITE_WEAK
};

/* ---- one question ---- */

/* Returns how many bytes came. */
static size_t receive(struct tls_look *look, struct tls_flight *flight)
{
	char room[RECEIVE_BYTES];
	size_t total = 0;

	while (flight->state == TLS_FLIGHT_MORE && total < WQ_TLS_FLIGHT_MAX) {
		size_t n = tls_dial_receive(&look->dial, room, sizeof(room));

		if (n == 0)
			break;
		total += n;
		tls_flight_feed(flight, wq_str_of(room, n));
	}
	return total;
}

static void converse(struct tls_look *look, wq_str question, struct tls_flight *flight)
{
	bool sent = tls_dial_send(&look->dial, question);
	size_t n = sent ? receive(look, flight) : 0;

	look->silent = n == 0 && tls_dial_late(&look->dial) ? look->silent + 1 : 0;
}

static void say_faulty(struct tls_look *look, const char *what, unsigned number)
{
	if (!look->o->faulty)
		look->o->faulty_reason = wq_arena_printf(look->arena, "%s 0x%04x", what, number);
	look->o->faulty = true;
}

static void note_suite(struct tls_look *look, const struct tls_hello *hello, const struct tls_flight *flight)
{
	struct wq_tls_observation *o = look->o;

	if (!tls_hello_offers(hello, flight->suite)) {
		say_faulty(look, "the server chose a suite that was not offered:", flight->suite);
		return;
	}
	for (size_t i = 0; i < o->accepted_n; i++)
		if (o->accepted[i] == flight->suite)
			return;
	if (o->accepted_n == WQ_TLS_FOUND_MAX)
		return;
	o->accepted[o->accepted_n] = flight->suite;
	o->accepted_by[o->accepted_n++] = (uint8_t)hello->version;
}

/* What any answer tells. */
static void note(struct tls_look *look, const struct tls_hello *hello, const struct tls_flight *flight)
{
	struct wq_tls_observation *o = look->o;

	note_suite(look, hello, flight);
	if (flight->dh_bits && (o->dh_bits == 0 || flight->dh_bits < o->dh_bits))
		o->dh_bits = flight->dh_bits;
	if (flight->group)
		o->group = flight->group;
	if (hello->version == WQ_TLS_TLCP || hello->version == WQ_TLS_13)
		return;
	if (o->compression != WQ_TLS_YES)
		o->compression = flight->compressed ? WQ_TLS_YES : WQ_TLS_NO;
	if (look->certs_n == 0) {
		look->certs_n = flight->certs_n;
		memcpy(look->certs, flight->certs, sizeof(look->certs));
	}
}

/* Sends the hello and reads what comes back into `flight`, which the caller ends. True when a ServerHello came. */
static bool ask(struct tls_look *look, struct tls_hello *hello, struct tls_flight *flight)
{
	enum wq_tls_version version;
	WQ_BUF(out, TLS_HELLO_MAX);
	enum tls_dialled dialled;

	tls_flight_init(flight, look->arena);
	if (wq_failed(look->e) || tls_dial_over(&look->dial) || look->silent >= SILENT_MAX)
		return false;
	hello->name = look->host;
	look->e = tls_hello_put(hello, look->options->random, &out);
	if (wq_failed(look->e))
		return false;
	dialled = tls_dial_open(&look->dial, look->port);
	look->o->reachable |= dialled == TLS_DIAL_OPEN;
	if (dialled == TLS_DIAL_OPEN)
		converse(look, wq_buf_str(&out), flight);
	tls_dial_close(&look->dial);
	if (!flight->hello || !tls_version_of(flight->version, &version))
		return false;
	if (hello->version != WQ_TLS_SSL2 && version == hello->version)
		note(look, hello, flight);
	return true;
}

static struct tls_hello hello_of(const struct tls_look *look, enum wq_tls_version version, unsigned kinds)
{
	struct tls_hello hello = {.version = version};

	tls_hello_offer(&hello, look->rules, kinds);
	return hello;
}

/* ---- versions ---- */

static void ask_alone(struct tls_look *look, enum wq_tls_version version, unsigned kinds)
{
	struct tls_hello hello = hello_of(look, version, kinds);
	struct tls_flight flight;
	bool yes = ask(look, &hello, &flight) && flight.version == tls_version_code(version);

	look->o->versions[version] = yes ? WQ_TLS_YES : WQ_TLS_NO;
	if (yes && version != WQ_TLS_SSL2)
		look->o->chosen[version] = flight.suite;
	if (yes && version == WQ_TLS_TLCP) {
		look->tlcp_n = flight.certs_n;
		memcpy(look->tlcp, flight.certs, sizeof(look->tlcp));
	}
	tls_flight_done(&flight);
}

/* A server answers with the best version up to the one offered (RFC 5246 appendix E.1): one answer tells of all above it. Returns
 * the version to ask for next. */
static int ask_down(struct tls_look *look, int version)
{
	struct tls_hello hello = hello_of(look, (enum wq_tls_version)version, CLASSIC);
	struct wq_tls_observation *o = look->o;
	enum wq_tls_version got = (enum wq_tls_version)version;
	struct tls_flight flight;
	bool yes = ask(look, &hello, &flight) && tls_version_of(flight.version, &got);
	bool none = flight.state == TLS_FLIGHT_ALERT && flight.alert == ALERT_PROTOCOL_VERSION;

	if (yes && ((int)got > version || got < WQ_TLS_SSL3)) {
		say_faulty(look, "the server answered with a version that was not offered:", flight.version);
		yes = false;
		got = (enum wq_tls_version)version;
	}
	for (int v = version; v >= (none ? WQ_TLS_SSL3 : (int)got); v--)
		o->versions[v] = WQ_TLS_NO;
	if (yes) {
		o->versions[got] = WQ_TLS_YES;
		o->chosen[got] = flight.suite;
		if (o->secure_renegotiation == WQ_TLS_UNASKED && got >= WQ_TLS_10)
			o->secure_renegotiation = flight.renegotiation ? WQ_TLS_YES : WQ_TLS_NO;
		if ((int)got < version) { /* not yet noted: asked as another version */
			hello.version = got;
			note(look, &hello, &flight);
		}
	}
	tls_flight_done(&flight);
	return none ? WQ_TLS_SSL2 : (int)got - 1;
}

static void ask_versions(struct tls_look *look)
{
	struct wq_tls_observation *o = look->o;

	ask_alone(look, WQ_TLS_13, 1u << WQ_TLS_SUITE_13);
	if (!o->reachable)
		return;
	for (int v = WQ_TLS_12; v >= WQ_TLS_SSL3 && !tls_dial_over(&look->dial);)
		v = ask_down(look, v);
	/* nobody has SSLv2 who has nothing of its age */
	if (o->versions[WQ_TLS_SSL3] == WQ_TLS_YES || o->versions[WQ_TLS_10] == WQ_TLS_YES ||
		(o->versions[WQ_TLS_12] != WQ_TLS_YES && o->versions[WQ_TLS_13] != WQ_TLS_YES))
		ask_alone(look, WQ_TLS_SSL2, 0);
	ask_alone(look, WQ_TLS_TLCP, 1u << WQ_TLS_SUITE_SM);
}

/* ---- suites ---- */

static int best_classic(const struct wq_tls_observation *o)
{
	int v = WQ_TLS_12;

	while (v >= WQ_TLS_SSL3 && o->versions[v] != WQ_TLS_YES)
		v--;
	return v;
}

/* Offers what is weak, takes away what is chosen, and asks again. */
static void ask_weak(struct tls_look *look, int version, size_t *connections)
{
	struct tls_hello hello = hello_of(look, (enum wq_tls_version)version, 1u << WQ_TLS_SUITE_WEAK);
	bool yes = true;

	for (size_t i = 0; i < look->o->accepted_n; i++)
		tls_hello_remove(&hello, look->o->accepted[i]);
	while (yes && hello.suites_n && (*connections)++ < WEAK_MAX) {
		struct tls_flight flight;

		yes = ask(look, &hello, &flight) && flight.version == tls_version_code(hello.version) &&
			tls_hello_remove(&hello, flight.suite);
		tls_flight_done(&flight);
	}
}

static bool is_kind(const struct tls_look *look, uint16_t suite, enum wq_tls_suite_kind kind)
{
	const struct wq_tls_suite *row = wq_tls_suite_of(look->rules, suite);

	return row && row->kind == kind;
}

static void ask_forward(struct tls_look *look, int version)
{
	struct tls_hello hello = hello_of(look, (enum wq_tls_version)version, 1u << WQ_TLS_SUITE_FORWARD);
	struct tls_flight flight;

	if (is_kind(look, look->o->chosen[version], WQ_TLS_SUITE_FORWARD)) {
		look->o->forward = WQ_TLS_YES;
		return;
	}
	look->o->forward = ask(look, &hello, &flight) ? WQ_TLS_YES : WQ_TLS_NO;
	tls_flight_done(&flight);
}

/* How many bits the server's DH has, if its order of suites did not show it yet. */
static void ask_dh(struct tls_look *look, int version)
{
	struct tls_hello hello = {.version = (enum wq_tls_version)version};
	struct tls_flight flight;

	for (size_t i = 0; i < look->rules->suites_n; i++)
		if (look->rules->suites[i].dhe && look->rules->suites[i].kind == WQ_TLS_SUITE_FORWARD)
			hello.suites[hello.suites_n++] = look->rules->suites[i].code;
	if (look->o->dh_bits || hello.suites_n == 0)
		return;
	ask(look, &hello, &flight);
	tls_flight_done(&flight);
}

static void ask_order(struct tls_look *look, int version)
{
	struct tls_hello hello = hello_of(look, (enum wq_tls_version)version, CLASSIC), back = hello;
	struct tls_flight flight;

	for (size_t i = 0; i < hello.suites_n; i++)
		back.suites[i] = hello.suites[hello.suites_n - 1 - i];
	if (ask(look, &back, &flight))
		look->o->server_order = flight.suite == look->o->chosen[version] ? WQ_TLS_YES : WQ_TLS_NO;
	tls_flight_done(&flight);
}

/* RFC 7507: a client that came down on its own is refused when the server knows better. */
static void ask_fallback(struct tls_look *look)
{
	const struct wq_tls_observation *o = look->o;
	struct tls_flight flight;
	struct tls_hello hello;
	int v = WQ_TLS_13;

	while (v >= WQ_TLS_10 && o->versions[v] != WQ_TLS_YES)
		v--;
	for (v--; v >= WQ_TLS_10 && o->versions[v] != WQ_TLS_YES;)
		v--;
	if (v < WQ_TLS_10)
		return;
	hello = hello_of(look, (enum wq_tls_version)v, CLASSIC);
	hello.fallback = true;
	if (ask(look, &hello, &flight))
		look->o->fallback_scsv = WQ_TLS_NO;
	else if (flight.state == TLS_FLIGHT_ALERT && flight.alert == ALERT_INAPPROPRIATE_FALLBACK)
		look->o->fallback_scsv = WQ_TLS_YES;
	tls_flight_done(&flight);
}

void tls_look_probe(struct tls_look *look)
{
	size_t weak = 0;
	int best;

	ask_versions(look);
	best = best_classic(look->o);
	if (best < WQ_TLS_SSL3)
		return;
	for (int v = best; v >= WQ_TLS_SSL3; v--)
		if (look->o->versions[v] == WQ_TLS_YES)
			ask_weak(look, v, &weak);
	ask_forward(look, best);
	ask_dh(look, best);
	ask_order(look, best);
	ask_fallback(look);
}
