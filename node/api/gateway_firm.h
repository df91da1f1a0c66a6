/*
 * gateway_firm.h - answers to gateways that must not go out before their entries are as firm as the policy demands
 * ("record-witnessed", "record-mirrored"). The connection is suspended meanwhile, for a bounded time; then the question
 * is decided once more, so that what was revoked while it waited is not permitted. Private to the folder. Loop thread.
 */
#ifndef HUFU_API_GATEWAY_FIRM_H
#define HUFU_API_GATEWAY_FIRM_H

#include <microhttpd.h>

#include "api/gateway.h"

#define GATEWAY_FIRM_MS 10000 /* from the first answer that has to wait */

struct firm_storing;
/* Of one request; all zero: it has not waited. */
struct firm {
	struct firm *next, **before; /* while it waits */
	struct MHD_Connection *connection;
	struct firm_storing *storing;
	enum hf_entry_state demands;
	uint64_t index; /* of the newest entry of the answer, once it is stored */
	bool stored, failed;
	int64_t until_ms;      /* monotonic; 0: it never had to wait */
	struct hf_hash answer; /* what would have gone out */
};
struct firm_list {
	const struct hf_modules *m;
	struct firm *first;
};

/* Stores the entries and suspends the connection until firm_look resumes it. Takes the body of the answer. */
void firm_begin(struct firm_list *l, struct firm *w, struct MHD_Connection *c, struct authzen_answer *take,
                struct hf_unit *take_entries);
/* Resumes what is firm, failed or has waited long enough. *ret_resumed: something was. True: something still waits. */
bool firm_look(struct firm_list *l, bool *ret_resumed);
/* After it was resumed: its entries are as firm as they have to be. */
bool firm_reached(const struct firm_list *l, const struct firm *w);
/* That is still the answer. */
bool firm_same(const struct firm *w, const struct authzen_answer *a);
/* The connection has ended. */
void firm_drop(struct firm *w);
/* Before the daemon is stopped. */
void firm_resume_all(struct firm_list *l);

#endif
