/*
 * destroys.h - words of the tests about the destruction of delivered data: li asks for it, qin approves it, both of
 * health.
 */
#ifndef TESTS_UNIT_EXCHANGE_DESTROYS_H
#define TESTS_UNIT_EXCHANGE_DESTROYS_H

#include "authz/destruction.h"
#include "exchange/destruction.h"
#include "unit/exchange/reads.h"

static inline int destroys_up(void **state)
{
	pair_up(state);
	hire(((struct pair *)*state)->health, "qin", "destruction-approver", "", "HR-1005");
	return 0;
}

static inline enum hf_err ask_as(struct node *n, const char *who, const struct hf_id *id)
{
	n->world->now_ms++; /* each its own time */
	COMMAND(c, n, who);
	return command_end(
	        &c, hf_destruction_ask(n->exchange, &c.actor, id, "no longer needed", c.in.unit, c.in.draft, &c.fault));
}

static inline enum hf_err answer_as(struct node *n, const char *who, const struct hf_id *id, bool approve)
{
	const struct hf_destruction_answer in = {*id, approve, approve ? "" : "still needed"};
	COMMAND(c, n, who);
	return command_end(&c, hf_destruction_answer(n->exchange, &c.actor, &in, c.in.unit, c.in.draft, &c.fault));
}

static inline enum hf_err destroy_as(struct node *n, const struct hf_id *id)
{
	enum hf_err e = ask_as(n, "li", id);
	return e == HF_OK ? answer_as(n, "qin", id, true) : e;
}

#endif
