/* disclosure_classes.c - classes of rows that all releases together leave; declared in disclosure.h. */
#include "masking/disclosure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "crypto/crypto.h"
#include "masking/apply.h"
#include "masking/effect.h"
#include "masking/effect_meet.h"

#define CLOSE 1e-9                     /* between two distances that are the same */
#define CELLS_MAX ((uint64_t)64 << 20) /* codes of 4 bytes */

/* A quasi-identifier as one release masks it. */
struct part {
	const struct hf_disclosure *d;
	const struct hf_plan_field *field;
	size_t column;          /* of the table */
	struct hf_apply *apply; /* NULL: the value itself */
	struct hf_plan_field *fields;
};
struct hf_joint {
	struct hf_disclosure_table t;
	const struct hf_disclosure *all;
	size_t count;
	struct part *list;
	size_t parts,
	        old; /* of the earlier releases: the first ones; of the rows as they are, when the last adds to these */
	bool beside; /* an earlier one has some */
	struct part *sens; /* sensitive fields, in the columns behind the parts */
	size_t sens_count, sens_old;
	struct hf_effect_table *codes;
	uint64_t rows;
	uint8_t key[16];
	char unopened[sizeof(((struct hf_joint_classes *)NULL)->unopened)];
};

/* Of the codes. */
static size_t columns_of(const struct hf_joint *j)
{
	return j->parts + j->sens_count;
}

static struct part *part_at(const struct hf_joint *j, size_t i)
{
	return i < j->parts ? &j->list[i] : &j->sens[i - j->parts];
}

static size_t column_of(const struct hf_disclosure_table *t, const char *name)
{
	for (size_t i = 0; i < t->width; i++)
		if (strcmp(t->header[i], name) == 0)
			return i;
	return SIZE_MAX;
}

