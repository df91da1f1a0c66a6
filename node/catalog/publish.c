/* publish.c - what may be published, and how an entry comes from a publication and its source. */
#include <inttypes.h>
#include <string.h>

#include "base/limits.h"
#include "catalog/consent.h"
#include "catalog/edit.h"
#include "catalog/mandate.h"
#include "source/stream.h"

#define MODE_TRANSFER "transfer"
#define MODE_STREAM "stream"
#define PURPOSE_MAX 511u
#define NOT_SHARED 3u
#define SENSITIVE_LEVEL 3u /* core data is sensitive whatever its marks */

static bool has(const char *text)
{
	return text && text[0];
}

/* DS-1, AZ-74, DS-2: what an entry must state. */
static enum hf_err check_statements(const Hufu__CatalogEntry *e, struct hf_fault *f)
{
	if (!has(e->title))
		return hf_fault_set(f, HF_E_ARGUMENT, "the entry has no title; state one with --title");
	if (!has(e->data_class))
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "'%.80s' has no class; classify the data (--class) before it enters the catalog",
		                    e->title);
	if (e->level < 1 || e->level > 3)
		return hf_fault_set(
		        f, HF_E_ARGUMENT,
		        "'%.80s' has no level; grade the data (--level 1 general, 2 important, 3 core) before it "
		        "enters the catalog",
		        e->title);
	if (e->sharing < 1 || e->sharing > 3)
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "'%.80s' has no sharing type; state unconditional, conditional or not-shared",
		                    e->title);
	if (e->sharing == 2 && !has(e->sharing_condition) && e->n_conditions == 0)
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "'%.80s' is shared conditionally but states no condition; add it with --condition",
		                    e->title);
	return HF_OK;
}

static enum hf_err check_validity(const Hufu__CatalogEntry *e, int64_t now_ms, struct hf_fault *f)
{
	if (e->not_after_ms && (e->not_after_ms <= e->not_before_ms || e->not_after_ms <= now_ms))
		return hf_fault_set(
		        f, HF_E_ARGUMENT,
		        "the entry's validity ends before it begins or has ended already; state a later end");
	return HF_OK;
}

static enum hf_err check_intake(const struct hf_catalog *c, const Hufu__CatalogEntry *e, struct hf_fault *f)
{
	bool elsewhere = has(e->intake) && strcmp(e->intake, c->base->self.s) != 0;

	if (elsewhere && !hf_space_member(hf_peers_space(c->peers), e->intake))
		return hf_fault_set(f, HF_E_UNKNOWN,
		                    "the intake node '%.63s' is no member of the space; `hufu peers` lists the members",
		                    e->intake);
	if (elsewhere && !e->provider_decides)
		return hf_fault_set(
		        f, HF_E_UNSUPPORTED,
		        "another node can take applications in but not settle them; let the provider decide, "
		        "or take them in here");
	return HF_OK;
}

/* SB-1: an unknown mode is refused, never replaced. */
static enum hf_err check_mode(const char *mode, struct hf_fault *f)
{
	if (mode && strcmp(mode, MODE_TRANSFER) != 0)
		return hf_fault_set(f, HF_E_UNSUPPORTED,
		                    "this node does not deliver by '%.40s'; the mode it offers is " MODE_TRANSFER,
		                    mode);
	return HF_OK;
}

static enum hf_err check_publication(const struct hf_catalog *c, const struct hf_publication *p, struct hf_fault *f)
{
	size_t len = p->purpose ? strlen(p->purpose) : 0;

	if (!hf_space_has_role(hf_peers_space(c->peers), c->base->self.s, "provider"))
		return hf_fault_set(
		        f, HF_E_STANDING,
		        "this node does not hold the role provider in the space, so nobody would take its entries; "
		        "ask the space authority for it");
	if (len == 0 || len > PURPOSE_MAX || !hf_text_ok(p->purpose, len, PURPOSE_MAX))
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "state the purpose of this publication (--purpose), in at most %u bytes",
		                    PURPOSE_MAX);
	HF_TRY(check_statements(p->entry, f));
	HF_TRY(check_validity(p->entry, hf_now_ms(&c->base->clock), f));
	HF_TRY(check_intake(c, p->entry, f));
	return check_mode(p->mode, f);
}

/* Building. */
struct builder {
	struct edit *edit;
	Hufu__CatalogEntry entry;
	Hufu__Distribution distribution, *distributions[1];
	Hufu__Rule rules[4], *rule_list[4 + HF_DUTIES_MAX];
	struct hf_buf purposes;
};

static const Hufu__Field *marked(const Hufu__CatalogEntry *e, const char *name)
{
	for (size_t i = 0; i < e->n_fields; i++)
		if (strcmp(e->fields[i]->name, name) == 0)
			return e->fields[i];
	return NULL;
}

