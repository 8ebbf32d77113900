/* weique-sign's whole business: the only holder of the sealing key. It takes a release's statement and decisions, checks
 * them itself against its own pinned list (ledger/trust.h), and signs a snapshot head with the next serial; it signs a
 * ledger head only when the events given lead from the last head it signed to the new one. It parses nothing that came
 * from the Internet and opens no network.
 *
 * Its folder, which only its own user can read:
 *     seal.key            SM2 key file                       trust            pinned people (ledger/trust.h)
 *     keys                who signed before: each new key certified by the old one, and the other way round
 *     apps/<app>.sealed   the last head it signed for an application, with its signature
 *     serials             serial and digest of each of those: a file that was put back or taken away does not agree
 *     heads.log           every ledger head it signed, one line each, appended: itself a witness
 *
 * The state of an application is durable before the signature leaves: after a crash it never gives one serial to two
 * bodies, and asked again for the same statement it gives the same answer. A state file that its own key did not sign is
 * refused. States: ready (a request is answered with a signature or a refusal); there are no others.
 */
#ifndef WQ_SEAL_SERVICE_H
#define WQ_SEAL_SERVICE_H

#include "base/clock.h"
#include "base/file.h"
#include "crypto/sm2.h"
#include "ledger/ledger.h"
#include "seal/protocol.h"
#include "vault/snapshot.h"

struct wq_seal_service;

/* Opens `dir` (absolute, or the working directory stays as it is), which one process at a time may have (WQ_E_BUSY); `passphrase` may be empty (a key file without one).
 * Borrows fs and clock. WQ_E_ALTERED when its own records are not what it wrote. */
wq_err wq_seal_service_open(const struct wq_fs *fs, const char *dir, const struct wq_secret *passphrase,
	const struct wq_clock *clock, struct wq_seal_service **ret_service);
void wq_seal_service_close(struct wq_seal_service **service);
wq_sm2_public wq_seal_service_public(const struct wq_seal_service *service);

/* Makes the folder, a new key, an empty trust list that demands two in-establishment approvals. WQ_E_EXISTS when there
 * is a key already. */
wq_err wq_seal_service_init(const struct wq_fs *fs, const char *dir, const struct wq_secret *passphrase);

/* The public keys of a folder, from its files alone: no lock, so they can be asked while a service is open. */
wq_err wq_seal_service_read_keys(
	const struct wq_fs *fs, const char *dir, const struct wq_secret *passphrase, struct wq_seal_keys *ret_keys);

/* Makes a new sealing key with the same passphrase; the old private key is gone afterwards, the old public key stays on
 * record, and what it signed is believed. Complete or not begun, whenever it is interrupted: repeat it, or open the service.
 * WQ_E_BUSY while a service is open. */
wq_err wq_seal_service_rotate(
	const struct wq_fs *fs, const char *dir, const struct wq_secret *passphrase, const struct wq_clock *clock);

/* SEAL: checks and signs; appends the canonical head to `out`. Reads `body_fd` from its start, at most the statement's
 * length. Errors: WQ_E_UNAPPROVED, WQ_E_SELF_REVIEW, WQ_E_SIGNATURE, WQ_E_ALTERED (body root), WQ_E_REPLAYED (built on
 * another snapshot than the last one, or its own record was put back), WQ_E_CONFIG (the trust list, with the line). */
wq_err wq_seal_service_seal(struct wq_seal_service *service, const struct wq_seal_request *request, int body_fd,
	struct wq_buf *out, wq_sm2_sig *ret_sig);

/* HEAD: `events_fd` holds the canonical events `first` to `first + count - 1`, each with a u32 length before it. A count of
 * 0 asks for the last head again. Errors: WQ_E_CHAIN when they do not follow the last head that was signed,
 * WQ_E_NOT_FOUND when there is none to give again. */
wq_err wq_seal_service_head(
	struct wq_seal_service *service, uint64_t first, uint64_t count, int events_fd, struct wq_head *ret_head);

/* One received message to one answer on the same link. */
wq_err wq_seal_service_answer(struct wq_seal_service *service, struct wq_link *link, struct wq_link_message *message);

#endif
