/* The checks taken out, for one purpose: to show that the end-to-end tests of attacks can fail. Linked in the place of the
 * real functions (-Wl,--wrap) into test programs of their own, never installed: weique-vault-unchecked believes every
 * snapshot and every pack that has the right form. attack.test.mjs asserts that with it visitors do get what nobody
 * approved. The gate's half is unchecked_gate.c.
 */
#include "vault/load.h"

wq_err __wrap_wq_snapshot_verify(const struct wq_snapshot *snapshot, const wq_sm2_public *key, uint64_t serial_seen,
	const wq_digest *digest_seen);
wq_err __wrap_wq_pack_reverify(const struct wq_pack *pack, wq_digest name);

wq_err __wrap_wq_snapshot_verify(const struct wq_snapshot *snapshot, const wq_sm2_public *key, uint64_t serial_seen,
	const wq_digest *digest_seen)
{
	(void)snapshot, (void)key, (void)serial_seen, (void)digest_seen;
	return WQ_OK;
}

wq_err __wrap_wq_pack_reverify(const struct wq_pack *pack, wq_digest name)
{
	(void)pack, (void)name;
	return WQ_OK;
}
