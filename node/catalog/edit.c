#include "catalog/edit.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "crypto/domains.h"
#include "evidence/envelope.h"

static enum hf_err no_such_entry(const struct hf_id *id, struct hf_fault *f)
{
	char text[HF_ID_TEXT];

	hf_id_text(id, text);
	return hf_fault_set(f, HF_E_UNKNOWN,
	                    "this node has published no entry %s; `hufu catalog list --own` shows its entries", text);
}

static enum hf_err load(struct edit *e, struct hf_fault *f)
{
	enum hf_err err = row_get(e->c, e->c->base->self.s, &e->id, &e->was);

	if (err == HF_E_UNKNOWN || (err == HF_OK && !e->was->own))
		return no_such_entry(&e->id, f);
	if (err == HF_OK)
		err = row_entry(e->was->envelope.data, e->was->envelope.len, &e->was_entry);
	if (err != HF_OK)
		return hf_fault_default(f, err);
	if (e->was->withdrawn)
		return hf_fault_set(f, HF_E_STATE,
		                    "the entry was withdrawn and stays so; publish the data as a new entry");
	e->row = *e->was;
	e->floor = e->was->version;
	return HF_OK;
}

enum hf_err edit_begin(struct edit *e, struct hf_catalog *c, const struct hf_id *id, struct hf_fault *f)
{
	memset(e, 0, sizeof(*e));
	e->c = c;
	hufu__catalog_row__init(&e->row);
	hf_buf_init(&e->envelope, HF_MAX_ENVELOPE);
	hf_arena_init(&e->arena, NULL, 0);
	e->id = id ? *id : hf_id_new(hf_now_ms(&c->base->clock));
	if (id)
		return load(e, f);
	e->row.own = true;
	e->row.publisher = (char *)c->base->self.s;
	return HF_OK;
}

void edit_done(struct edit *e)
{
	hf_decoded_free(e->was);
	hf_decoded_free(e->was_entry);
	hf_buf_done(&e->envelope);
	hf_arena_done(&e->arena);
}

/* Signing. */
static enum hf_err sign(struct edit *e, Hufu__CatalogEntry *entry, struct hf_buf *out, struct hf_fault *f)
{
	struct hf_id message = hf_id_new(hf_now_ms(&e->c->base->clock));
	Hufu__Header header = HUFU__HEADER__INIT;
	Hufu__CatalogEntry *check;
	enum hf_err err;

	header.suite = HF_SUITE_INTL_1;
	header.space = (char *)hf_space_id(hf_peers_space(e->c->peers));
	header.issuer = entry->publisher = (char *)e->c->base->self.s;
	header.message_id = (ProtobufCBinaryData){sizeof(message.b), message.b};
	header.time_ms = hf_now_ms(&e->c->base->clock);
	entry->header = &header;
	entry->id = (ProtobufCBinaryData){sizeof(e->id.b), e->id.b};
	err = hf_envelope_make_message(e->c->keys->envelope, header.issuer, HF_TYPE_CATALOG_ENTRY, &entry->base, out);
	entry->header = NULL;
	if (err == HF_E_LIMIT)
		return hf_fault_set(f, err, "the entry is larger than %u KiB; shorten its texts",
		                    HF_MAX_ENVELOPE >> 10);
	if (err != HF_OK)
		return hf_fault_default(f, err);
	if (row_entry(out->data, out->len, &check) != HF_OK) /* nobody would accept it */
		return hf_fault_set(
		        f, HF_E_ARGUMENT,
		        "a text of the entry is too long or not plain text; title 512, description, condition and "
		        "legal basis 4096, other texts 127 bytes");
	hf_decoded_free(check);
	return HF_OK;
}

enum hf_err edit_sign(struct edit *e, Hufu__CatalogEntry *entry, struct hf_fault *f)
{
	if (e->floor == UINT32_MAX)
		return hf_fault_set(f, HF_E_LIMIT, "the entry has had all versions there can be; publish a new entry");
	entry->version = e->floor + 1;
	HF_TRY(sign(e, entry, &e->envelope, f));
	e->row.envelope = (ProtobufCBinaryData){e->envelope.len, e->envelope.data};
	e->row.version = entry->version;
	e->row.withdrawn = entry->withdrawn;
	return HF_OK;
}

/* Scopes. */
static void *get(struct edit *e, size_t size)
{
	return memset(hf_arena_get(&e->arena, size), 0, size);
}

static char *copy_text(struct edit *e, const char *text)
{
	size_t len = strlen(text) + 1;

	return memcpy(hf_arena_get(&e->arena, len), text, len);
}

static Hufu__CatalogScope *scope_row(struct edit *e, const struct hf_scope *s)
{
	Hufu__CatalogScope *row = get(e, sizeof(*row));

	hufu__catalog_scope__init(row);
	row->kind = s->kind;
	row->n_names = s->count;
	row->names = get(e, (s->count + 1) * sizeof(*row->names));
	for (size_t i = 0; i < s->count; i++)
		row->names[i] = copy_text(e, s->names[i]);
	return row;
}

