/* map.c - keys by values that never repeat, foreign keys by values that are all in a key; declared in map.h. */
#include "masking/map.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "masking/words.h"

#define ROWS_LEAST 10u    /* of a key: fewer values differ by accident */
#define DISTINCT_LEAST 5u /* different values of a foreign key: fewer are among others by accident */
#define SHARE_LEAST 0.99  /* of a foreign key's values that are in the key */

struct place {
	size_t table;
	const struct hf_field_finding *f;
};

struct hf_map {
	char **tables;
	size_t table_count;
	struct place *places;
	size_t place_count;
};

struct hf_map *hf_map_new(void)
{
	return hf_alloc_zero(sizeof(struct hf_map));
}

void hf_map_free(struct hf_map *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->table_count; i++)
		free(m->tables[i]);
	free(m->tables);
	free(m->places);
	free(m);
}

void hf_map_add(struct hf_map *m, const char *table, struct hf_identify *x)
{
	size_t count;
	const struct hf_field_finding *f = hf_identify_findings(x, &count);

	m->tables = hf_realloc(m->tables, (m->table_count + 1) * sizeof(*m->tables));
	m->places = hf_realloc(m->places, (m->place_count + count + 1) * sizeof(*m->places));
	for (size_t i = 0; i < count; i++)
		m->places[m->place_count++] = (struct place){m->table_count, &f[i]};
	m->tables[m->table_count++] = hf_strdup(table);
}

static bool is_key(const struct hf_field_finding *f)
{
	return f->values >= ROWS_LEAST && f->nulls == 0 && !f->repeated;
}

static const char *id_of(const struct hf_field_finding *f)
{
	return f->best.detector ? f->best.detector->id : NULL;
}

static bool same_kind(const struct place *a, const struct place *b)
{
	const char *x = id_of(a->f), *y = id_of(b->f);

	return x && y && strcmp(x, y) == 0;
}

/* One name has a word of the other, or of the other's table. */
static bool names_meet(const struct hf_map *m, const struct place *a, const struct place *b)
{
	char words[HF_WORDS_MAX];
	const char *const of_b[] = {b->f->name, m->tables[b->table], NULL};

	hf_words(a->f->name, words);
	return hf_words_match(words, of_b);
}

/* Small numbers are among any larger range of numbers: there the names must say it. */
static bool refers(const struct hf_map *m, const struct place *a, const struct place *b, double *ret_share)
{
	if (a == b || a->f->values < ROWS_LEAST || !is_key(b->f) || (id_of(a->f) && !same_kind(a, b)))
		return false;
	*ret_share = hf_unique_share(b->f->unique, a->f->sketch);
	if (a->f->sketch->count < DISTINCT_LEAST || *ret_share < SHARE_LEAST)
		return false;
	return same_kind(a, b) || names_meet(m, a, b) || a->f->numbers * 2 < a->f->values;
}

const char *hf_relation_verb(const char *kind)
{
	static const struct {
		const char *kind, *verb;
	} kinds[] = {{"key", "is a key"},
	             {"foreign-key", "refers to"},
	             {"parent-child", "has its parent in"},
	             {"same-kind", "is of the same kind as"}};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].kind, kind) == 0)
			return kinds[i].verb;
	return NULL;
}

static json_t *place_json(const struct hf_map *m, const struct place *p)
{
	return json_pack("{s:s, s:s}", "table", m->tables[p->table], "field", p->f->name);
}

static void say(const struct hf_map *m, json_t *list, const char *kind, const struct place *from,
                const struct place *to)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = HF_BUF_INIT;
	json_t *o = json_pack("{s:s, s:o}", "kind", kind, "from", place_json(m, from));

	hf_buf_addf(&text, "%s.%s %s", m->tables[from->table], from->f->name, hf_relation_verb(kind));
	if (to) {
		json_object_set_new(o, "to", place_json(m, to));
		hf_buf_addf(&text, " %s.%s", m->tables[to->table], to->f->name);
	}
	json_object_set_new(o, "text", json_stringn((const char *)text.data, text.len));
	json_array_append_new(list, o);
}

/* A row that names another row of its own table. */
static const char *kind_of(const struct place *a, const struct place *b)
{
	return a->table == b->table && !is_key(a->f) ? "parent-child" : "foreign-key";
}

static void add_pair(const struct hf_map *m, json_t *list, const struct place *a, const struct place *b)
{
	double share = 0;

	/* Two keys that hold the same values refer to each other: one line says it. */
	if (refers(m, a, b, &share) && !(a > b && refers(m, b, a, &(double){0}))) {
		say(m, list, kind_of(a, b), a, b);
		json_object_set_new(json_array_get(list, json_array_size(list) - 1), "share", json_real(share));
	} else if (a < b && a->table != b->table && same_kind(a, b) && !refers(m, b, a, &share) &&
	           a->f->best.detector->sensitivity != HF_SENS_GENERAL) { /* sums and times are not one thing */
		say(m, list, "same-kind", a, b);
	}
}

json_t *hf_map_relations(struct hf_map *m)
{
	json_t *list = json_array();

	for (size_t i = 0; i < m->place_count; i++)
		if (is_key(m->places[i].f))
			say(m, list, "key", &m->places[i], NULL);
	for (size_t i = 0; i < m->place_count; i++)
		for (size_t k = 0; k < m->place_count; k++)
			if (i != k)
				add_pair(m, list, &m->places[i], &m->places[k]);
	return list;
}
