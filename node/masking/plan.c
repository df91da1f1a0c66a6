/* plan.c - what may stand in a plan and what must; declared in plan.h. */
#include "masking/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "masking/formats/format.h"
#include "masking/own/own.h"
#include "masking/plan_demand.h"
#include "masking/plan_files.h"
#include "masking/plan_tree.h"

#define TABLES_MAX 256u
#define FIELDS_MAX 1024u
#define RELATIONS_MAX 4096u
#define RATE_LEAST 65536u /* bytes of a source in a second */

struct plan {
	struct hf_plan plan; /* first, so that it is what callers hold */
	struct hf_arena arena;
	const char *file;
	struct hf_fault *f;
	struct hf_methods *methods; /* that it may use; NULL: none */
	struct hf_methods *own;     /* that it defines, or shares; NULL: none */
	const struct hf_plan_source *from;
};

#define FAULT(p, node, ...) hf_plan_fault((p)->f, (p)->file, (node)->line, __VA_ARGS__)

/* The text of a member; needed: it must be there. */
static enum hf_err text_of(struct plan *p, const struct hf_plan_node *map, const char *key, bool needed,
                           const char **ret_text)
{
	const struct hf_plan_node *n = hf_plan_get(map, key);

	if (!n)
		return needed ? FAULT(p, map, "'%s' is missing; add it", key) : HF_OK;
	if (n->kind != HF_PLAN_TEXT_NODE || !*n->text)
		return FAULT(p, n, "'%s' is no text, or empty; write one", key);
	*ret_text = n->text;
	return HF_OK;
}

static enum hf_err number_of(struct plan *p, const struct hf_plan_node *n, uint64_t most, uint64_t *ret_number)
{
	unsigned long long v;
	char *end;

	errno = 0;
	v = n->kind == HF_PLAN_TEXT_NODE ? strtoull(n->text, &end, 10) : 0;
	if (n->kind != HF_PLAN_TEXT_NODE || n->text[0] < '0' || n->text[0] > '9' || *end || errno || v > most)
		return FAULT(p, n, "'%s' is no whole number up to %llu; write one", n->key ? n->key : "the value",
		             (unsigned long long)most);
	*ret_number = v;
	return HF_OK;
}

/* Every key of the mapping is one of the words. */
static enum hf_err check_keys(struct plan *p, const struct hf_plan_node *map, const char *const *known)
{
	if (map->kind != HF_PLAN_MAP)
		return FAULT(p, map, "'%s' is no mapping; write KEY: VALUE lines below it",
		             map->key ? map->key : "the value");
	for (const struct hf_plan_node *n = map->first; n; n = n->next) {
		const char *const *k = known;

		while (*k && strcmp(*k, n->key) != 0)
			k++;
		if (!*k)
			return FAULT(p, n, "'%.60s' is not known here; remove or correct it", n->key);
	}
	return HF_OK;
}

static enum hf_err read_people(struct plan *p, const struct hf_plan_node *root)
{
	static const char *const keys[] = {"operator", "security", "audit", NULL};
	const struct hf_plan_node *n = hf_plan_get(root, "people");
	struct hf_plan *q = &p->plan;

	if (!n)
		return FAULT(p, root, "'people' is missing; name operator, security and audit");
	HF_TRY(check_keys(p, n, keys));
	HF_TRY(text_of(p, n, "operator", true, &q->operator_name));
	HF_TRY(text_of(p, n, "security", true, &q->security));
	HF_TRY(text_of(p, n, "audit", true, &q->audit));
	if (strcmp(q->operator_name, q->security) == 0 || strcmp(q->operator_name, q->audit) == 0 ||
	    strcmp(q->security, q->audit) == 0)
		return FAULT(p, n, "one person has two of the roles operator, security and audit; name three persons");
	return HF_OK;
}

static enum hf_err read_scope(struct plan *p, const struct hf_plan_node *root)
{
	static const char *const keys[] = {"group", "consumer", "contract", "epoch", NULL};
	const struct hf_plan_node *n = hf_plan_get(root, "scope"), *epoch = hf_plan_get(n, "epoch");
	struct hf_mask_scope *s = &p->plan.scope;

	if (!n)
		return FAULT(p, root, "'scope' is missing; say whose keys: group, and consumer, contract, epoch");
	HF_TRY(check_keys(p, n, keys));
	HF_TRY(text_of(p, n, "group", true, &s->group));
	HF_TRY(text_of(p, n, "consumer", false, &s->consumer));
	HF_TRY(text_of(p, n, "contract", false, &s->contract));
	return epoch ? number_of(p, epoch, UINT32_MAX, &s->epoch) : HF_OK;
}

