#include "ledger/export_priv.h"

#include "crypto/canon.h"

#include <errno.h>

#define SEQ(n) ((unsigned long long)(n))

enum { CLOSE_VERSION = 1, RECORD_MAX = WQ_EVENT_BYTES_MAX };

/* The next `n` bytes, valid until the next call; false at the end or on an error. */
static bool take(struct wq_export_source *source, size_t n, wq_str *ret_bytes)
{
	if (!source->file) {
		if (source->memory.n - source->at < n)
			return false;
		*ret_bytes = wq_str_of(source->memory.p + source->at, n);
	} else {
		void *room;

		wq_buf_clear(&source->buf);
		room = wq_buf_reserve(&source->buf, n);
		if (!room || fread(room, 1, n, source->file) != n) {
			source->errnum = !room ? ENOMEM : ferror(source->file) ? errno : 0;
			return false;
		}
		wq_buf_commit(&source->buf, n);
		*ret_bytes = wq_buf_str(&source->buf);
	}
	source->at += n;
	return true;
}

static bool at_end(struct wq_export_source *source)
{
	wq_str one;

	return source->file ? !take(source, 1, &one) && source->errnum == 0 : source->at == source->memory.n;
}

static wq_err short_read(
	const struct wq_export_check *check, const struct wq_export_source *source, struct wq_verify_result *result)
{
	if (source->errnum)
		return wq_error_sys(WQ_E_IO, source->errnum, "reading the export");
	return wq_chain_fault(result, WQ_E_CHAIN, check->chain.tip.seq + 1,
		"the export ends behind event %llu without its closing record", SEQ(check->chain.tip.seq));
}

wq_digest wq_export_heads_digest(wq_digest before, wq_str payload)
{
	wq_digest pair[2] = {before, wq_sm3(payload)};

	return wq_sm3(wq_str_of(pair, sizeof(pair)));
}

wq_err wq_export_close_encode(const struct wq_tip *tip, wq_digest heads, struct wq_buf *out)
{
	wq_canon_begin(out, WQ_DOMAIN_EXPORT, CLOSE_VERSION, WQ_ALG_SM3);
	wq_canon_u64(out, tip->seq);
	wq_canon_digest(out, tip->digest);
	wq_canon_digest(out, heads);
	return wq_buf_err(out);
}

static wq_err check_head(struct wq_export_check *check, wq_str payload, struct wq_verify_result *result)
{
	uint64_t seq = check->chain.tip.seq;
	struct wq_head head;
	wq_sm2_sig sig;

	if (payload.n <= sizeof(sig.rs))
		return wq_chain_fault(
			result, WQ_E_CHAIN, WQ_MAX(seq, 1), "the head of event %llu was altered", SEQ(seq));
	memcpy(sig.rs, payload.p + payload.n - sizeof(sig.rs), sizeof(sig.rs));
	if (wq_failed(wq_head_decode(wq_str_head(payload, payload.n - sizeof(sig.rs)), &sig, &head)) ||
		head.tip.seq != seq)
		return wq_chain_fault(
			result, WQ_E_CHAIN, WQ_MAX(seq, 1), "the head of event %llu was altered", SEQ(seq));
	if (check->keys && wq_failed(wq_head_verify(&head, check->keys)))
		return wq_chain_fault(result, WQ_E_SIGNATURE, WQ_MAX(seq, 1),
			"the head of event %llu is not signed by the key", SEQ(seq));
	WQ_TRY(wq_chain_confirm(&check->chain, head.tip.digest, "its head", result));
	check->heads = wq_export_heads_digest(check->heads, payload);
	result->heads++;
	return WQ_OK;
}

static wq_err check_close(struct wq_export_check *check, wq_str payload, struct wq_verify_result *result)
{
	uint64_t seq = check->chain.tip.seq;
	struct wq_cursor c = wq_cursor_of(payload);
	struct wq_tip tip;
	wq_digest heads;

	if (wq_canon_read_begin(&c, WQ_DOMAIN_EXPORT, WQ_ALG_SM3) != CLOSE_VERSION)
		wq_cursor_fail(&c);
	tip.seq = wq_canon_read_u64(&c);
	tip.digest = wq_canon_read_digest(&c);
	heads = wq_canon_read_digest(&c);
	if (wq_failed(wq_cursor_end(&c)))
		return wq_chain_fault(result, WQ_E_CHAIN, seq + 1, "the closing record was altered");
	if (tip.seq != seq)
		return wq_chain_fault(result, WQ_E_CHAIN, seq + 1,
			"event %llu is followed by the closing record of %llu", SEQ(seq), SEQ(tip.seq));
	WQ_TRY(wq_chain_confirm(&check->chain, tip.digest, "the closing record", result));
	if (!wq_digest_eq(heads, check->heads))
		return wq_chain_fault(result, WQ_E_CHAIN, seq + 1, "a head or the closing record was altered");
	check->closed = true;
	return WQ_OK;
}

