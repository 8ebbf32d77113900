/* One gate worker's connection: it is sent every offer that it has not got yet, one after the other, then READY.
 *
 * Nothing is sent before its HELLO. The link's queue is kept short, so that a worker that does not read costs a few
 * messages, not a copy of everything.
 */
#ifndef WQ_GATE_BROKER_SESSION_H
#define WQ_GATE_BROKER_SESSION_H

#include "gate/broker/report.h"
#include "gate/broker/served.h"
#include "link/handover.h"

struct wq_session;

/* Takes `fd`. */
wq_err wq_session_open(int fd, const struct wq_link_peer *peer, struct wq_served *served, struct wq_report *report,
	struct wq_session **ret_session);
/* Says in the report why, unless it never greeted. */
void wq_session_close(struct wq_session **session, wq_err why);

/* For the event loop; stays the session's. */
int wq_session_fd(const struct wq_session *session);
/* It has something to send that the socket did not take, or that was too much for one step. */
bool wq_session_waiting(const struct wq_session *session);
/* Reads what came and sends what is due. An error ends the session. */
wq_err wq_session_step(struct wq_session *session);
/* The worker said HELLO: it is one. */
bool wq_session_greeted(const struct wq_session *session);
/* Makes due once more what the worker refused for a reason that passes (no room, no memory, a host that another
 * application had). */
void wq_session_retry(struct wq_session *session);

#endif
