/*
 * export_check.c - see export_check.h. Every fault denies.
 */
#include <stdlib.h>
#include <string.h>

#include "catalog/sample.h"
#include "crypto/domains.h"
#include "exchange/chosen.h"
#include "exchange/disclosed.h"
#include "exchange/export_check.h"
#include "exchange/masked.h"
#include "exchange/seal.h"
#include "exchange/settle.h"

void export_done(struct export *o)
{
	hf_catalog_item_done(&o->item);
	hf_decision_done(&o->decision);
}

void content_key(const struct hf_exchange *x, const struct hf_id *transfer, uint8_t ret_key[32])
{
	hf_node_keys_derive(x->keys, HF_DOMAIN_CONTENT_KEY, transfer->b, sizeof(transfer->b), ret_key);
}

/* ---- authorization ---- */

static enum hf_err decide(struct export *o, struct hf_fault *f)
{
	const struct hf_access_request rq = access_of(o->x, o->in, o->cert, o->address);
	o->asked_ms = rq.now_ms;
	hf_authz_decide(o->x->authz, &rq, &o->decision);
	if (o->decision.result == HF_E_BORDER)
		o->as = "destination";
	if (o->decision.result == HF_E_OBLIGATION) /* which no mark can say */
		o->as = "mark";
	if (o->decision.result != HF_OK)
		return hf_fault_set(f, o->decision.result, "%s", o->decision.text);
	if (!o->decision.terms)
		return hf_fault_set(f, HF_E_INTERNAL,
		                    "the decision point permitted without naming its terms; nothing is delivered");
	return HF_OK;
}

static const char *const *chosen(const struct export *o, size_t *ret_count)
{
	bool asked = o->in->n_fields > 0;
	*ret_count = asked ? o->in->n_fields : o->decision.terms->n_fields;
	return (const char *const *)(asked ? o->in->fields : o->decision.terms->fields);
}

