/* The handover: how weique-vault (server) gives snapshots and packs to gates (clients).
 *
 *     gate                              vault
 *     HELLO pid, version          ->
 *                                 <-    KEY number, digest                                leave master key: 0 current, 1 the one before
 *                                 <-    BEGIN generation, app, serial, digest, packs, snapshot bytes
 *                                 <-    SNAPSHOT generation, bytes, [memfd]
 *                                 <-    PACK generation, number, name, bytes, [memfd]     number 0, 1, … packs - 1
 *                                 <- or PACK_COLD generation, number, name, bytes, index bytes, [memfd of the cold index]
 *                                 <-    PACK_FILE generation, number, [file]              directly after it
 *                                 <-    COMMIT generation
 *     ACK generation              ->    or NACK generation, reason, note
 *                                 <-    WITHDRAW app                                      the gate stops serving it
 *                                 <-    READY                                           all that is current was sent
 *     REPORT app, name, object, note ->                                                 a block of a cold pack is not what was sealed
 *     RULE app, rule, count, incident, variable, note ->                                 the rule engine refused a request
 *     PONG nonce                  ->    <- PING nonce
 *
 * Nothing of a generation is served before its COMMIT; a BEGIN, or an end of the connection, forgets an unfinished one.
 * One generation is under way at a time on a connection. A gate refuses (NACK) what is not sealed, has not the size that
 * was announced, breaks a bound or has a lower serial than it has seen; it keeps serving what it had. The vault has
 * verified digests and signatures on the very memory that it hands over; the gate needs no cryptographic library.
 *
 * A cold pack is not in memory: the gate gets its index (vault/cold.h; that one is sealed, and is what the vault verified) and
 * a read-only descriptor of the file, which anybody may alter meanwhile: a block is read into private memory, checked
 * against the index, and that memory is sent. Both messages belong together and count as one pack. What was KEY is a secret:
 * neither side logs it. A peer of another version is refused by the packet's magic: restart weique-vault and reload nginx together.
 */
#ifndef WQ_LINK_HANDOVER_H
#define WQ_LINK_HANDOVER_H

#include "link/link.h"

enum {
	WQ_HANDOVER_VERSION = 3,
	WQ_HANDOVER_APP_MAX = 64,
	WQ_HANDOVER_NOTE_MAX = 200,
	WQ_HANDOVER_INCIDENT_MAX = 32,
	WQ_HANDOVER_VARIABLE_MAX = 100,
	WQ_HANDOVER_PACKS_MAX = 65536,
	WQ_HANDOVER_DIGEST = 32,
	WQ_HANDOVER_KEYS_MAX = 2
};

enum wq_handover_type {
	WQ_HANDOVER_HELLO = 1,
	WQ_HANDOVER_BEGIN,
	WQ_HANDOVER_SNAPSHOT,
	WQ_HANDOVER_PACK,
	WQ_HANDOVER_COMMIT,
	WQ_HANDOVER_ACK,
	WQ_HANDOVER_NACK,
	WQ_HANDOVER_WITHDRAW,
	WQ_HANDOVER_PING,
	WQ_HANDOVER_PONG,
	WQ_HANDOVER_READY,
	WQ_HANDOVER_PACK_COLD,
	WQ_HANDOVER_PACK_FILE,
	WQ_HANDOVER_KEY,
	WQ_HANDOVER_REPORT,
	WQ_HANDOVER_RULE
};

/* Why a gate refused. wq_handover_reason_text() gives the stable word for logs and events. */
enum wq_handover_reason {
	WQ_REFUSED_NOT_SEALED = 1,
	WQ_REFUSED_SIZE,
	WQ_REFUSED_FORMAT,
	WQ_REFUSED_SERIAL,
	WQ_REFUSED_ORDER, /* a message out of its turn */
	WQ_REFUSED_LIMIT,
	WQ_REFUSED_HOST, /* another application answers for that host already */
	WQ_REFUSED_SYSTEM
};

extern const struct wq_link_protocol wq_handover_protocol;

/* One struct for all types; each type uses the members its line above names. Slices of a decoded message lie in the
 * packet. */
struct wq_handover {
	enum wq_handover_type type;
	uint64_t generation; /* also the nonce of PING and PONG */
	uint64_t serial;
	uint64_t bytes;       /* of the memfd; PACK_COLD: of the file */
	uint64_t index_bytes; /* PACK_COLD: of the memfd */
	uint32_t
		number; /* of a pack; in BEGIN how many packs; in HELLO the pid; in REPORT the object; in KEY which; in RULE its id */
	uint32_t version;
	uint32_t count; /* RULE: requests of this client and rule since the last one that was told, this one included */
	uint8_t digest
		[WQ_HANDOVER_DIGEST]; /* BEGIN: the snapshot's; PACK, PACK_COLD, REPORT: the pack's name; KEY: the key */
	wq_str app;
	enum wq_handover_reason reason;
	wq_str note;               /* RULE: the value, cut and escaped */
	wq_str incident, variable; /* RULE */
};

/* Appends the payload of `message`. Lengths over their limits make `out` fail. */
void wq_handover_encode(const struct wq_handover *message, struct wq_buf *out);
/* Errors: WQ_E_FORMAT. An app is 1 to 64 of [a-z0-9-]. */
wq_err wq_handover_decode(uint16_t type, wq_str payload, struct wq_handover *ret_message);
/* Encodes and sends; `fd` -1 for none. Errors as wq_link_send(). */
wq_err wq_handover_send(struct wq_link *link, const struct wq_handover *message, int fd);
/* "not_sealed", "size", … */
const char *wq_handover_reason_text(enum wq_handover_reason reason);

#endif