/* "15m", "6h", "1d", "2w". */
static bool read_period(const char *text, int64_t *ret_ms)
{
	static const struct {
		char unit;
		int64_t ms;
	} units[] = {{'m', 60000}, {'h', 3600000}, {'d', 86400000}, {'w', 604800000}};
	char *end;
	unsigned long n = text[0] >= '1' && text[0] <= '9' ? strtoul(text, &end, 10) : 0;

	for (size_t i = 0; n > 0 && n <= 10000 && i < sizeof(units) / sizeof(units[0]); i++)
		if (*end == units[i].unit && !end[1]) {
			*ret_ms = (int64_t)n * units[i].ms;
			return true;
		}
	return false;
}

static enum hf_err read_times(struct plan *p, const struct hf_plan_node *n)
{
	struct hf_plan *q = &p->plan;

	if (!hf_time_parse(q->start, &q->start_ms) || q->start_ms <= 0)
		return FAULT(p, n, "'start' is '%.60s'; write a time such as 2026-12-01T02:00:00Z", q->start);
	if (q->every && !read_period(q->every, &q->every_ms))
		return FAULT(p, n, "'every' is '%.60s'; write a period such as 15m, 6h, 1d or 2w", q->every);
	return HF_OK;
}

static enum hf_err read_schedule(struct plan *p, const struct hf_plan_node *root)
{
	static const char *const keys[] = {"start", "every", NULL};
	const struct hf_plan_node *n = hf_plan_get(root, "schedule");

	if (!n)
		return FAULT(p, root, "'schedule' is missing; give start and every, or write schedule: by hand");
	if (n->kind == HF_PLAN_TEXT_NODE && strcmp(n->text, "by hand") == 0)
		return HF_OK;
	HF_TRY(check_keys(p, n, keys));
	HF_TRY(text_of(p, n, "start", true, &p->plan.start));
	HF_TRY(text_of(p, n, "every", false, &p->plan.every));
	return read_times(p, n);
}

/* How a task reads its source (MK-26). A delivery reads as its consumer asks. */
static enum hf_err read_connection(struct plan *p, const struct hf_plan_node *root)
{
	static const char *const keys[] = {"bytes-per-second", NULL};
	const struct hf_plan_node *n = hf_plan_get(root, "connection"), *rate = hf_plan_get(n, "bytes-per-second");

	if (!n)
		return HF_OK;
	HF_TRY(check_keys(p, n, keys));
	if (p->plan.mode == HF_PLAN_DYNAMIC)
		return FAULT(p, n,
		             "'connection' is how a task reads its source, and a dynamic plan has none; remove it");
	if (!rate)
		return FAULT(p, n, "'bytes-per-second' is missing; add it");
	HF_TRY(number_of(p, rate, INT64_MAX, &p->plan.source_rate));
	return p->plan.source_rate >= RATE_LEAST
	               ? HF_OK
	               : FAULT(p, rate, "'bytes-per-second' is less than %u; no task would end, write more",
	                       RATE_LEAST);
}

static enum hf_err read_result(struct plan *p, const struct hf_plan_node *root)
{
	static const char *const keys[] = {"rows-least", "rows-most", "unreadable-most", "risk", NULL};
	const struct hf_plan_node *n = hf_plan_get(root, "result"), *v;

	if (!n)
		return FAULT(p, root,
		             "'result' is missing; say what is expected: rows-least, rows-most, unreadable-most");
	HF_TRY(check_keys(p, n, keys));
	if ((v = hf_plan_get(n, "rows-least")))
		HF_TRY(number_of(p, v, INT64_MAX, &p->plan.rows_least));
	if ((v = hf_plan_get(n, "rows-most")))
		HF_TRY(number_of(p, v, INT64_MAX, &p->plan.rows_most));
	if ((v = hf_plan_get(n, "unreadable-most")))
		HF_TRY(number_of(p, v, INT64_MAX, &p->plan.unreadable_most));
	return HF_OK;
}

/* What the node itself does: a result that fails its check is never kept. */
static enum hf_err read_action(struct plan *p, const struct hf_plan_node *m, struct hf_plan_emergency *e)
{
	const char *action = "stop";