static enum hf_err check_marks(const Hufu__CatalogEntry *e, const struct hf_source_view *v, struct hf_fault *f)
{
	for (size_t i = 0; i < e->n_fields; i++) {
		const Hufu__Field *m = e->fields[i];
		size_t j = 0;

		while (j < v->field_count && strcmp(v->fields[j].name, m->name) != 0)
			j++;
		if (j == v->field_count)
			return hf_fault_set(f, HF_E_WRONG_FIELDS, "source '%s' has no field '%.127s'", v->name,
			                    m->name);
		if (m->level > e->level)
			return hf_fault_set(
			        f, HF_E_ARGUMENT,
			        "field '%.127s' has level %u but the entry level %u; raise the entry's level", m->name,
			        m->level, e->level);
	}
	return HF_OK;
}

static Hufu__Field *build_field(struct builder *b, const struct hf_source_field *from, const Hufu__Field *mark)
{
	Hufu__Field *field = hf_arena_get(&b->edit->arena, sizeof(*field));
	struct class_demand demand = class_demands(&from->class);

	hufu__field__init(field);
	field->name = (char *)from->name;
	field->type = (char *)from->type;
	field->level = mark && mark->level ? mark->level : b->entry.level;
	if (mark) {
		field->description = mark->description;
		field->sensitive = mark->sensitive;
		field->personal = mark->personal;
	}
	field->sensitive |= demand.sensitive;
	field->personal |= demand.personal;
	if (field->level < demand.level)
		field->level = demand.level;
	if (!field->sensitive && !field->personal)
		field->distinct = from->distinct;
	b->entry.sensitive |= field->sensitive;
	b->entry.personal |= field->personal;
	return field;
}

static void build_fields(struct builder *b, const Hufu__CatalogEntry *wish, const struct hf_source_view *v)
{
	b->entry.n_fields = v->field_count;
	b->entry.fields = hf_arena_get(&b->edit->arena, v->field_count * sizeof(*b->entry.fields));
	for (size_t i = 0; i < v->field_count; i++)
		b->entry.fields[i] = build_field(b, &v->fields[i], marked(wish, v->fields[i].name));
	b->entry.rows = v->rows;
	b->entry.bytes = v->bytes;
	b->entry.modified_ms = v->stamp.mtime_ns > 0 ? v->stamp.mtime_ns / 1000000 : v->scanned_ms;
}

static void build_distribution(struct builder *b, const struct hf_source_view *v)
{
	hufu__distribution__init(&b->distribution);
	b->distribution.id = (char *)"csv";
	b->distribution.format = (char *)"text/csv";
	b->distribution.mode = (char *)(hf_source_is_stream(v) ? MODE_STREAM : MODE_TRANSFER);
	b->distribution.bytes = v->bytes;
	b->distributions[0] = &b->distribution;
	b->entry.distributions = b->distributions;
	b->entry.n_distributions = 1;
}

static Hufu__Rule *add_rule(struct builder *b, const char *kind, const char *action)
{
	Hufu__Rule *r = &b->rules[b->entry.n_policy];

	hufu__rule__init(r);
	r->kind = (char *)kind;
	r->action = (char *)action;
	b->rule_list[b->entry.n_policy++] = r;
	return r;
}

/* Duties alone go beside the offer; other rules stand in its place. */
static size_t duties(const Hufu__CatalogEntry *e)
{
	for (size_t i = 0; i < e->n_policy; i++)
		if (strcmp(e->policy[i]->kind, "duty") != 0)
			return 0;
	return e->n_policy <= HF_DUTIES_MAX ? e->n_policy : 0;
}

/* The offer: reading for an agreed purpose, no passing on. A publication may bring its own rules instead. */
static void build_policy(struct builder *b, const char *duty)
{
	size_t count = duties(&b->entry);
	Hufu__Rule **list = b->entry.policy, *r;

	if ((b->entry.n_policy > 0 && count == 0) || b->entry.sharing == 3)
		return;
	b->entry.policy = b->rule_list;
	b->entry.n_policy = 0;
	r = add_rule(b, "permission", "read");
	if (b->entry.criteria && b->entry.criteria->n_purposes > 0) {
		for (size_t i = 0; i < b->entry.criteria->n_purposes; i++)
			hf_buf_addf(&b->purposes, "%s%s", i ? "," : "", b->entry.criteria->purposes[i]);
		r->left = (char *)"purpose";
		r->operator_ = (char *)"isAnyOf";
		r->right = (char *)b->purposes.data;
	}
	add_rule(b, "prohibition", "distribute");
	if (has(duty))
		add_rule(b, "duty", duty);
	for (size_t i = 0; i < count; i++)
		b->rule_list[b->entry.n_policy++] = list[i];
}

