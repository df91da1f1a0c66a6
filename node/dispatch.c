/*
 * dispatch.c - every request between nodes is a row: type, who may send it, who answers it. An absent row refuses
 * (DS-69). Requests that peers.c answers itself (ping, descriptor, mail, poll) never come here.
 */
#include "dispatch.h"

#include <string.h>

#include "catalog/catalog.h"
#include "exchange/exchange.h"
#include "ledger/ledger.h"
#include "peers/peers.h"

typedef void (*dispatch_fn)(const struct hf_modules *m, struct hf_request *take);

static void to_catalog(const struct hf_modules *m, struct hf_request *take)
{
	hf_catalog_on_request(m->catalog, take);
}

static void to_exchange(const struct hf_modules *m, struct hf_request *take)
{
	hf_exchange_on_request(m->exchange, take);
}

static void to_ledger(const struct hf_modules *m, struct hf_request *take)
{
	hf_ledger_on_request(m->ledger, take);
}

/* role: the sender must hold it in the descriptor; NULL: any member. */
static const struct dispatch_row {
	enum hf_msg type;
	const char *role;
	dispatch_fn handle;
} rows[] = {
        {HF_MSG_CATALOG_SYNC, NULL, to_catalog},
        {HF_MSG_CATALOG_PUSH, "provider", to_catalog},
        {HF_MSG_TRANSFER_REQUEST, "consumer", to_exchange},
        {HF_MSG_CHUNK_GET, "consumer", to_exchange},
        {HF_MSG_TRANSFER_END, NULL, to_exchange},
        {HF_MSG_CHECKPOINT_ADD, NULL, to_ledger},
        {HF_MSG_MIRROR_ADD, NULL, to_ledger},
        {HF_MSG_OPENINGS_PUSH, NULL, to_ledger},
        {HF_MSG_LEDGER_HEADS, NULL, to_ledger},
        {HF_MSG_LEDGER_EVIDENCE, NULL, to_ledger},
        {HF_MSG_CONSISTENCY_GET, NULL, to_ledger},
        {HF_MSG_LEDGER_FETCH, NULL, to_ledger},
        {HF_MSG_LEDGER_SEEN, NULL, to_ledger},
};

static const struct dispatch_row *find_row(uint32_t type)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if ((uint32_t)rows[i].type == type)
			return &rows[i];
	return NULL;
}

void hf_dispatch(const struct hf_modules *m, struct hf_request *take)
{
	uint32_t type = hf_request_type(take);
	const char *peer = hf_request_peer(take);
	const struct dispatch_row *row = find_row(type);
	if (!row) {
		hf_request_reply(take, HF_E_UNSUPPORTED, "this node answers no such message", NULL, 0);
		return;
	}
	if (hf_request_body(take).len > hf_msg_max(type)) {
		hf_request_reply(take, HF_E_LIMIT, "the message is larger than its type allows", NULL, 0);
		return;
	}
	if (row->role && strcmp(peer, m->base->self.s) != 0 &&
	    !hf_space_has_role(hf_peers_space(m->peers), peer, row->role)) {
		hf_request_reply(take, HF_E_STANDING, "the sender does not hold the role that this message needs", NULL,
		                 0);
		return;
	}
	row->handle(m, take);
}