wq_err wq_export_check_magic(struct wq_export_source *source, struct wq_verify_result *result)
{
	wq_str magic = WQ_S_NONE;

	if (!take(source, WQ_EXPORT_MAGIC.n, &magic) || !wq_str_eq(magic, WQ_EXPORT_MAGIC))
		return source->errnum ? wq_error_sys(WQ_E_IO, source->errnum, "reading the export")
				      : wq_chain_fault(result, WQ_E_FORMAT, 1, "the file is no export of a ledger");
	return WQ_OK;
}

static wq_err check_record(struct wq_export_check *check, uint8_t type, wq_str payload, struct wq_verify_result *result)
{
	uint64_t next = check->chain.tip.seq + 1;

	switch (type) {
	case 'E': return wq_chain_add(&check->chain, payload, NULL, result);
	case 'H': return check_head(check, payload, result);
	case 'Z': return check_close(check, payload, result);
	default: return wq_chain_fault(result, WQ_E_CHAIN, next, "behind event %llu stands no record", SEQ(next - 1));
	}
}

wq_err wq_export_check_next(
	struct wq_export_check *check, struct wq_export_source *source, struct wq_verify_result *result)
{
	wq_str header = WQ_S_NONE, payload = WQ_S_NONE;
	struct wq_cursor c;
	uint8_t type;
	uint32_t n;
	wq_err e;

	result->fault_offset = source->at;
	if (!take(source, WQ_EXPORT_HEADER, &header))
		return short_read(check, source, result);
	c = wq_cursor_of(header);
	type = wq_cursor_u8(&c);
	n = wq_cursor_u32(&c);
	if (n > RECORD_MAX)
		return wq_chain_fault(result, WQ_E_CHAIN, check->chain.tip.seq + 1,
			"the record behind event %llu has an impossible length", SEQ(check->chain.tip.seq));
	if (!take(source, n, &payload))
		return short_read(check, source, result);
	e = check_record(check, type, payload, result);
	if (!wq_failed(e) && check->closed && !at_end(source))
		return source->errnum ? wq_error_sys(WQ_E_IO, source->errnum, "reading the export")
				      : wq_chain_fault(result, WQ_E_CHAIN, check->chain.tip.seq + 1,
						"something follows the closing record");
	return e;
}

static wq_err check_to_end(
	struct wq_export_check *check, struct wq_export_source *source, struct wq_verify_result *result)
{
	WQ_TRY(wq_export_check_magic(source, result));
	while (!check->closed)
		WQ_TRY(wq_export_check_next(check, source, result));
	return wq_chain_end(&check->chain, result);
}

wq_err wq_export_check_all(struct wq_export_source *source, const struct wq_head_keys *keys,
	const struct wq_head *witness, size_t witness_n, struct wq_verify_result *ret_result)
{
	struct wq_export_check check = {.keys = keys};
	struct wq_verify_result result = {0};
	struct wq_arena arena;
	wq_err e;

	wq_arena_init(&arena, witness_n * sizeof(void *) + 4096);
	e = wq_chain_witness(&check.chain, &arena, keys, witness, witness_n, &result);
	if (!wq_failed(e))
		e = check_to_end(&check, source, &result);
	wq_arena_done(&arena);
	if (!wq_failed(e))
		result.fault_offset = 0;
	result.tip = check.chain.tip;
	*ret_result = result;
	return e;
}

wq_err wq_export_verify(const char *path, const struct wq_head_keys *keys, const struct wq_head *witness,
	size_t witness_n, struct wq_verify_result *ret_result)
{
	struct wq_export_source source = {.file = fopen(path, "re"), .buf = WQ_BUF_INIT(RECORD_MAX)};
	wq_err e;

	if (!source.file)
		return wq_error_sys(errno == ENOENT ? WQ_E_NOT_FOUND : WQ_E_IO, errno, "%s", path);
	e = wq_export_check_all(&source, keys, witness, witness_n, ret_result);
	fclose(source.file);
	wq_buf_done(&source.buf);
	return e;
}