static bool has_name(const char *const *list, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

/* A field that the entry no longer has cannot be delivered. */
static enum hf_err fields_there(const struct export *o, struct hf_fault *f)
{
	const Hufu__CatalogEntry *e = o->item.entry;
	size_t n;
	const char *const *from = chosen(o, &n);
	for (size_t i = 0; i < n; i++) {
		size_t k = 0;
		while (k < e->n_fields && strcmp(e->fields[k]->name, from[i]) != 0)
			k++;
		if (k == e->n_fields)
			return hf_fault_set(f, HF_E_WRONG_FIELDS,
			                    "the resource has no field '%.60s' any more; name the fields you need",
			                    from[i]);
	}
	return HF_OK;
}

void export_take_fields(const struct export *o, struct transfer *t)
{
	const Hufu__CatalogEntry *e = o->item.entry;
	size_t n;
	const char *const *from = chosen(o, &n);
	t->fields = calloc(e->n_fields + 1, sizeof(char *));
	if (!t->fields)
		abort();
	for (size_t i = 0; i < e->n_fields; i++)
		if (has_name(from, n, e->fields[i]->name))
			t->fields[t->field_count++] = strdup(e->fields[i]->name);
}

static enum hf_err authorized(struct export *o, struct hf_fault *f)
{
	struct hf_id resource;
	HF_TRY(decide(o, f));
	memcpy(resource.b, o->in->resource.data, sizeof(resource.b));
	enum hf_err e = hf_catalog_get(o->x->catalog, o->x->base->self.s, &resource, &o->item);
	if (e != HF_OK || !o->item.own)
		return hf_fault_set(f, HF_E_NO_GRANT, "no authorization covers this request");
	return fields_there(o, f);
}

/* ---- the others ---- */

/* DS-59: what was delivered before was signed for. An emergency does not wait for that. */
static enum hf_err settled(struct export *o, struct hf_fault *f)
{
	return export_in_emergency(o) ? HF_OK : settle_check(o->x, &o->t->grant, &o->t->resource, o->t->peer, f);
}

/* Where it goes at the consumer is its own word, which its node keeps to when the start comes (seal.h). */
static enum hf_err destination(struct export *o, struct hf_fault *f)
{
	const Hufu__CatalogEntry *e = o->item.entry;
	struct seal_why why = {.level = e->level, .sensitive = e->sensitive};
	if (!o->decision.sealed[0] || o->in->sealed)
		return HF_OK;
	seal_duty(&why, o->decision.sealed);
	return seal_refuse(&why, f);
}

/* DS-35: what travels with the data says all of it, and what the terms oblige to can be kept. */
static enum hf_err mark(struct export *o, struct hf_fault *f)
{
	const Hufu__Agreement *a = o->decision.terms;
	for (size_t i = 0; i < a->n_obligations; i++)
		if (!hf_obligation_known(a->obligations[i]) &&
		    hf_entry_state_of_duty(a->obligations[i]) == HF_ENTRY_INVALID)
			return hf_fault_set(f, HF_E_OBLIGATION,
			                    "this node cannot fulfil the obligation '%.60s' of the agreement",
			                    a->obligations[i]);
	if (!a->action || !a->action[0] || !a->purpose || !a->purpose[0] || a->until_ms <= 0 || o->t->field_count == 0)
		return hf_fault_set(f, HF_E_OBLIGATION,
		                    "the terms do not say for what, for which fields or until when the data may be "
		                    "used, so it cannot be marked");
	return HF_OK;
}

/* Said only when it is refused. */
static enum hf_err rows(struct export *o,
                        enum hf_err (*check)(struct transfer *, const struct export *, struct hf_fault *),
                        struct hf_fault *f)
{
	enum hf_err e = check(o->t, o, f);
	if (e != HF_OK)
		o->as = "rows";
	return e;
}

/* Opens the source, through the plan that is demanded; what else is wrong with it is said of the source. */
static enum hf_err masking(struct export *o, struct hf_fault *f)
{
	HF_TRY(masked_demand(o->x, &o->decision, f));
	HF_TRY(rows(o, chosen_take, f));
	enum hf_err e = serve_open(o->t, f);
	if (e != HF_OK && e != HF_E_MASKING)
		o->as = "source";
	return e == HF_OK ? rows(o, chosen_shows_nothing, f) : e;
}

/* One of the names in the list, or what stands above it: "transport" for "transport/flight". */
static bool is_of_class(const char *list, const char *data_class)
{
	for (const char *at = list + strspn(list, ", "); *at; at += strspn(at, ", ")) {
		size_t len = strcspn(at, ", ");
		if (strncmp(at, data_class, len) == 0 && (data_class[len] == 0 || data_class[len] == '/'))
			return true;
		at += len;
	}
	return false;
}

enum hf_err export_recipient(const struct hf_exchange *x, const char *peer, const Hufu__CatalogEntry *e,
                             struct hf_fault *f)
{
	const struct hf_space *s = hf_peers_space(x->peers);
	const char *most = hf_space_attribute(s, peer, "max-level"),
	           *classes = hf_space_attribute(s, peer, "data-classes");
	if (most && !(most[0] >= '1' && most[0] <= '3' && !most[1] && (uint32_t)(most[0] - '0') >= e->level))
		return hf_fault_set(f, HF_E_CONDITION,
		                    "%s gets no data of level %u: its attribute max-level is '%.20s' in the space "
		                    "descriptor; the space authority may change it",
		                    peer, e->level, most);
	if (classes && !is_of_class(classes, e->data_class))
		return hf_fault_set(f, HF_E_CONDITION,
		                    "%s gets no data of the class %.63s: its attribute data-classes is '%.100s' in the "
		                    "space descriptor; the space authority may change it",
		                    peer, e->data_class, classes);
	return HF_OK;
}

static enum hf_err class_level(struct export *o, struct hf_fault *f)
{
	HF_TRY(hf_catalog_sample_stands(o->x->catalog, &o->item, f));
	return source_stands(o->t, f);
}

static enum hf_err disclosure(struct export *o, struct hf_fault *f)
{
	return disclosed_check(o->t, export_in_emergency(o), &o->uncounted, f);
}

static enum hf_err encryption(struct export *o, struct hf_fault *f)
{
	struct hf_agree_pub box;
	uint8_t key[32];
	const struct transfer *t = o->t;
	if (!hf_space_key(hf_peers_space(o->x->peers), t->peer, HF_KEY_BOX, hf_now_ms(&o->x->base->clock), box.b))
		return hf_fault_set(f, HF_E_STANDING,
		                    "%s has no valid box key in the descriptor; the content key cannot be sealed",
		                    t->peer);
	content_key(o->x, &t->id, key);
	bool ok = hf_seal(&box, key, sizeof(key), o->sealed_key);
	hf_wipe(key, sizeof(key));
	return ok ? HF_OK : hf_fault_set(f, HF_E_CRYPTO, "the content key cannot be sealed");
}

/* ---- all of them ---- */

/* In the order in which they are asked; the first one before there is a transfer. */
static const struct export_point points[] = {
        {"authorization", authorized}, {"settled", settled},
        {"destination", destination},  {"mark", mark},
        {"masking", masking},          {"class-level", class_level},
        {"disclosure", disclosure},    {"encryption", encryption},
};

bool export_in_emergency(const struct export *o)
{
	return o->decision.mechanism && strcmp(o->decision.mechanism, "emergency") == 0;
}

void export_say(struct export *o, const char *point, enum hf_err e)
{
	size_t n = strlen(o->said);
	snprintf(o->said + n, sizeof(o->said) - n, "%s%s %s%s", n ? "; " : "", point,
	         e == HF_OK ? "ok" : "refused: ", e == HF_OK ? "" : hf_err_reason(e));
}

static enum hf_err ask(struct export *o, const struct export_point *p, struct hf_fault *f)
{
	o->as = p->name;
	enum hf_err e = p->check(o, f);
	if (e != HF_E_BUSY || o->t) /* else nothing was decided */
		export_say(o, o->as, e);
	return e;
}

enum hf_err export_authorized(struct export *o, struct hf_fault *f)
{
	return ask(o, &points[0], f);
}

enum hf_err export_check(struct export *o, struct transfer *t, struct hf_fault *f)
{
	o->t = t;
	for (size_t i = 1; i < sizeof(points) / sizeof(points[0]); i++)
		HF_TRY(ask(o, &points[i], f));
	return HF_OK;
}
