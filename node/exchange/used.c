/* used.c - what the provider's gate let through is a use of the grant: counted where the grant's mechanism asks for it.
 */
#include "authz/emergency.h"
#include "exchange/transfer.h"

void transfer_used(struct hf_unit *u, const struct transfer *t, const char *state)
{
	const struct hf_em_use use = {.grant = t->grant,
	                              .transfer = t->id,
	                              .account = t->account,
	                              .system = t->system,
	                              .state = state,
	                              .rows = t->rows,
	                              .bytes = t->bytes_done};
	if (t->provider)
		hf_emergency_use(t->x->authz, u, &use);
}