/* Drops the nodes that the scope covers again, and remembers how high their tombstones were. */
static Hufu__CatalogClosed *still_closed(struct edit *e, const Hufu__CatalogClosed *was, const struct hf_scope *scope)
{
	Hufu__CatalogClosed *row = get(e, sizeof(*row));

	*row = *was;
	row->n_nodes = 0;
	row->nodes = get(e, (was->n_nodes + 1) * sizeof(*row->nodes));
	for (size_t i = 0; i < was->n_nodes; i++) {
		if (!scope_covers_node(scope, hf_peers_space(e->c->peers), was->nodes[i]))
			row->nodes[row->n_nodes++] = was->nodes[i];
		else if (was->version > e->floor)
			e->floor = was->version;
	}
	return row;
}

static Hufu__CatalogClosed *newly_closed(struct edit *e, const struct hf_scope *before, const struct hf_scope *after)
{
	const struct hf_space *space = hf_peers_space(e->c->peers);
	const Hufu__Descriptor *d = hf_space_current(space);
	Hufu__CatalogClosed *row = get(e, sizeof(*row));

	hufu__catalog_closed__init(row);
	row->nodes = get(e, (d->n_members + 1) * sizeof(*row->nodes));
	for (size_t i = 0; i < d->n_members; i++) {
		const char *node = d->members[i]->id;

		if (strcmp(node, e->c->base->self.s) != 0 && scope_covers_node(before, space, node) &&
		    !scope_covers_node(after, space, node))
			row->nodes[row->n_nodes++] = copy_text(e, node);
	}
	return row;
}

static enum hf_err make_tombstone(struct edit *e, uint32_t version, ProtobufCBinaryData *ret_envelope,
                                  struct hf_fault *f)
{
	Hufu__CatalogEntry entry = HUFU__CATALOG_ENTRY__INIT;
	HF_CLEANUP(hf_buf_done) struct hf_buf out = HF_BUF_INIT;

	entry.withdrawn = true;
	entry.version = version;
	HF_TRY(sign(e, &entry, &out, f));
	ret_envelope->len = out.len;
	ret_envelope->data = memcpy(hf_arena_get(&e->arena, out.len), out.data, out.len);
	return HF_OK;
}

static enum hf_err close_to(struct edit *e, const struct hf_scope *before, const struct hf_scope *after,
                            struct hf_fault *f)
{
	Hufu__CatalogClosed **list = get(e, (e->was->n_closed + 1) * sizeof(*list)),
	                    *new = newly_closed(e, before, after);
	size_t n = 0;

	for (size_t i = 0; i < e->was->n_closed; i++) {
		list[n] = still_closed(e, e->was->closed[i], after);
		n += list[n]->n_nodes > 0;
	}
	if (new->n_nodes > 0) {
		new->version = e->was->version + 1;
		HF_TRY(make_tombstone(e, new->version, &new->envelope, f));
		list[n++] = new;
	}
	e->row.closed = list;
	e->row.n_closed = n;
	return HF_OK;
}

enum hf_err edit_scope(struct edit *e, const struct hf_scope *scope, struct hf_fault *f)
{
	struct hf_scope before;
	enum hf_err err;

	HF_TRY(scope_check(scope, hf_peers_space(e->c->peers), e->c->base->self.s, f));
	e->row.scope = scope_row(e, scope);
	if (!e->was)
		return HF_OK;
	scope_from_row(e->was->scope, &before);
	err = close_to(e, &before, scope, f);
	hf_scope_done(&before);
	return err;
}

/* What the commit makes true in memory. */
struct changed {
	struct hf_catalog *c;
	struct own_entry *entry;
};

static void on_committed(void *ctx)
{
	struct changed *ch = ctx;
	const struct hf_id id = ch->entry->id;

	if (!ch->c->closing)
		push_changed(ch->c, ch->entry);
	own_index_put(&ch->c->own, HF_TAKE(ch->entry));
	if (!ch->c->closing && ch->c->on_changed)
		ch->c->on_changed(ch->c->on_changed_ctx, &id);
}

static void free_changed(void *ctx)
{
	struct changed *ch = ctx;

	own_entry_free(ch->entry);
	catalog_unref(ch->c);
	free(ch);
}

enum hf_err edit_put(struct edit *e, const Hufu__CatalogEntry *entry, struct hf_unit *unit,
                     struct hf_published *ret_published, struct hf_fault *f)
{
	const Hufu__CatalogEntry *is = entry ? entry : e->was_entry;
	struct changed *ch;

	e->row.stored_ms = hf_now_ms(&e->c->base->clock);
	HF_TRY(hf_fault_default(f, row_put(unit, &e->id, &e->row, e->was_entry, is)));
	ch = hf_alloc(sizeof(*ch));
	*ch = (struct changed){e->c, own_from_row(&e->row, &e->id, is->department)};
	catalog_ref(e->c);
	hf_unit_after(unit, on_committed, ch, free_changed);
	ret_published->id = e->id;
	ret_published->version = e->row.version;
	hf_envelope_digest(e->row.envelope.data, e->row.envelope.len, &ret_published->digest);
	return HF_OK;
}