static bool named(const char *const *list, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

static bool quasi(const struct hf_joint *j, const char *name)
{
	bool is = named(j->t.quasi, j->t.quasi_count, name);

	for (size_t i = 0; !is && i < j->count; i++)
		is = named(j->all[i].quasi, j->all[i].quasi_count, name);
	return is;
}

static bool same(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

/* Neither suppresses rows, or they are of one plan. */
static bool suppressed_alike(const struct hf_disclosure *a, const struct hf_disclosure *b)
{
	return a == b || (!a->suppresses && !b->suppresses) ||
	       (a->suppresses && b->suppresses && a->k == b->k && same(a->release, b->release));
}

static bool sensitive(const struct hf_joint *j, const char *name)
{
	bool is = false;

	for (size_t i = 0; !is && i < j->count; i++)
		is = named(j->all[i].sensitive, j->all[i].sensitive_count, name);
	return is;
}

/* The same masking leaves the same classes: keyed by another consumer, too. */
static bool there(const struct part *list, size_t count, const struct part *q)
{
	for (size_t i = 0; i < count; i++) {
		const struct part *o = &list[i];

		if (o->column == q->column && suppressed_alike(o->d, q->d) &&
		    hf_plan_masked_alike(o->field, q->field) && same(o->d->scope.group, q->d->scope.group) &&
		    o->d->scope.epoch == q->d->scope.epoch)
			return true;
	}
	return false;
}

static void add_part(struct part **list, size_t *count, const struct part *q)
{
	if (there(*list, *count, q))
		return;
	*list = hf_realloc(*list, (*count + 1) * sizeof(**list));
	(*list)[(*count)++] = *q;
}

static void find_parts(struct hf_joint *j, const struct hf_disclosure *d)
{
	for (size_t k = 0; k < d->field_count; k++) {
		const struct hf_plan_field *f = &d->fields[k];
		const struct part q = {d, f, column_of(&j->t, f->name), NULL, NULL};

		if (q.column == SIZE_MAX || (f->technique && f->technique->drops_column))
			continue;
		if (quasi(j, f->name))
			add_part(&j->list, &j->parts, &q);
		if (sensitive(j, f->name))
			add_part(&j->sens, &j->sens_count, &q);
	}
}

/* Tokens are made again, and not put away again. */
static enum hf_err forget(void *ctx, const char *name, const void *data, size_t len, struct hf_fault *f)
{
	(void)ctx;
	(void)name;
	(void)data;
	(void)len;
	(void)f;
	return HF_OK;
}

/* A plan that masks that one field and leaves out the others. The classes are the same whatever the contract. */
static void open_part(struct hf_joint *j, struct part *q)
{
	const struct hf_disclosure_table *t = &j->t;
	struct hf_plan_table table = {.name = "table", .field_count = t->width};
	struct hf_plan plan = {.engine = q->d->engine, .scope = q->d->scope, .tables = &table, .table_count = 1};
	const struct hf_apply_setup setup = {.plan = &plan,
	                                     .table = table.name,
	                                     .header = t->header,
	                                     .header_count = t->width,
	                                     .root = t->root,
	                                     .put = forget,
	                                     .file = t->file,
	                                     .file_ctx = t->file_ctx};
	struct hf_fault f = {HF_OK, ""};

	if (!q->field->technique || !q->field->technique->mask)
		return;
	plan.scope.contract = NULL;
	q->fields = hf_alloc_zero(t->width * sizeof(*q->fields));
	for (size_t i = 0; i < t->width; i++)
		q->fields[i] = (struct hf_plan_field){.name = t->header[i], .technique = hf_technique_named("limc")};
	q->fields[q->column] = *q->field;
	table.fields = q->fields;
	if (hf_apply_open(&setup, &f, &q->apply) == HF_OK)
		return;
	q->apply = NULL;
	if (!j->unopened[0])
		snprintf(j->unopened, sizeof(j->unopened),
		         "field %.30s of %.40s to %.30s was masked cannot be made again (%.100s)", q->field->name,
		         q->d->release, q->d->recipient, f.text);
	hf_utf8_mend(j->unopened);
}

static void find_earlier(struct hf_joint *j, bool changed)
{
	for (size_t i = 0; i + 1 < j->count; i++)
		if (j->all[i].changed == changed)
			find_parts(j, &j->all[i]);
	j->old = j->parts;
	j->sens_old = j->sens_count;
}

/* What the last one shows and those before did not, of the rows as they are now: then it counts beside all that they
 * showed of the former rows, too, for that can be asked for again. */
static void find_all(struct hf_joint *j)
{
	struct hf_joint now = {.t = j->t, .all = j->all, .count = j->count};
	const bool one = j->count > 0;

	find_earlier(&now, false);
	if (one)
		find_parts(&now, &j->all[j->count - 1]);
	find_earlier(j, false);
	const size_t same = j->old, sens_same = j->sens_old;
	find_earlier(j, true);
	j->beside = j->old > 0;
	if (one)
		find_parts(j, &j->all[j->count - 1]);
	if (now.parts > same || now.sens_count > sens_same) {
		j->beside = same > 0 || j->parts > now.parts;
		j->old = same;
		j->sens_old = sens_same;
	}
	free(now.list);
	free(now.sens);
}

struct hf_joint *hf_joint_new(const struct hf_disclosure *all, size_t count, const struct hf_disclosure_table *t)
{
	struct hf_joint *j = hf_alloc_zero(sizeof(*j));

	j->t = *t;
	j->all = all;
	j->count = count;
	find_all(j);
	for (size_t i = 0; i < columns_of(j); i++)
		open_part(j, part_at(j, i));
	hf_random(j->key, sizeof(j->key));
	j->codes = j->parts ? hf_effect_table_new(columns_of(j), j->key) : NULL;
	return j;
}

void hf_joint_free(struct hf_joint *j)
{
	for (size_t i = 0; j && i < columns_of(j); i++) {
		hf_apply_close(part_at(j, i)->apply);
		free(part_at(j, i)->fields);
	}
	if (!j)
		return;
	hf_effect_table_free(j->codes);
	free(j->list);
	free(j->sens);
	free(j);
}

bool hf_joint_new_parts(const struct hf_joint *j)
{
	return j->parts > j->old || j->sens_count > j->sens_old;
}

bool hf_joint_old_parts(const struct hf_joint *j)
{
	return j->beside;
}

bool hf_joint_whole(const struct hf_joint *j)
{
	for (size_t i = 0; i < columns_of(j); i++)
		if (part_at(j, i)->apply && hf_apply_whole(part_at(j, i)->apply))
			return true;
	return false;
}

/* out: one value a row. */
static enum hf_err run_part(const struct part *q, struct hf_apply_batch *b, struct hf_bytes *out, struct hf_fault *f)
{
	const struct hf_bytes *column = b->out;

	if (!q->apply) {
		memcpy(out, b->in + q->column * b->count, b->count * sizeof(*out));
		return HF_OK;
	}
	memset(b->drop, 0, b->count);
	HF_TRY(hf_apply_rows(q->apply, b, f));
	column += q->column * b->count;
	for (size_t r = 0; r < b->count; r++)
		out[r] = b->drop[r] ? (struct hf_bytes){NULL, 0} : column[r];
	return HF_OK;
}

static enum hf_err add_rows(struct hf_joint *j, const struct hf_bytes *cells, size_t count, struct hf_arena *arena,
                            struct hf_fault *f)
{
	const size_t columns = columns_of(j);
	struct hf_bytes *parts = hf_arena_get(arena, columns * count * sizeof(*parts) + 1);
	struct hf_bytes *row = hf_arena_get(arena, columns * sizeof(*row));
	struct hf_apply_batch b = {.in = cells, .count = count, .first_row = j->rows, .arena = arena};

	b.out = hf_arena_get(arena, j->t.width * count * sizeof(*b.out) + 1);
	b.drop = hf_arena_get(arena, count + 1);
	for (size_t i = 0; i < columns; i++)
		HF_TRY(run_part(part_at(j, i), &b, parts + i * count, f));
	for (size_t r = 0; r < count; r++) {
		for (size_t i = 0; i < columns; i++)
			row[i] = parts[i * count + r];
		if (!hf_effect_add(j->codes, row))
			return hf_fault_set(f, HF_E_LIMIT, "the table is too large to count its classes; split it");
	}
	j->rows += count;
	return HF_OK;
}

enum hf_err hf_joint_rows(struct hf_joint *j, const struct hf_bytes *cells, size_t count, struct hf_fault *f)
{
	struct hf_arena arena;
	enum hf_err e;

	if (j->parts == 0 || count == 0)
		return HF_OK;
	if ((j->rows + count) * columns_of(j) > CELLS_MAX)
		return hf_fault_set(f, HF_E_LIMIT,
		                    "%zu maskings of so many rows are too many to count their classes; split the table",
		                    columns_of(j));
	hf_arena_init(&arena, NULL, 0);
	e = add_rows(j, cells, count, &arena, f);
	hf_arena_done(&arena);
	return e;
}

/* Which rows a release suppressed: of the classes that its own parts leave, those that miss what it demands. */
static void suppress(const struct hf_joint *j, const struct hf_disclosure *d, bool *gone)
{
	size_t *columns = hf_alloc((columns_of(j) + 1) * sizeof(*columns)), n = 0, sens;
	struct hf_effect_need need = {d->k, d->l, d->closes ? d->t : -1, NULL, 0};
	struct hf_effect_classes c;

	for (size_t i = 0; i < j->parts; i++)
		if (j->list[i].d == d)
			columns[n++] = i;
	sens = n;
	for (size_t i = 0; i < j->sens_count; i++)
		if (j->sens[i].d == d && named(d->sensitive, d->sensitive_count, j->sens[i].field->name))
			columns[sens++] = j->parts + i;
	need.sensitive = columns + n;
	need.sensitive_count = sens - n;
	hf_effect_classes_make(j->codes, columns, n, &c);
	hf_effect_meet(j->codes, &need, &c);
	for (uint32_t r = 0; r < c.rows; r++)
		if (c.of_row[r] == HF_EFFECT_NO_CLASS)
			for (size_t i = 0; i < n; i++)
				gone[(size_t)r * j->parts + columns[i]] = true;
	hf_effect_classes_done(&c);
	free(columns);
}

static bool suppresses(const struct hf_joint *j, size_t i)
{
	const struct hf_disclosure *d = j->list[i].d;

	for (size_t k = 0; k < i; k++)
		if (j->list[k].d == d)
			return false;
	return d->suppresses && (d->k > 1 || d->l > 1 || d->closes);
}

/* The table without what was suppressed; NULL: nothing was. */
static struct hf_effect_table *suppressed(const struct hf_joint *j)
{
	const size_t rows = hf_effect_rows(j->codes);
	struct hf_effect_table *out;
	struct hf_bytes *row;
	bool *gone = NULL;

	for (size_t i = 0; i < j->parts; i++) {
		if (!suppresses(j, i))
			continue;
		if (!gone)
			gone = hf_alloc_zero(rows * j->parts + 1);
		suppress(j, j->list[i].d, gone);
	}
	if (!gone)
		return NULL;
	out = hf_effect_table_new(columns_of(j), j->key);
	row = hf_alloc(columns_of(j) * sizeof(*row));
	for (size_t r = 0; r < rows; r++) {
		for (size_t i = 0; i < columns_of(j); i++)
			row[i] = i < j->parts && gone[r * j->parts + i]
			                 ? (struct hf_bytes){NULL, 0}
			                 : hf_effect_value(j->codes, i, hf_effect_codes(j->codes, i)[r]);
		if (!hf_effect_add(out, row))
			break; /* it is no larger than the other one */
	}
	free(row);
	free(gone);
	return out;
}

static uint32_t least_class(const struct hf_effect_table *t, size_t parts)
{
	size_t *columns = hf_alloc((parts + 1) * sizeof(*columns));
	struct hf_effect_classes classes;
	struct hf_effect_risk risk;

	for (size_t i = 0; i < parts; i++)
		columns[i] = i;
	hf_effect_classes_make(t, columns, parts, &classes);
	hf_effect_risk(&classes, 1, &risk);
	hf_effect_classes_done(&classes);
	free(columns);
	return risk.k;
}

/* ---- what classes tell of a sensitive field ---- */

/* Of what is shown of it in the columns; 0: nothing is. */
struct told {
	uint32_t distinct; /* least different values in a class */
	double far;        /* of the farthest class from the whole */
};

/* The columns as one: rows that are equal in all of them have one value. */
static struct hf_effect_table *as_one(const struct hf_joint *j, const struct hf_effect_table *t, const size_t *columns,
                                      size_t count)
{
	struct hf_effect_table *one = hf_effect_table_new(1, j->key);
	struct hf_effect_classes c;

	hf_effect_classes_make(t, columns, count, &c);
	for (uint32_t r = 0; r < c.rows; r++) {
		const struct hf_bytes cell = {(const uint8_t *)&c.of_row[r],
		                              c.of_row[r] == HF_EFFECT_NO_CLASS ? 0 : sizeof(c.of_row[r])};

		if (!hf_effect_add(one, &cell))
			break; /* it is no larger than the other one */
	}
	hf_effect_classes_done(&c);
	return one;
}

/* By the first parts, and the first sensitive ones. */
static struct told told_of(const struct hf_joint *j, const struct hf_effect_table *t, size_t parts, size_t sens,
                           const char *name)
{
	size_t *columns = hf_alloc_zero((columns_of(j) + 1) * sizeof(*columns)), n = 0;
	struct hf_effect_table *one = NULL;
	struct told told = {0, 0};
	struct hf_effect_classes c;

	if (parts == 0) {
		free(columns);
		return told;
	}
	for (size_t i = 0; i < parts; i++)
		columns[i] = i;
	hf_effect_classes_make(t, columns, parts, &c);
	for (size_t i = 0; i < sens; i++)
		if (same(j->sens[i].field->name, name))
			columns[n++] = j->parts + i;
	uint32_t *distinct = hf_alloc((c.count + 1) * sizeof(*distinct));
	double *far = hf_alloc((c.count + 1) * sizeof(*far));

	if (n > 0 && c.count > 0) {
		one = as_one(j, t, columns, n);
		hf_effect_distinct_in(one, &c, 0, distinct);
		hf_effect_distance_of(one, &c, 0, far);
		told.distinct = distinct[0];
	}
	for (uint32_t i = 0; n > 0 && i < c.count; i++) {
		told.distinct = distinct[i] < told.distinct ? distinct[i] : told.distinct;
		told.far = far[i] > told.far ? far[i] : told.far;
	}
	hf_effect_table_free(one);
	hf_effect_classes_done(&c);
	free(distinct);
	free(far);
	free(columns);
	return told;
}

/* What the last plan demands of the field, and, unless it is no worse than before, what any earlier one did. */
static bool demands(const struct hf_joint *j, size_t i, const char *name, bool worse)
{
	return (i + 1 == j->count || worse) && named(j->all[i].sensitive, j->all[i].sensitive_count, name);
}

static void judge_field(const struct hf_joint *j, const struct hf_effect_table *t, const char *name, char *out,
                        size_t cap)
{
	const struct told now = told_of(j, t, j->parts, j->sens_count, name),
	                  before = told_of(j, t, j->old, j->sens_old, name);
	const bool fewer = !before.distinct || now.distinct < before.distinct,
	           farther = !before.distinct || now.far > before.far + CLOSE;

	for (size_t i = 0; i < j->count && now.distinct; i++) {
		const struct hf_disclosure *d = &j->all[i];
		const char *who = i + 1 == j->count ? "the plan" : "a plan of these";

		if (demands(j, i, name, fewer) && now.distinct < d->l)
			snprintf(out, cap, "field %.40s has %u different values in a class of rows, and %s demands %u",
			         name, now.distinct, who, d->l);
		else if (demands(j, i, name, farther) && d->closes && now.far > d->t + CLOSE)
			snprintf(out, cap,
			         "the values of field %.40s in a class of rows are %.3f from those of all, and %s "
			         "demands "
			         "%.3f at most",
			         name, now.far, who, d->t);
	}
}

/* Masked by what cannot be masked again: how many values that showed is not known. NULL: none is. */
static const struct part *unknown(const struct hf_joint *j, const char *name)
{
	for (size_t i = 0; i < j->sens_count; i++)
		if (same(j->sens[i].field->name, name) && j->sens[i].field->technique && !j->sens[i].apply)
			return &j->sens[i];
	return NULL;
}

static void judge_sensitive(const struct hf_joint *j, const struct hf_effect_table *t, char *out, size_t cap)
{
	*out = '\0';
	for (size_t i = 0; i < j->sens_count && !*out; i++) {
		const char *name = j->sens[i].field->name;
		const struct part *q = unknown(j, name);

		if (q)
			snprintf(
			        out, cap,
			        "nobody can say how many values of field %.40s a class of rows has, since it cannot be "
			        "masked again as by %.40s",
			        name, q->d->release);
		else
			judge_field(j, t, name, out, cap);
	}
	hf_utf8_mend(out);
}

void hf_joint_end(struct hf_joint *j, struct hf_joint_classes *ret_classes)
{
	struct hf_effect_table *t = j->codes ? suppressed(j) : NULL;

	memcpy(ret_classes->unopened, j->unopened, sizeof(j->unopened));
	ret_classes->before = j->old ? least_class(t ? t : j->codes, j->old) : 0;
	ret_classes->k = j->parts ? least_class(t ? t : j->codes, j->parts) : 0;
	ret_classes->missed[0] = '\0';
	if (j->parts)
		judge_sensitive(j, t ? t : j->codes, ret_classes->missed, sizeof(ret_classes->missed));
	hf_effect_table_free(t);
}

enum hf_err hf_disclosure_k(const struct hf_disclosure *all, size_t count, const struct hf_disclosure_table *t,
                            struct hf_fault *f, uint32_t *ret_k)
{
	struct hf_joint *j = hf_joint_new(all, count, t);
	struct hf_joint_classes c = {.k = 0};
	enum hf_err e = hf_joint_rows(j, t->cells, t->count, f);

	if (e == HF_OK)
		hf_joint_end(j, &c);
	*ret_k = c.k;
	hf_joint_free(j);
	return e;
}