	HF_TRY(text_of(p, m, "action", false, &action));
	e->pause = strcmp(action, "pause") == 0;
	if (strcmp(action, "stop") != 0 && (!e->pause || strcmp(e->when, "result") == 0))
		return FAULT(p, m, "'action' for %s is '%.60s'; write %s", e->when, action,
		             strcmp(e->when, "result") == 0 ? "stop" : "stop or pause");
	return HF_OK;
}

/* One scheme for each kind of error that a run can have. */
static enum hf_err read_emergency(struct plan *p, const struct hf_plan_node *root)
{
	static const char *const keys[] = {"cause", "solution", "who", "action", NULL};
	static const char *const kinds[] = {"source", "format", "key", "result", "space"};
	const struct hf_plan_node *n = hf_plan_get(root, "emergency");
	struct hf_plan_emergency *e = hf_arena_get(&p->arena, sizeof(kinds) / sizeof(kinds[0]) * sizeof(*e));

	if (!n || n->kind != HF_PLAN_MAP)
		return FAULT(p, n ? n : root,
		             "'emergency' is missing or no mapping; say for source, format, key, result and space what "
		             "is done");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct hf_plan_node *m = hf_plan_get(n, kinds[i]);

		if (!m)
			return FAULT(p, n, "'emergency' has no scheme for %s; add cause, solution and who", kinds[i]);
		HF_TRY(check_keys(p, m, keys));
		e[i] = (struct hf_plan_emergency){.when = kinds[i]};
		HF_TRY(text_of(p, m, "cause", true, &e[i].cause));
		HF_TRY(text_of(p, m, "solution", true, &e[i].solution));
		HF_TRY(text_of(p, m, "who", true, &e[i].who));
		HF_TRY(read_action(p, m, &e[i]));
	}
	p->plan.emergency = e;
	p->plan.emergency_count = sizeof(kinds) / sizeof(kinds[0]);
	return n->count == p->plan.emergency_count
	               ? HF_OK
	               : FAULT(p, n, "'emergency' has a scheme for an error that does not exist; remove it");
}

/* A parameter's value: a text, or the texts of a list joined by line ends. */
static enum hf_err arg_value(struct plan *p, const struct hf_plan_node *n, const char **ret_value)
{
	size_t len = 0;
	char *out;

	if (n->kind == HF_PLAN_TEXT_NODE) {
		*ret_value = n->text;
		return HF_OK;
	}
	for (const struct hf_plan_node *m = n->first; m; m = m->next) {
		if (n->kind != HF_PLAN_LIST || m->kind != HF_PLAN_TEXT_NODE || strchr(m->text, '\n'))
			return FAULT(p, n, "'%s' is no text and no list of texts; write [A, B]", n->key);
		len += strlen(m->text) + 1;
	}
	if (n->kind != HF_PLAN_LIST || len == 0)
		return FAULT(p, n, "'%s' is no text and no list of texts; write [A, B]", n->key);
	*ret_value = out = hf_arena_get(&p->arena, len);
	for (const struct hf_plan_node *m = n->first; m; m = m->next) {
		size_t k = strlen(m->text);

		memcpy(out, m->text, k);
		out += k;
		*out++ = m->next ? '\n' : '\0';
	}
	return HF_OK;
}

static enum hf_err read_args(struct plan *p, const struct hf_plan_node *n, struct hf_plan_field *field)
{
	struct hf_arg *args = hf_arena_get(&p->arena, (n->count + 1) * sizeof(*args));
	struct hf_fault wrong = {.code = HF_OK};

	for (const struct hf_plan_node *m = n->first; m; m = m->next) {
		struct hf_arg *a = &args[field->arg_count];

		if (strcmp(m->key, "technique") == 0 || strcmp(m->key, "type") == 0)
			continue;
		a->name = m->key;
		HF_TRY(arg_value(p, m, &a->value));
		if (strcmp(m->key, "by") == 0)
			field->by = a->value;
		field->arg_count++;
	}
	field->args = args;
	if (hf_technique_check(field->technique, args, field->arg_count, &wrong) != HF_OK)
		return FAULT(p, n, "field %.60s: %.200s", field->name, wrong.text);
	for (size_t i = 0; p->from->bound && i < field->arg_count; i++)
		if (hf_technique_reads(field->technique, args[i].name) && !hf_plan_bind(&p->plan, &p->arena, &args[i]))
			return FAULT(
			        p, n,
			        "field %.60s: the file %.100s was not kept with the plan; put a new version, which "
			        "keeps it",
			        n->key, args[i].value);
	return HF_OK;
}