static enum hf_err build(struct builder *b, struct edit *e, const struct hf_publication *p,
                         const struct hf_source_view *v, struct hf_fault *f)
{
	memset(b, 0, sizeof(*b));
	hf_buf_init(&b->purposes, HF_MAX_TEXT);
	b->edit = e;
	b->entry = *p->entry;
	b->entry.withdrawn = false;
	b->entry.sensitive |= b->entry.level >= SENSITIVE_LEVEL;
	if (!has(b->entry.intake))
		b->entry.intake = (char *)e->c->base->self.s;
	HF_TRY(check_marks(p->entry, v, f));
	HF_TRY(conditions_check(p->entry, v, f));
	HF_TRY(classes_check(e->c, p, v, f));
	HF_TRY(quality_check(p->entry, v, f));
	build_fields(b, p->entry, v);
	build_distribution(b, v);
	build_policy(b, p->duty);
	e->row.source = (char *)v->name;
	e->row.purpose = (char *)p->purpose;
	e->row.published_by = (char *)(p->by ? p->by : "");
	return HF_OK;
}

/* DS-23, DS-24: the mandates, which the row names from now on. */
static enum hf_err authorize(struct edit *e, struct hf_mandate_ask *ask, const Hufu__CatalogEntry *entry,
                             struct hf_published *ret_published, struct hf_fault *f)
{
	struct hf_id *data = hf_arena_get(&e->arena, sizeof(*data)),
	             *catalog = hf_arena_get(&e->arena, sizeof(*catalog));

	ask->entry = e->id;
	ask->topic = entry->topic;
	ask->department = entry->department;
	ask->data_class = entry->data_class;
	ask->level = entry->level;
	ask->sharing = entry->sharing;
	ask->source = e->row.source;
	ask->act = HF_MANDATE_CATALOG;
	HF_TRY(hf_mandate_find(e->c, ask, catalog, f));
	e->row.catalog_mandate = (ProtobufCBinaryData){sizeof(catalog->b), catalog->b};
	e->row.data_mandate = (ProtobufCBinaryData){0, NULL};
	ret_published->mandate = *catalog;
	if (entry->sharing == NOT_SHARED)
		return HF_OK;
	ask->act = HF_MANDATE_DATA;
	HF_TRY(hf_mandate_find(e->c, ask, data, f));
	e->row.data_mandate = (ProtobufCBinaryData){sizeof(data->b), data->b};
	return HF_OK;
}

/* SB-5, SB-6: what the use of personal information rests on. */
static enum hf_err rest_on(struct edit *e, const struct hf_publication *p, const Hufu__CatalogEntry *entry,
                           struct hf_fault *f)
{
	ProtobufCBinaryData *ids;

	if (p->consent_count > 0) {
		ids = hf_arena_get(&e->arena, p->consent_count * sizeof(*ids));
		for (size_t i = 0; i < p->consent_count; i++)
			ids[i] = (ProtobufCBinaryData){sizeof(p->consents[i].b), (uint8_t *)p->consents[i].b};
		e->row.consents = ids;
		e->row.n_consents = p->consent_count;
	}
	if (entry->personal && !has(entry->legal_basis) && e->row.n_consents == 0)
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "'%.80s' holds personal information and states no legal basis; add it with "
		                    "--legal-basis, or name consent records with --consent",
		                    entry->title);
	return consents_check(e->c, e->row.consents, e->row.n_consents, f);
}

void hf_catalog_on_derived(struct hf_catalog *c, hf_catalog_derived_fn fn, void *ctx)
{
	c->derived = fn;
	c->derived_ctx = ctx;
}

/* AZ-77, DS-74: what is offered is held as strictly as what it was made of. */
static enum hf_err derived_check(const struct edit *e, const struct hf_publication *p, const struct hf_source_view *v,
                                 const Hufu__CatalogEntry *entry, struct hf_fault *f)
{
	if (hf_id_is_zero(&v->derivation))
		return HF_OK;
	if (!e->c->derived)
		return hf_fault_set(f, HF_E_STATE, "source '%s' is derived, and nothing here can tell from what",
		                    v->name);
	enum hf_err err = e->c->derived(e->c->derived_ctx, &v->derivation, entry, f);
	if (err == HF_E_OBLIGATION)
		hf_alarm(e->c->base, "onward-sharing", NULL, "account %s tried to offer source %s: %s",
		         p->by ? p->by : "-", v->name, f->text);
	return err;
}

