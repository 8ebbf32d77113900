#include "flow/inspect/leftovers.h"

#include "flow/inspect/asking.h"
#include "text/url.h"

enum { SILENT_MOST = 3, QUESTION_MEMORY = 16 * 1024 * 1024, CHANCE_BYTES = 8, FINDINGS = 16 };

struct looking {
	const struct wq_front_rules *rules;
	const struct wq_facts *facts;
	const struct wq_inspect_options *options;
	struct wq_arena *arena, scratch;
	struct wq_findings *findings;
	struct wq_asking asking;
	struct wq_url start;
	wq_str nonsense; /* what comes for a name that cannot be there */
	int nonsense_status;
};

static wq_err ask(struct looking *l, wq_str path, struct wq_asked *ret)
{
	wq_str whole = wq_url_without_fragment(&l->start);
	wq_str origin = wq_str_head(whole, whole.n - wq_url_target(&l->start).n);

	return wq_ask(&l->asking, &l->scratch,
		wq_arena_printf(&l->scratch, "%.*s%.*s", WQ_S_ARG(origin), WQ_S_ARG(path)), WQ_FRONT_LEFTOVER_BYTES, 0,
		ret);
}

static wq_err ask_nonsense(struct looking *l)
{
	const struct wq_random *random = l->options->random ? l->options->random : &wq_random_system;
	uint8_t chance[CHANCE_BYTES];
	struct wq_asked asked;
	WQ_BUF(path, 256);

	random->fill(random->data, chance, sizeof chance);
	wq_buf_add(&path, WQ_S("/weique-"));
	for (size_t i = 0; i < sizeof chance; i++)
		wq_buf_printf(&path, "%02x", chance[i]);
	wq_buf_add(&path, WQ_S(".zip"));
	wq_arena_reset(&l->scratch);
	WQ_TRY(ask(l, wq_buf_str(&path), &asked));
	l->nonsense_status = asked.result == WQ_FETCH_ANSWERED ? asked.status : 0;
	l->nonsense = wq_arena_str(l->arena, asked.body);
	return wq_arena_err(l->arena);
}

/* Whether the answer to nonsense would pass for it as well. */
static wq_err passes_anyway(struct looking *l, size_t number, const struct wq_place *place, bool *ret_passes)
{
	struct wq_findings none;

	WQ_TRY(wq_findings_init(&none, &l->scratch, FINDINGS));
	WQ_TRY(wq_front_leftover_judge(&l->scratch, l->rules, number, l->nonsense_status, place, l->nonsense, &none));
	*ret_passes = none.count > 0;
	return WQ_OK;
}

static wq_err look_for(struct looking *l, size_t number, unsigned *silent)
{
	struct wq_place place = {.app = l->facts->subject.app};
	struct wq_asked asked;
	wq_str path;
	bool anyway;

	wq_arena_reset(&l->scratch);
	path = wq_front_leftover_path(&l->scratch, l->rules, number, l->start.host);
	WQ_TRY(wq_arena_err(&l->scratch));
	WQ_TRY(ask(l, path, &asked));
	*silent = asked.result == WQ_FETCH_ANSWERED || asked.result == WQ_FETCH_TOO_LARGE ? 0 : *silent + 1;
	place.url = asked.url;
	if (asked.result != WQ_FETCH_ANSWERED || asked.status != 200)
		return WQ_OK;
	WQ_TRY(passes_anyway(l, number, &place, &anyway));
	return anyway
		? WQ_OK
		: wq_front_leftover_judge(l->arena, l->rules, number, asked.status, &place, asked.body, l->findings);
}

static bool goes_on(const struct looking *l)
{
	const struct wq_site_stats nothing = {0};
	const struct wq_inspect_progress so_far = {&nothing, 0};

	return !l->options->progress || l->options->progress(l->options->data, &so_far);
}

static wq_err look_at(struct looking *l)
{
	unsigned silent = 0;

	WQ_TRY(ask_nonsense(l));
	for (size_t i = 0; i < wq_front_leftovers(l->rules) && silent < SILENT_MOST && goes_on(l); i++)
		WQ_TRY(look_for(l, i, &silent));
	return WQ_OK;
}

static bool was_there(const struct looking *l, size_t start)
{
	struct wq_url other;

	for (size_t i = 0; i < start; i++)
		if (!wq_failed(wq_url_parse(l->arena, l->facts->starts[i], NULL, &other)) &&
			wq_url_same_origin(&other, &l->start))
			return true;
	return false;
}

wq_err wq_leftovers_look(const struct wq_front_rules *rules, const struct wq_facts *facts,
	const struct wq_inspect_options *options, struct wq_arena *arena, struct wq_findings *findings)
{
	struct looking l = {.rules = rules, .facts = facts, .options = options, .arena = arena, .findings = findings};
	wq_err e;

	WQ_TRY(wq_asking_open(&l.asking, options, NULL));
	wq_arena_init(&l.scratch, QUESTION_MEMORY);
	e = WQ_OK;
	for (size_t i = 0; i < options->walk.starts_n && !wq_failed(e); i++)
		if (!wq_failed(wq_url_parse(arena, facts->starts[i], NULL, &l.start)) && !was_there(&l, i))
			e = look_at(&l);
	wq_arena_done(&l.scratch);
	wq_asking_close(&l.asking);
	return e;
}