/* A method of the plan's own or of the file, which does what its record says. */
static enum hf_err own_method(struct plan *p, const struct hf_plan_node *n, const char *id,
                              const struct hf_technique **ret_t)
{
	const struct hf_technique *t = hf_methods_named(p->methods, id);
	struct hf_fault wrong = {.code = HF_OK};

	if (!t)
		return FAULT(p, n,
		             "field %.60s: there is no technique %.60s; `hufu mask techniques` names them, those of "
		             "your own "
		             "with --methods",
		             n->key, id);
	if (hf_methods_hold(p->methods, t, &wrong) != HF_OK)
		return FAULT(p, n, "field %.60s: %.220s", n->key, wrong.text);
	*ret_t = t;
	return HF_OK;
}

static enum hf_err read_field(struct plan *p, const struct hf_plan_node *n, struct hf_plan_field *field)
{
	const char *technique = NULL;

	*field = (struct hf_plan_field){.name = n->key, .line = n->line};
	if (n->kind == HF_PLAN_TEXT_NODE && strcmp(n->text, "keep") == 0)
		return HF_OK;
	if (n->kind != HF_PLAN_MAP)
		return FAULT(p, n, "field %.60s: write keep when it is not sensitive, or a mapping with its technique",
		             n->key);
	HF_TRY(text_of(p, n, "technique", true, &technique));
	HF_TRY(text_of(p, n, "type", false, &field->type));
	field->technique = hf_technique_named(technique);
	if (!field->technique)
		HF_TRY(own_method(p, n, technique, &field->technique));
	if (field->technique->formatted && (!field->type || !hf_format_named(field->type)))
		return FAULT(
		        p, n,
		        "field %.60s: %s has no format for the type '%.60s'; take map, hash or denc, or a type that "
		        "`hufu mask techniques %s` lists",
		        n->key, technique, field->type ? field->type : "", technique);
	if (p->plan.mode == HF_PLAN_DYNAMIC && field->technique->record.reversible == HF_REVERSIBLE_VAULT)
		return FAULT(p, n,
		             "field %.60s: %s fills a vault, which a dynamic plan does not have; take fpe or denc",
		             n->key, technique);
	if (p->plan.mode == HF_PLAN_DYNAMIC && field->technique->record.reach == HF_REACH_TABLE)
		return FAULT(p, n,
		             "field %.60s: %s needs the whole table, which a dynamic plan does not see; take another "
		             "or mode: static",
		             n->key, technique);
	return read_args(p, n, field);
}

static enum hf_err read_table(struct plan *p, const struct hf_plan_node *n, struct hf_plan_table *table)
{
	static const char *const keys[] = {"fields", NULL};
	const struct hf_plan_node *list = hf_plan_get(n, "fields");
	struct hf_plan_field *fields;

	HF_TRY(check_keys(p, n, keys));
	if (!list || list->kind != HF_PLAN_MAP || list->count == 0 || list->count > FIELDS_MAX)
		return FAULT(p, n, "table %.60s has no fields, or more than %u; write fields: with one line each",
		             n->key, FIELDS_MAX);
	fields = hf_arena_get(&p->arena, list->count * sizeof(*fields));
	*table = (struct hf_plan_table){n->key, fields, 0, NULL};
	for (const struct hf_plan_node *m = list->first; m; m = m->next)
		HF_TRY(read_field(p, m, &fields[table->field_count++]));
	for (size_t i = 0; i < table->field_count; i++) {
		size_t k = 0;

		while (fields[i].by && k < table->field_count && strcmp(fields[k].name, fields[i].by) != 0)
			k++;
		if (fields[i].by && k == table->field_count)
			return hf_plan_fault(p->f, p->file, fields[i].line,
			                     "field %.60s: there is no field %.60s for by; correct it", fields[i].name,
			                     fields[i].by);
	}
	return HF_OK;
}

static enum hf_err read_tables(struct plan *p, const struct hf_plan_node *root)
{
	const struct hf_plan_node *n = hf_plan_get(root, "tables");
	struct hf_plan_table *tables;

	if (!n || n->kind != HF_PLAN_MAP || n->count == 0 || n->count > TABLES_MAX)
		return FAULT(p, n ? n : root,
		             "'tables' is missing, empty, or more than %u; write tables: NAME: fields:", TABLES_MAX);
	p->plan.tables = tables = hf_arena_get(&p->arena, n->count * sizeof(*tables));
	for (const struct hf_plan_node *m = n->first; m; m = m->next)
		HF_TRY(read_table(p, m, &tables[p->plan.table_count++]));
	return hf_plan_demands_read(
	        &(struct hf_plan_demands){p->file, &p->arena, p->f, p->plan.mode, tables, p->plan.table_count},
	        hf_plan_get(hf_plan_get(root, "result"), "risk"));
}