static enum hf_err publish_view(struct edit *e, const struct hf_publication *p, const struct hf_source_view *v,
                                struct hf_unit *unit, struct hf_published *ret_published, struct hf_fault *f)
{
	struct hf_mandate_ask ask = {.purpose = p->purpose, .by = p->by, .by_name = p->by_name, .receivers = p->scope};
	struct builder b;
	enum hf_err err;

	if (!v->enabled || v->scanned_ms == 0 || v->field_count == 0)
		return hf_fault_set(
		        f, HF_E_STATE,
		        "source '%s' is disabled or was not scanned; enable it and run `hufu source scan %s`", v->name,
		        v->name);
	HF_TRY(edit_scope(e, p->scope, f));
	err = build(&b, e, p, v, f);
	if (err == HF_OK)
		err = sample_fill(e, p->scope, v, &b.entry, f);
	if (err == HF_OK)
		err = rest_on(e, p, &b.entry, f);
	if (err == HF_OK)
		err = derived_check(e, p, v, &b.entry, f);
	if (err == HF_OK)
		err = authorize(e, &ask, &b.entry, ret_published, f);
	if (err == HF_OK)
		err = edit_sign(e, &b.entry, f);
	if (err == HF_OK)
		err = edit_put(e, &b.entry, unit, ret_published, f);
	hf_buf_done(&b.purposes);
	return err;
}

enum hf_err hf_catalog_publish(struct hf_catalog *c, const struct hf_publication *p, struct hf_unit *unit,
                               struct hf_published *ret_published, struct hf_fault *f)
{
	struct hf_source_view v;
	struct edit e;
	struct hf_id id;
	bool update = p->entry->id.len > 0;
	enum hf_err err;

	HF_TRY(check_publication(c, p, f));
	if (update && !hf_id_from_bytes(p->entry->id.data, p->entry->id.len, &id))
		return hf_fault_set(f, HF_E_ARGUMENT, "the entry's id is no UUIDv7");
	err = hf_source_get(c->sources, p->source, &v);
	if (err == HF_E_UNKNOWN)
		return hf_fault_set(f, err, "there is no source '%.63s'; register it with `hufu source add`",
		                    p->source);
	HF_TRY(hf_fault_default(f, err));
	err = edit_begin(&e, c, update ? &id : NULL, f);
	if (err == HF_OK)
		err = hf_source_whole(&v, f);
	if (err == HF_OK)
		err = publish_view(&e, p, &v, unit, ret_published, f);
	edit_done(&e);
	hf_source_view_done(&v);
	return err;
}

enum hf_err hf_catalog_withdraw(struct hf_catalog *c, const struct hf_id *id, struct hf_unit *unit,
                                struct hf_published *ret_published, struct hf_fault *f)
{
	Hufu__CatalogEntry tombstone = HUFU__CATALOG_ENTRY__INIT;
	struct edit e;
	enum hf_err err = edit_begin(&e, c, id, f);

	tombstone.withdrawn = true;
	if (err == HF_OK)
		err = edit_sign(&e, &tombstone, f);
	if (err == HF_OK)
		err = edit_put(&e, &tombstone, unit, ret_published, f);
	edit_done(&e);
	return err;
}

/* Signed anew only when a node comes back that holds a tombstone of the same or a higher version. */
static enum hf_err rescope(struct edit *e, const struct hf_rescope *to, struct hf_unit *unit,
                           struct hf_published *ret_published, struct hf_fault *f)
{
	struct hf_mandate_ask ask = {
	        .purpose = to->purpose, .by = to->by, .by_name = to->by_name, .receivers = to->scope};
	Hufu__CatalogEntry again = *e->was_entry;
	bool sign_anew;

	HF_TRY(edit_scope(e, to->scope, f));
	HF_TRY(sample_rescope(e, to->scope, f));
	HF_TRY(authorize(e, &ask, &again, ret_published, f));
	e->row.purpose = (char *)to->purpose;
	sign_anew = e->floor > e->was->version;
	if (sign_anew)
		HF_TRY(edit_sign(e, &again, f));
	return edit_put(e, sign_anew ? &again : NULL, unit, ret_published, f);
}

enum hf_err hf_catalog_rescope(struct hf_catalog *c, const struct hf_id *id, const struct hf_rescope *to,
                               struct hf_unit *unit, struct hf_published *ret_published, struct hf_fault *f)
{
	struct edit e;
	enum hf_err err;

	if (!has(to->purpose) || !hf_text_ok(to->purpose, strlen(to->purpose), PURPOSE_MAX))
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "state the purpose of this scope (--purpose), in at most %u bytes", PURPOSE_MAX);
	err = edit_begin(&e, c, id, f);
	if (err == HF_OK)
		err = rescope(&e, to, unit, ret_published, f);
	edit_done(&e);
	return err;
}
