/* caller.c - nodes that dialled this one: their sessions and what each may ask of this node at a time. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "channel/internal.h"

static size_t session_bucket(const uint8_t id[HF_SESSION_ID])
{
	return id[0]; /* ids are random; HF_BUCKETS is 256 */
}

struct hf_caller *hf_caller_find(struct hf_channel *c, const char *name)
{
	struct hf_caller *k;
	LIST_FOREACH(k, &c->callers[hf_channel_bucket(name)], bucket)
	if (strcmp(k->name.s, name) == 0)
		return k;
	return NULL;
}

struct hf_caller *hf_caller_get(struct hf_channel *c, const struct hf_name *name)
{
	struct hf_caller *k = hf_caller_find(c, name->s);
	if (k)
		return k;
	k = hf_alloc_zero(sizeof(*k));
	k->name = *name;
	k->tokens = c->cfg.rate_per_s;
	k->tokens_at_ms = hf_channel_now(c);
	k->rate_reported_ms = k->tokens_at_ms - HF_RATE_REPORT_MS;
	TAILQ_INIT(&k->guests);
	LIST_INSERT_HEAD(&c->callers[hf_channel_bucket(name->s)], k, bucket);
	return k;
}

static void end_session(struct hf_channel *c, struct hf_session **s)
{
	if (!*s)
		return;
	(*s)->ended = true;
	(*s)->owner = NULL;
	LIST_REMOVE(*s, bucket);
	hf_session_unref(HF_TAKE(*s));
	c->stats.sessions--;
}

void hf_caller_session(struct hf_channel *c, struct hf_caller *k, struct hf_session *take)
{
	end_session(c, &k->previous);
	k->previous = k->current;
	k->current = take;
	take->owner = k;
	LIST_INSERT_HEAD(&c->sessions[session_bucket(take->id)], take, bucket);
	c->stats.sessions++;
}

void hf_caller_end_sessions(struct hf_channel *c, struct hf_caller *k)
{
	end_session(c, &k->current);
	end_session(c, &k->previous);
}

struct hf_session *hf_caller_session_find(struct hf_channel *c, const uint8_t id[HF_SESSION_ID])
{
	struct hf_session *s;
	LIST_FOREACH(s, &c->sessions[session_bucket(id)], bucket)
	if (memcmp(s->id, id, HF_SESSION_ID) == 0)
		return s;
	return NULL;
}

static bool take_token(struct hf_channel *c, struct hf_caller *k)
{
	double most = c->cfg.rate_per_s;
	int64_t now = hf_channel_now(c);
	k->tokens += (double)(now - k->tokens_at_ms) / 1000.0 * most;
	k->tokens_at_ms = now;
	if (k->tokens > most)
		k->tokens = most;
	if (k->tokens < 1)
		return false;
	k->tokens -= 1;
	return true;
}

/* A record is accepted once by its counter; this is for the same request in a new record, after a hint. */
static bool seen(struct hf_caller *k, const ProtobufCBinaryData *id)
{
	uint64_t tail = hf_get_u64(id->data + 8); /* UUIDv7: random */
	uint64_t *slot = &k->recent[tail % HF_RECENT];
	if (*slot == tail)
		return true;
	*slot = tail;
	return false;
}

enum hf_err hf_caller_admit(struct hf_channel *c, struct hf_caller *k, struct hf_request *r)
{
	if (!take_token(c, k))
		return HF_E_RATE;
	if (r->poll ? k->polls >= 2 || c->polls >= HF_POLLS_HELD_MAX : k->outstanding >= c->cfg.outstanding_max)
		return HF_E_BUSY;
	if (k->outstanding > 0 && k->bytes + r->bytes > HF_CALLER_BYTES_MAX)
		return HF_E_BUSY;
	if (seen(k, &r->header->message_id))
		return HF_E_REPLAY;
	k->bytes += r->bytes;
	*(r->poll ? &k->polls : &k->outstanding) += 1;
	c->polls += r->poll;
	r->counted = true;
	return HF_OK;
}

void hf_caller_settle(struct hf_channel *c, struct hf_request *r)
{
	struct hf_caller *k = r->caller;
	if (!k || !r->counted)
		return;
	k->bytes -= r->bytes;
	*(r->poll ? &k->polls : &k->outstanding) -= 1;
	c->polls -= r->poll;
	r->counted = false;
}

void hf_caller_drop_if_idle(struct hf_channel *c, struct hf_caller *k)
{
	if (k->pipes > 0 || k->refs > 0)
		return;
	hf_caller_end_sessions(c, k);
	LIST_REMOVE(k, bucket);
	free(k);
}