/* "table.field". */
static const struct hf_plan_field *field_at(const struct hf_plan *p, const char *place)
{
	for (size_t t = 0; t < p->table_count; t++) {
		size_t n = strlen(p->tables[t].name);

		if (strncmp(place, p->tables[t].name, n) != 0 || place[n] != '.')
			continue;
		for (size_t i = 0; i < p->tables[t].field_count; i++)
			if (strcmp(p->tables[t].fields[i].name, place + n + 1) == 0)
				return &p->tables[t].fields[i];
	}
	return NULL;
}

static bool same_text(const char *a, const char *b)
{
	return !a == !b && (!a || strcmp(a, b) == 0);
}

bool hf_plan_masked_alike(const struct hf_plan_field *a, const struct hf_plan_field *b)
{
	if (a->technique != b->technique || !same_text(a->type, b->type) || a->arg_count != b->arg_count)
		return false;
	for (size_t i = 0; i < a->arg_count; i++) {
		size_t k = 0;

		while (k < b->arg_count && (strcmp(a->args[i].name, b->args[k].name) != 0 ||
		                            strcmp(a->args[i].value, b->args[k].value) != 0))
			k++;
		if (k == b->arg_count)
			return false;
	}
	return true;
}

static enum hf_err read_relations(struct plan *p, const struct hf_plan_node *root)
{
	const struct hf_plan_node *n = hf_plan_get(root, "relations");

	if (!n)
		return FAULT(p, root, "'relations' is missing; list what belongs together, or write relations: []");
	if (n->kind != HF_PLAN_LIST || n->count > RELATIONS_MAX)
		return FAULT(p, n, "'relations' is no list of at most %u; write [TABLE.FIELD, TABLE.FIELD] lines",
		             RELATIONS_MAX);
	for (const struct hf_plan_node *m = n->first; m; m = m->next) {
		const struct hf_plan_field *first = NULL;

		if (m->kind != HF_PLAN_LIST || m->count < 2)
			return FAULT(p, m,
			             "a relation is no list of two or more fields; write [TABLE.FIELD, TABLE.FIELD]");
		for (const struct hf_plan_node *w = m->first; w; w = w->next) {
			const struct hf_plan_field *field =
			        w->kind == HF_PLAN_TEXT_NODE ? field_at(&p->plan, w->text) : NULL;

			if (!field)
				return FAULT(p, w,
				             "the relation names a field that is in no table of the plan; correct it");
			if (first && !hf_plan_masked_alike(first, field))
				return FAULT(p, w,
				             "%.60s and %.60s belong together and are masked differently; give both "
				             "one technique, one "
				             "type and the same parameters",
				             m->first->text, w->text);
			first = first ? first : field;
		}
	}
	return HF_OK;
}

static enum hf_err read_head(struct plan *p, const struct hf_plan_node *root)
{
	static const char *const keys[] = {"masking-plan", "name",      "version",  "need",       "purpose",   "mode",
	                                   "people",       "scope",     "schedule", "engine",     "relations", "tables",
	                                   "result",       "emergency", "methods",  "connection", NULL};
	const char *mode = NULL, *engine = "ff1";
	const struct hf_plan_node *form = hf_plan_get(root, "masking-plan"), *version = hf_plan_get(root, "version");
	uint64_t number = 0;

	HF_TRY(check_keys(p, root, keys));
	if (!form || number_of(p, form, 1, &number) != HF_OK || number != 1)
		return FAULT(p, form ? form : root, "the plan does not begin with masking-plan: 1; add it");
	if (!version)
		return FAULT(p, root, "'version' is missing; add it");
	HF_TRY(number_of(p, version, UINT32_MAX, &number));
	p->plan.version = (uint32_t)number;
	HF_TRY(text_of(p, root, "name", true, &p->plan.name));
	HF_TRY(text_of(p, root, "need", true, &p->plan.need));
	HF_TRY(text_of(p, root, "purpose", true, &p->plan.purpose));
	HF_TRY(text_of(p, root, "mode", true, &mode));
	HF_TRY(text_of(p, root, "engine", false, &engine));
	p->plan.mode = strcmp(mode, "static") == 0    ? HF_PLAN_STATIC
	               : strcmp(mode, "dynamic") == 0 ? HF_PLAN_DYNAMIC
	                                              : 0;
	p->plan.engine = hf_engine_from_name(engine);
	if (!p->plan.mode)
		return FAULT(p, hf_plan_get(root, "mode"), "'mode' is '%.60s'; write static or dynamic", mode);
	if (p->plan.engine == HF_ENGINE_INVALID)
		return FAULT(p, hf_plan_get(root, "engine"), "'engine' is '%.60s'; write ff1 or swap-or-not", engine);
	return HF_OK;
}

