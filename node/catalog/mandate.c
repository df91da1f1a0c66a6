/* mandate.c - see mandate.h. A mandate that fails one condition does not cover; the one that meets most of them
 * explains the refusal. */
#include "catalog/mandate.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "catalog/internal.h"
#include "proto/codec.h"

static bool has(const char *text)
{
	return text && text[0];
}

/* ---- does a mandate cover what is asked? ---- */

struct looking {
	struct hf_catalog *c;
	const struct hf_mandate_ask *ask;
	int64_t now_ms;
	const Hufu__MandateRow *row; /* the one being judged */
	char why[200];               /* its failing condition */
	size_t most;                 /* conditions that the nearest one met, + 1 */
	char nearest[300];
	bool found;
	struct hf_id id;
};

static bool lists(char *const *list, size_t count, const char *value)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i], value ? value : "") == 0)
			return true;
	return false;
}

static bool open_or_lists(char *const *list, size_t count, const char *value)
{
	return count == 0 || lists(list, count, value);
}

#define OR_SAY(holds, ...) ((holds) || (snprintf(k->why, sizeof(k->why), __VA_ARGS__), false))

static bool in_act(struct looking *k)
{
	return OR_SAY(lists(k->row->acts, k->row->n_acts, k->ask->act), "it is not for this act");
}

static bool in_force(struct looking *k)
{
	const char *state = hf_mandate_state(k->row, k->now_ms);

	return OR_SAY(strcmp(state, "active") == 0, "it is %s", state);
}

static bool in_purpose(struct looking *k)
{
	return OR_SAY(lists(k->row->purposes, k->row->n_purposes, k->ask->purpose),
	              "the purpose '%.80s' is not among its purposes", k->ask->purpose ? k->ask->purpose : "");
}

/* Two persons: two accounts of one person are one. */
static bool by_another(struct looking *k)
{
	const struct hf_mandate_ask *ask = k->ask;
	const ProtobufCBinaryData *name = &k->row->given_by_name;
	bool same = has(ask->by) && strcmp(ask->by, k->row->given_by) == 0;

	same |= ask->by_name && name->len == 32 && memcmp(name->data, ask->by_name, 32) == 0;
	return OR_SAY(!same, "%s gave it and may not use it as well", k->row->given_by);
}

static bool by_holder(struct looking *k)
{
	return OR_SAY(!has(k->row->holder) || (k->ask->by && strcmp(k->row->holder, k->ask->by) == 0),
	              "it is for %s alone", k->row->holder);
}

static bool in_entries(struct looking *k)
{
	bool in = k->row->n_entries == 0;

	for (size_t i = 0; i < k->row->n_entries; i++)
		in |= k->row->entries[i].len == sizeof(k->ask->entry.b) &&
		      memcmp(k->row->entries[i].data, k->ask->entry.b, sizeof(k->ask->entry.b)) == 0;
	return OR_SAY(in, "it is for other entries");
}

static bool in_source(struct looking *k)
{
	return OR_SAY(!k->ask->source || open_or_lists(k->row->sources, k->row->n_sources, k->ask->source),
	              "the source '%.63s' is outside its scope", k->ask->source);
}

static bool in_topic(struct looking *k)
{
	return OR_SAY(open_or_lists(k->row->topics, k->row->n_topics, k->ask->topic),
	              "the topic '%.80s' is outside its scope", k->ask->topic ? k->ask->topic : "");
}

static bool in_department(struct looking *k)
{
	return OR_SAY(open_or_lists(k->row->departments, k->row->n_departments, k->ask->department),
	              "the department '%.63s' is outside its scope", k->ask->department ? k->ask->department : "");
}

static bool in_class(struct looking *k)
{
	const char *class = k->ask->data_class ? k->ask->data_class : "";
	bool in = k->row->n_classes == 0;

	for (size_t i = 0; i < k->row->n_classes; i++) {
		size_t len = strlen(k->row->classes[i]);

		in |= strncmp(class, k->row->classes[i], len) == 0 && (class[len] == '\0' || class[len] == '/');
	}
	return OR_SAY(in, "the class '%.80s' is outside its scope", class);
}

static bool in_level(struct looking *k)
{
	return OR_SAY(k->row->max_level == 0 || k->ask->level <= k->row->max_level, "level %u is above its level %u",
	              k->ask->level, k->row->max_level);
}

static bool in_sharing(struct looking *k)
{
	static const char *const names[] = {"", "unconditional", "conditional", "not-shared"};
	bool in = k->row->n_sharing == 0;

	for (size_t i = 0; i < k->row->n_sharing; i++)
		in |= k->row->sharing[i] == k->ask->sharing;
	return OR_SAY(in, "the sharing type %s is outside its scope",
	              k->ask->sharing < 4 ? names[k->ask->sharing] : "");
}

