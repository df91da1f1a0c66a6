/* recalled_answer.c - see recall.h: what a node that was told of a recall answers: that the use has ended, and what was
 * destroyed (DS-11). */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/domains.h"
#include "exchange/destroying.h"
#include "exchange/recall.h"
#include "proto/codec.h"
#include "recall.pb-c.h"

/* ---- what was destroyed of it ---- */

struct objects {
	struct hf_exchange *x;
	const Hufu__RecalledRow *of;
	Hufu__RecallObject object[256];
	Hufu__RecallObject *list[256];
	Hufu__DestructionRow *row[256];
	size_t count;
	bool left; /* something that is not done */
};

static void objects_free(struct objects *o)
{
	for (size_t i = 0; i < o->count; i++)
		hf_decoded_free(o->row[i]);
	free(o);
}

/* A later order of persons about the same object counts for one that a policy could not carry out. */
struct later {
	bool done;
};

static bool is_later(void *ctx, const Hufu__DestructionRow *row)
{
	struct later *l = ctx;
	l->done |= strcmp(row->state, "done") == 0;
	return !l->done;
}

static bool take_object(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct objects *o = ctx;
	struct hf_id object;
	struct later l = {false};
	(void)key;
	Hufu__DestructionRow *row = HF_DECODE_OWN(destruction_row, value.data, value.len);
	bool of_this = row && row->transfer.len == o->of->transfer.len &&
	               memcmp(row->transfer.data, o->of->transfer.data, row->transfer.len) == 0 &&
	               hf_id_from_bytes(row->object.data, row->object.len, &object);
	if (of_this && strcmp(row->state, "done") != 0 && row->recall.len > 0 &&
	    (hf_destruction_list(o->x, &object, is_later, &l) != HF_OK || !l.done))
		o->left = true;
	if (!of_this || strcmp(row->state, "done") != 0 || o->count == 256) {
		hf_decoded_free(row);
		return true;
	}
	Hufu__RecallObject *out = &o->object[o->count];
	hufu__recall_object__init(out);
	out->kind = row->kind;
	out->object = row->object;
	out->destruction = row->id;
	out->outcome = row->outcome;
	out->record_digest = row->record_digest;
	o->list[o->count] = out;
	o->row[o->count++] = row;
	return true;
}

/* ---- answers ---- */

/* What is said to one recall. */
struct saying {
	const ProtobufCBinaryData *recall;
	const char *state;
	const struct objects *o; /* NULL: none */
	uint32_t passed_on;
};

static enum hf_err answer(struct hf_exchange *x, const Hufu__RecalledRow *row, const struct saying *say,
                          struct hf_unit *unit)
{
	HF_CLEANUP(hf_decoded_done) Hufu__Envelope *e = NULL;
	Hufu__RecallAnswer m = HUFU__RECALL_ANSWER__INIT;
	Hufu__RecallAnswerMail mail = HUFU__RECALL_ANSWER_MAIL__INIT;
	struct recall_head head;
	struct hf_hash digest;
	struct hf_id transfer;
	size_t len = 0;
	if (!hf_id_from_bytes(row->transfer.data, row->transfer.len, &transfer))
		return HF_E_STORE;
	recall_head_init(x, &head, &transfer, row->provider);
	m.header = &head.header;
	m.recall = *say->recall;
	m.transfer = row->transfer;
	m.state = (char *)(uintptr_t)say->state;
	m.objects = say->o ? (Hufu__RecallObject **)(uintptr_t)say->o->list : NULL;
	m.n_objects = say->o ? say->o->count : 0;
	m.passed_on = say->passed_on;
	m.answered_ms = hf_now_ms(&x->base->clock);
	HF_TRY(recall_sign(x, HF_TYPE_RECALL_ANSWER, &transfer, &m.base, unit, &e, &digest));
	mail.answer = e;
	uint8_t *body = hf_encode(&mail.base, &len);
	if (!body)
		return HF_E_MEMORY;
	enum hf_err err = hf_peers_mail(x->peers, unit, row->provider, HF_MAIL_RECALL_ANSWER, &transfer, body, len);
	free(body);
	return err;
}

enum hf_err recalled_answer_stopped(struct hf_exchange *x, const Hufu__RecalledRow *row,
                                    const ProtobufCBinaryData *recall, struct hf_unit *unit)
{
	const struct saying say = {recall, "stopped", NULL, 0};
	return answer(x, row, &say, unit);
}

/* ---- all of it is done ---- */

struct children {
	const Hufu__RecalledRow *of;
	uint32_t parties;
	bool open;
};

static bool take_child(void *ctx, const Hufu__RecallRow *row)
{
	struct children *c = ctx;
	if (row->parent.len != 16 || memcmp(row->parent.data, c->of->recall.data, 16) != 0 ||
	    memcmp(row->parent_transfer.data, c->of->transfer.data, 16) != 0)
		return true;
	c->parties += row->parties;
	c->open |= strcmp(row->state, "done") != 0;
	return true;
}

static enum hf_err say_done(struct hf_exchange *x, const Hufu__RecalledRow *row, struct saying *say,
                            struct hf_unit *unit)
{
	if (say->recall)
		return answer(x, row, say, unit);
	say->recall = &row->recall;
	HF_TRY(answer(x, row, say, unit));
	for (size_t i = 0; i < row->n_also; i++) {
		say->recall = &row->also[i];
		HF_TRY(answer(x, row, say, unit));
	}
	return HF_OK;
}

enum hf_err recalled_answer_done(struct hf_exchange *x, const Hufu__RecalledRow *row, const ProtobufCBinaryData *recall,
                                 struct hf_unit *unit)
{
	struct children c = {.of = row};
	HF_TRY(hf_recall_list(x, take_child, &c));
	if (c.open)
		return HF_E_STATE;
	struct objects *o = hf_alloc_zero(sizeof(*o));
	struct saying say = {recall, "done", o, c.parties};
	o->x = x;
	o->of = row;
	enum hf_err e = hf_store_scan(x->store, HF_TABLE_DESTRUCTION, NULL, 0, NULL, 0, take_object, o);
	if (e == HF_OK)
		e = o->left ? HF_E_STATE : say_done(x, row, &say, unit);
	objects_free(o);
	return e;
}
