#include "detect/content/content_priv.h"

#include "finding/excerpt.h"

/* The offset in the source of an offset in the text. */
static uint64_t source_offset(const struct wq_content_text *input, size_t text_at)
{
	size_t low = 0, high = input->piece_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (input->pieces[middle].text_at <= text_at)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return input->piece_count ? 0 : text_at;
	const struct wq_content_piece *piece = &input->pieces[low - 1];
	size_t end = low < input->piece_count ? input->pieces[low].text_at : input->text.n;
	size_t into = text_at - piece->text_at;
	/* a piece of another length was decoded as a whole */
	return end - piece->text_at == piece->source_n ? piece->source_at + into : piece->source_at;
}

static void set_place(const struct wq_content_text *input, size_t from, size_t to, struct wq_place *place)
{
	wq_str source = input->source.n ? input->source : input->text;
	uint64_t at = WQ_MIN(source_offset(input, from), (uint64_t)source.n);
	uint64_t last = WQ_MIN(source_offset(input, to ? to - 1 : 0) + 1, (uint64_t)source.n);
	size_t line_at = 0;
	place->line = 1;
	place->column = 1;
	if (!input->converted) {
		place->offset = at;
		place->length = last > at ? last - at : 0;
	}
	for (size_t i = 0; i < at; i++) {
		if (source.p[i] == '\n') {
			place->line++;
			line_at = i + 1;
		}
	}
	for (size_t i = line_at; i < at; i++)
		place->column += ((unsigned char)source.p[i] & 0xc0) != 0x80;
}

wq_err content_report(struct content_run *run, const struct content_view *view, size_t from, size_t to, bool masked,
	struct wq_finding *finding)
{
	size_t at = view->at[from], end = view->at[to];
	finding->place = run->input->place;
	if (view->text.p == run->input->text.p)
		set_place(run->input, at, end, &finding->place);
	finding->evidence.excerpt = masked ? wq_excerpt_masked(run->arena, view->text, at, end - at)
					   : wq_excerpt(run->arena, view->text, at, end - at);
	WQ_TRY(wq_arena_err(run->arena));
	return wq_findings_add(run->findings, finding);
}

/* The first character of the view behind `chars` visible ones. */
static size_t start_end(const struct content_view *view, uint64_t chars)
{
	size_t i = 0;
	for (uint64_t seen = 0; i < view->n && seen < chars; i++)
		seen += view->c[i] != ' ' && view->c[i] != '\n';
	return i;
}

static wq_err check_view(struct content_run *run, wq_str text, bool is_title)
{
	struct content_view view;
	if (text.n == 0)
		return WQ_OK;
	WQ_TRY(content_view_make(run->arena, run->rules, text, &view));
	view.is_title = is_title;
	run->start_end = start_end(&view, run->rules->start_chars);
	WQ_TRY(content_secret_marks(run, &view));
	WQ_TRY(content_internal_marks(run, &view));
	WQ_TRY(content_resident_ids(run, &view));
	WQ_TRY(content_numbers(run, &view));
	return content_listed_words(run, &view);
}

wq_err wq_content_check(struct wq_arena *arena, const struct wq_content_rules *rules,
	const struct wq_content_words *words, const struct wq_content_text *text, struct wq_findings *findings)
{
	struct content_run run = {.arena = arena, .rules = rules, .words = words, .input = text, .findings = findings};
	WQ_TRY(check_view(&run, text->title, true));
	WQ_TRY(check_view(&run, text->meta, false));
	return check_view(&run, text->text, false);
}