/* Those of a file by its digest, so that an approved plan runs with the methods that were approved; or its own. */
static enum hf_err read_methods(struct plan *p, const struct hf_plan_node *root)
{
	const struct hf_plan_node *n = hf_plan_get(root, "methods"), *wanted = hf_plan_get(n, "sha256");
	char hex[65];

	if (!n) {
		p->methods = NULL;
		return HF_OK;
	}
	if (!wanted) {
		HF_TRY(hf_methods_inline(p->file, n, &p->own, p->f));
		p->own->held = p->from->tried;
		p->own->trial_us = (uint64_t)p->from->trial_ms * 1000;
		p->methods = p->own;
		return HF_OK;
	}
	if (p->from->methods_by && wanted->kind == HF_PLAN_TEXT_NODE) {
		struct hf_fault wrong = {.code = HF_OK};

		p->own = p->methods = p->from->methods_by(p->from->methods_ctx, wanted->text, &wrong);
		if (p->own)
			return HF_OK;
		enum hf_err e = FAULT(p, n, "%.300s", wrong.text);
		return wrong.code == HF_E_BUSY ? (p->f->code = HF_E_BUSY) : e;
	}
	if (!p->methods)
		return FAULT(p, n, "the plan uses a file of methods, and none is given; give it with --methods");
	hf_hash_hex(hf_methods_digest(p->methods), hex);
	if (wanted->kind != HF_PLAN_TEXT_NODE || strcmp(wanted->text, hex) != 0)
		return FAULT(
		        p, n,
		        "the file of methods has the SHA-256 %s, not the one that the plan names; give the right one, "
		        "or have the plan approved with it",
		        hex);
	return HF_OK;
}

static enum hf_err read_plan(struct plan *p, const void *text, size_t len)
{
	struct hf_plan_node *root;

	HF_TRY(hf_plan_tree_read(p->file, text, len, &p->arena, &root, p->f));
	HF_TRY(read_head(p, root));
	HF_TRY(read_people(p, root));
	HF_TRY(read_scope(p, root));
	HF_TRY(read_schedule(p, root));
	HF_TRY(read_connection(p, root));
	HF_TRY(read_result(p, root));
	HF_TRY(read_emergency(p, root));
	HF_TRY(read_methods(p, root));
	HF_TRY(read_tables(p, root));
	HF_TRY(read_relations(p, root));
	hf_sha256(text, len, &p->plan.digest);
	return HF_OK;
}

enum hf_err hf_plan_read_from(const struct hf_plan_source *s, struct hf_plan **ret_plan, struct hf_fault *f)
{
	struct plan *p = hf_alloc_zero(sizeof(*p));
	enum hf_err e;

	p->file = s->name;
	p->f = f;
	p->methods = s->methods;
	p->from = s;
	hf_arena_init(&p->arena, NULL, 0);
	hf_plan_take_files(&p->plan, &p->arena, s);
	e = read_plan(p, s->text, s->len);
	p->file = NULL;
	p->f = NULL;
	p->from = NULL;
	if (e == HF_OK)
		*ret_plan = &p->plan;
	else
		hf_plan_free(&p->plan);
	return e;
}

enum hf_err hf_plan_read(const char *name, const void *text, size_t len, struct hf_plan **ret_plan, struct hf_fault *f)
{
	const struct hf_plan_source s = {.name = name, .text = text, .len = len};

	return hf_plan_read_from(&s, ret_plan, f);
}

void hf_plan_free(struct hf_plan *plan)
{
	struct plan *p = (struct plan *)plan;

	if (!p)
		return;
	hf_methods_free(p->own);
	for (size_t i = 0; i < p->plan.file_count; i++)
		hf_plan_bytes_free(p->plan.files[i].bytes);
	hf_arena_done(&p->arena);
	free(p);
}

const struct hf_plan_table *hf_plan_table_named(const struct hf_plan *p, const char *name)
{
	for (size_t i = 0; i < p->table_count; i++)
		if (strcmp(p->tables[i].name, name) == 0)
			return &p->tables[i];
	return NULL;
}