static bool in_receivers(struct looking *k)
{
	struct hf_scope outer;
	bool in = true;

	if (!k->row->receivers || !k->ask->receivers)
		return true;
	scope_from_row(k->row->receivers, &outer);
	in = scope_within(k->ask->receivers, &outer, hf_peers_space(k->c->peers), k->c->base->self.s);
	hf_scope_done(&outer);
	return OR_SAY(in, "it does not let all of these receivers know");
}

static bool in_system(struct looking *k)
{
	return OR_SAY(!k->ask->system || open_or_lists(k->row->systems, k->row->n_systems, k->ask->system),
	              "the business system '%.63s' is outside its scope", k->ask->system);
}

/* In the order in which a refusal names them. */
static bool (*const conditions[])(struct looking *k) = {
        in_act,        in_purpose, by_another, by_holder,  in_entries, in_source,    in_topic,
        in_department, in_class,   in_level,   in_sharing, in_force,   in_receivers, in_system,
};
enum { CONDITIONS = sizeof(conditions) / sizeof(conditions[0]) };

static bool judge(void *ctx, const Hufu__MandateRow *row)
{
	struct looking *k = ctx;
	char text[HF_ID_TEXT];
	size_t met = 0;

	k->row = row;
	while (met < CONDITIONS && conditions[met](k))
		met++;
	if (!hf_id_from_bytes(row->id.data, row->id.len, &k->id))
		return true;
	k->found = met == CONDITIONS;
	if (!k->found && met > 0 && met + 1 > k->most) {
		k->most = met + 1;
		hf_id_text(&k->id, text);
		snprintf(k->nearest, sizeof(k->nearest), " (%s: %s)", text, k->why);
	}
	return !k->found;
}

static const struct {
	const char *act, *what, *way_out;
} acts[] = {
        {HF_MANDATE_CATALOG, "publish this catalog entry", "an approver gives one with `hufu mandate publish`"},
        {HF_MANDATE_DATA, "publish this data", "an approver gives one with `hufu mandate publish --act data`"},
        {HF_MANDATE_APPLY, "apply for this data", "a data authority gives one with `hufu mandate apply`"},
};
enum { ACTS = sizeof(acts) / sizeof(acts[0]) };

static size_t act_of(const char *act)
{
	size_t i = 0;

	while (i < ACTS && strcmp(acts[i].act, act) != 0)
		i++;
	return i;
}

enum hf_err hf_mandate_find(struct hf_catalog *c, const struct hf_mandate_ask *ask, struct hf_id *ret_mandate,
                            struct hf_fault *f)
{
	struct looking k = {.c = c, .ask = ask, .now_ms = hf_now_ms(&c->base->clock)};
	size_t act = act_of(ask->act);

	if (act == ACTS)
		return hf_fault_set(f, HF_E_ARGUMENT, "'%.40s' needs no mandate", ask->act);
	HF_TRY(hf_fault_default(f, hf_mandate_list(c, judge, &k)));
	if (!k.found)
		return hf_fault_set(f, HF_E_NO_MANDATE, "no recorded authorization to %s covers it%s; %s",
		                    acts[act].what, k.nearest, acts[act].way_out);
	*ret_mandate = k.id;
	return HF_OK;
}

/* ---- keeping ---- */

static bool has_scope(const Hufu__MandateRow *row)
{
	return row->n_entries || row->n_sources || row->n_topics || row->n_departments || row->n_classes ||
	       row->max_level || row->n_sharing || row->receivers || row->n_systems;
}

static enum hf_err check_texts(char *const *list, size_t count, const char *what, struct hf_fault *f)
{
	if (count > HF_MANDATE_LIST)
		return hf_fault_set(f, HF_E_LIMIT, "a mandate names at most %u %s; give a second one", HF_MANDATE_LIST,
		                    what);
	for (size_t i = 0; i < count; i++)
		if (!has(list[i]) || !hf_text_ok(list[i], strlen(list[i]), 511))
			return hf_fault_set(f, HF_E_ARGUMENT, "one of the %s is empty, too long or no plain text",
			                    what);
	return HF_OK;
}

static enum hf_err check_lists(const Hufu__MandateRow *row, struct hf_fault *f)
{
	HF_TRY(check_texts(row->purposes, row->n_purposes, "purposes", f));
	HF_TRY(check_texts(row->sources, row->n_sources, "sources", f));
	HF_TRY(check_texts(row->topics, row->n_topics, "topics", f));
	HF_TRY(check_texts(row->departments, row->n_departments, "departments", f));
	HF_TRY(check_texts(row->classes, row->n_classes, "classes", f));
	return check_texts(row->systems, row->n_systems, "systems", f);
}

enum hf_err hf_mandate_check(struct hf_catalog *c, const Hufu__MandateRow *row, struct hf_fault *f)
{
	int64_t now = hf_now_ms(&c->base->clock);

