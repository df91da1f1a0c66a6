/* gate.h - asks a node's decision point as one of its own gateways does. */
#ifndef TESTS_UNIT_API_GATE_H
#define TESTS_UNIT_API_GATE_H

#include "api/gateway.h"

/* Asked when the time to wait for a record is over; what the newest answer has to wait for. */
static bool gate_late;
static enum hf_entry_state gate_demands;

/* The answer, json_decref it; NULL when it was refused, with status and last_fault. */
static inline json_t *gate_ask(struct node *n, const char *path, json_t *in, unsigned *ret_status)
{
	struct hf_modules m = {.base = &n->base,
	                       .store = n->store,
	                       .identity = n->identity,
	                       .authz = n->authz,
	                       .catalog = n->catalog,
	                       .peers = &n->peers};
	struct hf_unit *u = hf_unit_new();
	const struct authzen_asker gateway = {"front", u, gate_late};
	struct authzen_answer a;
	char whole[64];
	snprintf(whole, sizeof(whole), "/access/v1/%s", path);
	assert_non_null(in);
	assert_true(authzen_answer(&m, &gateway, whole, in, &a));
	submit_wait(n, u);
	json_decref(in);
	snprintf(last_fault, sizeof(last_fault), "%s", a.text);
	*ret_status = a.status;
	gate_demands = a.demands;
	assert_true((a.status == 200) == (a.body.len > 0));
	json_t *out =
	        a.body.len > 0 ? json_loadb((const char *)a.body.data, a.body.len, JSON_REJECT_DUPLICATES, NULL) : NULL;
	assert_true((a.status == 200) == (out != NULL));
	hf_buf_done(&a.body);
	return out;
}

#endif
