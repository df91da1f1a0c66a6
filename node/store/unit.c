/* unit.c - see unit.h and the part of store.h about units. */
#include "store/unit.h"

#include <stdlib.h>
#include <string.h>

struct hf_unit *hf_unit_new(void)
{
	struct hf_unit *u = hf_alloc(sizeof(*u));

	memset(u, 0, offsetof(struct hf_unit, first));
	u->rows_end = &u->rows;
	u->drafts_end = &u->drafts;
	u->hooks_end = &u->hooks;
	hf_arena_init(&u->arena, u->first, sizeof(u->first));
	return u;
}

void hf_unit_free(struct hf_unit *u)
{
	if (!u)
		return;
	for (struct hf_unit_draft *d = u->drafts; d; d = d->next)
		hf_draft_free(d->draft);
	for (struct hf_hook *h = u->hooks; h; h = h->next)
		if (h->free_ctx)
			h->free_ctx(h->ctx);
	hf_arena_done(&u->arena);
	free(u);
}

static bool row_ok(enum hf_table t, size_t key_len, size_t value_len)
{
	return hf_table_name(t) && key_len > 0 && key_len <= HF_KEY_MAX && value_len <= HF_VALUE_MAX;
}

/* Row, key and value in one piece of the arena. */
static void add_row(struct hf_unit *u, const struct hf_row *from)
{
	struct hf_row *r;
	uint8_t *bytes;

	if (!row_ok(from->table, from->key_len, from->value_len)) {
		u->err = HF_E_ARGUMENT;
		return;
	}
	r = hf_arena_get(&u->arena, sizeof(*r) + from->key_len + from->value_len);
	bytes = (uint8_t *)(r + 1);
	*r = *from;
	r->key = memcpy(bytes, from->key, from->key_len);
	r->value = bytes + from->key_len;
	if (from->value_len)
		memcpy(bytes + from->key_len, from->value, from->value_len);
	u->bytes += from->key_len + from->value_len;
	*u->rows_end = r;
	u->rows_end = &r->next;
}

/* A length that 32 bits cannot hold must not wrap into a good one. */
static uint32_t clamped(size_t len)
{
	return len > UINT32_MAX ? UINT32_MAX : (uint32_t)len;
}

void hf_unit_put(struct hf_unit *u, enum hf_table t, const void *key, size_t key_len, const void *value,
                 size_t value_len)
{
	add_row(u, &(struct hf_row){.table = t,
	                            .key = key,
	                            .key_len = clamped(key_len),
	                            .value = value,
	                            .value_len = clamped(value_len)});
}

void hf_unit_del(struct hf_unit *u, enum hf_table t, const void *key, size_t key_len)
{
	add_row(u, &(struct hf_row){.table = t, .key = key, .key_len = clamped(key_len), .del = true});
}

void hf_unit_draft(struct hf_unit *u, struct hf_draft *take)
{
	struct hf_unit_draft *d = hf_arena_get(&u->arena, sizeof(*d));

	*d = (struct hf_unit_draft){NULL, take};
	*u->drafts_end = d;
	u->drafts_end = &d->next;
	u->draft_count++;
}

bool hf_unit_empty(const struct hf_unit *u)
{
	return !u->rows && !u->drafts && !u->hooks && u->err == HF_OK;
}

void hf_unit_after(struct hf_unit *u, void (*fn)(void *ctx), void *ctx, void (*free_ctx)(void *ctx))
{
	struct hf_hook *h = hf_arena_get(&u->arena, sizeof(*h));

	*h = (struct hf_hook){NULL, fn, ctx, free_ctx};
	*u->hooks_end = h;
	u->hooks_end = &h->next;
}

void hf_unit_settle(struct hf_unit *u)
{
	if (u->err != HF_OK)
		u->info = (struct hf_commit){0, 0};
	for (struct hf_hook *h = u->hooks; h && u->err == HF_OK; h = h->next)
		h->fn(h->ctx);
	if (u->done)
		u->done(u->ctx, u->err, &u->info);
	hf_unit_free(u);
}

void hf_unit_list_init(struct hf_unit_list *l)
{
	l->head = NULL;
	l->end = &l->head;
}

void hf_unit_list_add(struct hf_unit_list *l, struct hf_unit *u)
{
	u->next = NULL;
	*l->end = u;
	l->end = &u->next;
}

void hf_unit_list_move(struct hf_unit_list *l, struct hf_unit_list *from)
{
	if (!from->head)
		return;
	*l->end = from->head;
	l->end = from->end;
	hf_unit_list_init(from);
}