	if (row->n_acts == 0)
		return hf_fault_set(f, HF_E_ARGUMENT, "the mandate is for no act; name catalog, data or apply");
	for (size_t i = 0; i < row->n_acts; i++)
		if (act_of(row->acts[i]) == ACTS)
			return hf_fault_set(f, HF_E_ARGUMENT,
			                    "'%.40s' is no act of a mandate; use catalog, data or apply", row->acts[i]);
	if (row->n_purposes == 0)
		return hf_fault_set(f, HF_E_ARGUMENT, "a mandate without a purpose is none; state it with --purpose");
	if (!has_scope(row))
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "a mandate without a scope is none; state entries, sources, topics, departments, "
		                    "classes, level, sharing, receivers or systems");
	if (row->max_level > 3)
		return hf_fault_set(f, HF_E_ARGUMENT, "level %u does not exist; the levels are 1, 2 and 3",
		                    row->max_level);
	if (row->until_ms <= now || row->until_ms <= row->from_ms ||
	    row->until_ms > hf_time_add_years(row->from_ms > now ? row->from_ms : now, 3))
		return hf_fault_set(
		        f, HF_E_ARGUMENT,
		        "the mandate's end is missing, not after its beginning, past, or more than three years "
		        "away; state it with --until");
	return check_lists(row, f);
}

enum hf_err hf_mandate_digest(const Hufu__MandateRow *row, struct hf_hash *ret_digest)
{
	Hufu__MandateRow bare = *row;
	size_t len;
	uint8_t *bytes;

	bare.statement = (ProtobufCBinaryData){0, NULL};
	bytes = hf_encode(&bare.base, &len);
	if (!bytes)
		return HF_E_MEMORY;
	hf_sha256(bytes, len, ret_digest);
	free(bytes);
	return HF_OK;
}

enum hf_err hf_mandate_put(struct hf_unit *u, const Hufu__MandateRow *row)
{
	size_t len;
	uint8_t *bytes = hf_encode(&row->base, &len);

	if (!bytes)
		return HF_E_MEMORY;
	hf_unit_put(u, HF_TABLE_MANDATE, row->id.data, row->id.len, bytes, len);
	free(bytes);
	return HF_OK;
}

enum hf_err hf_mandate_get(struct hf_catalog *c, const struct hf_id *id, Hufu__MandateRow **ret_row, struct hf_fault *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf value = HF_BUF_INIT;
	char text[HF_ID_TEXT];
	enum hf_err e = hf_store_get(c->store, HF_TABLE_MANDATE, id->b, sizeof(id->b), &value);

	hf_id_text(id, text);
	if (e == HF_E_UNKNOWN)
		return hf_fault_set(f, e, "there is no mandate %s; `hufu mandate list` names them", text);
	HF_TRY(hf_fault_default(f, e));
	*ret_row = HF_DECODE_OWN(mandate_row, value.data, value.len);
	return *ret_row ? HF_OK : hf_fault_set(f, HF_E_STORE, "mandate %s cannot be read; see `hufu doctor`", text);
}

enum hf_err hf_mandate_end(struct hf_catalog *c, const struct hf_id *id, const char *by, const char *reason,
                           struct hf_unit *u, struct hf_fault *f)
{
	Hufu__MandateRow *row = NULL, changed;
	enum hf_err e;

	HF_TRY(hf_mandate_get(c, id, &row, f));
	if (row->ended_ms) {
		e = hf_fault_set(f, HF_E_STATE, "the mandate was withdrawn by %s (%.200s)", row->ended_by,
		                 row->ended_reason);
	} else {
		changed = *row;
		changed.ended_ms = hf_now_ms(&c->base->clock);
		changed.ended_by = (char *)by;
		changed.ended_reason = (char *)reason;
		e = hf_fault_default(f, hf_mandate_put(u, &changed));
	}
	hf_decoded_free(row);
	return e;
}

struct listing {
	hf_mandate_fn fn;
	void *ctx;
	bool broken;
};

static bool list_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct listing *l = ctx;
	Hufu__MandateRow *row = HF_DECODE_OWN(mandate_row, value.data, value.len);
	bool more = row && l->fn(l->ctx, row);

	(void)key;
	l->broken |= !row;
	hf_decoded_free(row);
	return more;
}

enum hf_err hf_mandate_list(struct hf_catalog *c, hf_mandate_fn fn, void *ctx)
{
	struct listing l = {fn, ctx, false};

	HF_TRY(hf_store_scan_back(c->store, HF_TABLE_MANDATE, NULL, 0, NULL, 0, list_row, &l));
	return l.broken ? HF_E_STORE : HF_OK;
}

const char *hf_mandate_state(const Hufu__MandateRow *row, int64_t now_ms)
{
	if (row->ended_ms)
		return "withdrawn";
	if (now_ms < row->from_ms)
		return "not-begun";
	return now_ms < row->until_ms ? "active" : "expired";
}
