/*
 * canary.c - does nng still clear connections away? (hangup.c says why it may not.) A link that has lost its connection
 * looks the same whether its peer is away or its dialler never dials again. So a connection of this process with itself
 * is closed, which nng clears away at once or never.
 */
#include "channel/bridge_internal.h"

#include <nng/protocol/reqrep0/rep.h>
#include <nng/protocol/reqrep0/req.h>
#include <stdio.h>

#include "base/mem.h"

struct hf_canary {
	struct hf_bridge *bridge;
	nng_socket there, here;
	uint32_t pipe;      /* under the bridge's lock; 0: none */
	uint64_t closed_us; /* likewise; 0: not */
};

static void at_pipe(nng_pipe p, nng_pipe_ev ev, void *arg)
{
	struct hf_canary *c = arg;
	uv_mutex_lock(&c->bridge->lock);
	c->pipe = ev == NNG_PIPE_EV_ADD_POST ? (uint32_t)nng_pipe_id(p) : 0;
	c->closed_us = 0;
	uv_mutex_unlock(&c->bridge->lock);
}

/* What could not be opened is not there: then nothing is found out. */
static struct hf_canary *hatch(struct hf_bridge *b)
{
	char url[64];
	struct hf_canary *c = hf_alloc_zero(sizeof(*c));
	c->bridge = b;
	snprintf(url, sizeof(url), "inproc://hufu-canary-%p", (void *)c);
	int rv = hf_bridge_quietly(nng_rep0_open, &c->there);
	if (rv == 0)
		rv = hf_bridge_quietly(nng_req0_open, &c->here);
	if (rv == 0)
		rv = nng_pipe_notify(c->here, NNG_PIPE_EV_ADD_POST, at_pipe, c);
	if (rv == 0)
		rv = nng_pipe_notify(c->here, NNG_PIPE_EV_REM_POST, at_pipe, c);
	if (rv == 0)
		rv = nng_listen(c->there, url, NULL, 0);
	if (rv == 0)
		(void)nng_dial(c->here, url, NULL, NNG_FLAG_NONBLOCK);
	return c;
}

bool hf_canary_lives(struct hf_bridge *b, uint64_t now_us)
{
	if (!b->canary)
		b->canary = hatch(b);
	struct hf_canary *c = b->canary;
	uv_mutex_lock(&b->lock);
	nng_pipe p = {c->closed_us == 0 ? c->pipe : 0};
	bool lives = c->closed_us == 0 || now_us - c->closed_us < HF_REAP_MS * UINT64_C(1000) / 2;
	if (p.id != 0)
		c->closed_us = now_us;
	uv_mutex_unlock(&b->lock);
	if (p.id != 0)
		nng_pipe_close(p);
	return lives;
}
