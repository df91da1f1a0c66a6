/*
 * write.c - policies, schemas and answers as text. What is written here is read again by grammar.c as the same policy;
 * YAML differs from JSON lines only in its frame and in leaving quotes away where nothing can be misread. See file.h.
 */
#include "policy/write.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "crypto/utf8.h"

static bool plain(const char *text, size_t len)
{
	if (len == 0 || len > 60 || strcmp(text, "null") == 0)
		return false;
	if (!((text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z')))
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
		      c == '-' || c == '_'))
			return false;
	}
	return true;
}

static void add(struct hf_writer *w, const char *text)
{
	w->ok = w->ok && hf_buf_add(w->out, text, strlen(text));
}

/* What no reader may take for a line break or refuse stands as \u and four digits. */
static bool wants_escape(uint32_t c)
{
	return c < 0x20 || c == '"' || c == '\\' || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029 ||
	       c == 0xFEFF || c == 0xFFFE || c == 0xFFFF;
}

static void add_escape(struct hf_writer *w, uint32_t c)
{
	if (c == '"' || c == '\\')
		add(w, c == '"' ? "\\\"" : "\\\\");
	else
		w->ok = w->ok && hf_buf_addf(w->out, "\\u%04x", c);
}

/* Most texts are ASCII with nothing to escape. */
static bool is_simple(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || (unsigned char)text[i] >= 0x7F || text[i] == '"' ||
		    text[i] == '\\')
			return false;
	return true;
}

static void add_quoted(struct hf_writer *w, const char *text, size_t len)
{
	if (is_simple(text, len)) {
		w->ok = w->ok && hf_buf_reserve(w->out, len + 2) && hf_buf_add(w->out, "\"", 1) &&
		        hf_buf_add(w->out, text, len) && hf_buf_add(w->out, "\"", 1);
		return;
	}
	const char *at = text, *from = text, *end = text + len;
	uint32_t c;

	add(w, "\"");
	while (at < end && w->ok) {
		const char *begin = at;

		w->ok = hf_utf8_next(&at, end, &c);
		if (!w->ok || !wants_escape(c))
			continue;
		w->ok = hf_buf_add(w->out, from, (size_t)(begin - from));
		add_escape(w, c);
		from = at;
	}
	w->ok = w->ok && hf_buf_add(w->out, from, (size_t)(end - from));
	add(w, "\"");
}

void hf_write_text(struct hf_writer *w, const char *text, size_t len)
{
	if (w->form == HF_FORM_YAML && text[len] == '\0' && plain(text, len))
		w->ok = w->ok && hf_buf_add(w->out, text, len);
	else
		add_quoted(w, text, len);
}

/* A key and its colon. */
void hf_write_key(struct hf_writer *w, const char *key)
{
	hf_write_text(w, key, strlen(key));
	add(w, w->form == HF_FORM_YAML ? ": " : ":");
}

void hf_write_raw(struct hf_writer *w, const char *text)
{
	add(w, text);
}

void hf_write_number(struct hf_writer *w, int64_t n)
{
	w->ok = w->ok && hf_buf_addf(w->out, "%" PRId64, n);
}

void hf_write_time(struct hf_writer *w, int64_t ms)
{
	char text[HF_TIME_TEXT];

	hf_time_text(ms, text);
	add_quoted(w, text, strlen(text));
}

static void write_comma(struct hf_writer *w, bool first)
{
	if (!first)
		add(w, w->form == HF_FORM_YAML ? ", " : ",");
}

static void write_member(struct hf_writer *w, bool first, const char *key)
{
	write_comma(w, first);
	hf_write_key(w, key);
}

static void write_texts(struct hf_writer *w, const char *const *texts, size_t count)
{
	add(w, "[");
	for (size_t i = 0; i < count; i++) {
		write_comma(w, i == 0);
		hf_write_text(w, texts[i], strlen(texts[i]));
	}
	add(w, "]");
}

/* Conditions. */

static void write_operand(struct hf_writer *w, const struct hf_attr_spec *spec, enum hf_operator op,
                          const struct hf_operand *o)
{
	char address[HF_ADDRESS_TEXT], text[HF_ATTR_VALUE_MAX + 1];

	switch (spec->type) {
	case HF_ATTR_TEXT:
	case HF_ATTR_CHOICE:
	case HF_ATTR_MEMBER:
		if (o->len > HF_ATTR_VALUE_MAX) {
			w->ok = false;
			return;
		}
		memcpy(text, o->text, o->len);
		text[o->len] = '\0';
		hf_write_text(w, text, o->len);
		return;
	case HF_ATTR_INTEGER:
		hf_write_number(w, o->low);
		return;
	case HF_ATTR_TIME:
		hf_write_time(w, o->low);
		return;
	case HF_ATTR_ADDRESS:
		hf_prefix_text(&o->address, op == HF_OP_WITHIN ? o->bits : 128, address);
		add_quoted(w, address, strlen(address));
		return;
	case HF_ATTR_INVALID:
		break;
	}
	w->ok = false;
}

static void write_range(struct hf_writer *w, const struct hf_attr_spec *spec, const struct hf_condition *c)
{
	struct hf_operand high = c->operands[0];

	high.low = high.high;
	add(w, "[");
	write_operand(w, spec, c->op, c->operands);
	write_comma(w, false);
	write_operand(w, spec, c->op, &high);
	add(w, "]");
}

static void write_condition(struct hf_writer *w, const struct hf_schema *schema, const struct hf_condition *c)
{
	const struct hf_attr_spec *spec = hf_schema_spec(schema, c->attr);

	if (c->op == HF_OP_BETWEEN || c->op == HF_OP_DURING) {
		write_range(w, spec, c);
		return;
	}
	if (c->op == HF_OP_EQUALS) {
		write_operand(w, spec, c->op, c->operands);
		return;
	}
	add(w, "[");
	for (size_t i = 0; i < c->count; i++) {
		write_comma(w, i == 0);
		write_operand(w, spec, c->op, c->operands + i);
	}
	add(w, "]");
}

static size_t count_of(const struct hf_rule *r, unsigned attr, size_t from)
{
	size_t n = 0;

	for (size_t i = from; i < r->condition_count; i++)
		n += r->conditions[i].attr == attr;
	return n;
}

/* Everything that the rule demands of the attribute of its condition `first`. */
static void write_attribute_conditions(struct hf_writer *w, const struct hf_schema *schema, const struct hf_rule *r,
                                       size_t first)
{
	unsigned attr = r->conditions[first].attr;
	bool list = count_of(r, attr, first) > 1;

	add(w, list ? "[" : "");
	for (size_t i = first; i < r->condition_count; i++) {
		if (r->conditions[i].attr != attr)
			continue;
		write_comma(w, i == first);
		add(w, "{");
		hf_write_key(w, hf_operator_name(r->conditions[i].op));
		write_condition(w, schema, r->conditions + i);
		add(w, "}");
	}
	add(w, list ? "]" : "");
}

static void write_when(struct hf_writer *w, const struct hf_schema *schema, const struct hf_rule *r)
{
	bool yaml = w->form == HF_FORM_YAML, first = true;

	add(w, yaml && r->condition_count > 0 ? "" : "{");
	for (size_t i = 0; i < r->condition_count; i++) {
		unsigned attr = r->conditions[i].attr;

		if (count_of(r, attr, 0) != count_of(r, attr, i))
			continue;
		if (yaml)
			add(w, "\n      ");
		else
			write_comma(w, first);
		first = false;
		hf_write_key(w, hf_schema_spec(schema, attr)->name);
		write_attribute_conditions(w, schema, r, i);
	}
	add(w, yaml && r->condition_count > 0 ? "" : "}");
}

/* Obligations. */

static void write_duration(struct hf_writer *w, int64_t ms)
{
	static const struct {
		const char *unit;
		int64_t ms;
	} units[] = {{"d", 86400000}, {"h", 3600000}, {"min", 60000}, {"s", 1000}, {"ms", 1}};
	char text[32];

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (ms % units[i].ms == 0) {
			snprintf(text, sizeof(text), "%" PRId64 "%s", ms / units[i].ms, units[i].unit);
			break;
		}
	hf_write_text(w, text, strlen(text));
}

void hf_write_obligation(struct hf_writer *w, const struct hf_obligation *o)
{
	const char *name = hf_oblige_name(o->type);

	if (!name) {
		w->ok = false;
		return;
	}
	if (!o->text && o->name_count == 0 && o->type != HF_OBLIGE_USES && o->type != HF_OBLIGE_DELETE) {
		hf_write_text(w, name, strlen(name));
		return;
	}
	add(w, "{");
	hf_write_key(w, name);
	if (o->type == HF_OBLIGE_USES)
		hf_write_number(w, o->number);
	else if (o->type == HF_OBLIGE_DELETE)
		write_duration(w, o->number);
	else if (o->type == HF_OBLIGE_FIELDS)
		write_texts(w, o->names, o->name_count);
	else
		hf_write_text(w, o->text ? o->text : "", o->text ? strlen(o->text) : 0);
	add(w, "}");
}

void hf_write_obligations(struct hf_writer *w, const struct hf_obligation *all, size_t count)
{
	add(w, "[");
	for (size_t i = 0; i < count; i++) {
		write_comma(w, i == 0);
		hf_write_obligation(w, all + i);
	}
	add(w, "]");
}

/* Rules. In YAML each key has a line of its own. */

static void rule_key(struct hf_writer *w, const char *key)
{
	if (w->form == HF_FORM_YAML)
		add(w, "\n    ");
	else
		add(w, ",");
	hf_write_key(w, key);
}

void hf_write_rule(struct hf_writer *w, const struct hf_schema *schema, const struct hf_rule *r)
{
	bool yaml = w->form == HF_FORM_YAML;
	const char *mechanism = hf_mechanism_name(r->mechanism), *state = hf_rule_state_name(r->state);

	add(w, yaml ? "  - " : "{\"rules\":[{");
	hf_write_key(w, "id");
	hf_write_text(w, r->id, strlen(r->id));
	rule_key(w, "mechanism");
	hf_write_text(w, mechanism, strlen(mechanism));
	if (r->state != HF_RULE_ACTIVE) {
		rule_key(w, "state");
		hf_write_text(w, state, strlen(state));
	}
	if (r->priority != 0) {
		rule_key(w, "priority");
		hf_write_number(w, r->priority);
	}
	rule_key(w, "from");
	hf_write_time(w, r->from_ms);
	rule_key(w, "until");
	hf_write_time(w, r->until_ms);
	if (yaml && r->condition_count > 0)
		add(w, "\n    when:");
	else
		rule_key(w, "when");
	write_when(w, schema, r);
	if (r->obligation_count > 0) {
		rule_key(w, "obligations");
		hf_write_obligations(w, r->obligations, r->obligation_count);
	}
	if (r->quota && *r->quota) {
		rule_key(w, "quota");
		hf_write_text(w, r->quota, strlen(r->quota));
	}
	add(w, yaml ? "\n" : "}]}\n");
}

/* The other sections. */

void hf_write_attribute(struct hf_writer *w, const struct hf_attr_spec *s)
{
	bool yaml = w->form == HF_FORM_YAML;

	add(w, yaml ? "  " : "{\"attributes\":{");
	hf_write_key(w, s->name);
	add(w, "{");
	write_member(w, true, "type");
	hf_write_text(w, hf_attr_type_name(s->type), strlen(hf_attr_type_name(s->type)));
	if (s->tree) {
		write_member(w, false, "hierarchy");
		hf_write_text(w, s->tree, strlen(s->tree));
	}
	if (s->choice_count > 0) {
		write_member(w, false, "choices");
		write_texts(w, s->choices, s->choice_count);
	}
	if (s->many) {
		write_member(w, false, "many");
		add(w, "true");
	}
	write_member(w, false, "issuers");
	write_texts(w, s->issuers, s->issuer_count);
	add(w, yaml ? "}\n" : "}}}\n");
}

static void write_attributes(struct hf_writer *w, const struct hf_schema *schema)
{
	if (w->form == HF_FORM_YAML)
		add(w, "attributes:\n");
	for (unsigned a = 1; a <= hf_schema_count(schema); a++)
		hf_write_attribute(w, hf_schema_spec(schema, a));
}

bool hf_schema_write(const struct hf_schema *schema, enum hf_policy_form form, struct hf_buf *out)
{
	struct hf_writer w = {out, form, true};

	write_attributes(&w, schema);
	return w.ok;
}

struct tree_writer {
	struct hf_writer *w;
	const char *tree;
};

static bool write_node(void *ctx, const char *node, const char *parent)
{
	const struct tree_writer *t = ctx;
	bool yaml = t->w->form == HF_FORM_YAML;

	add(t->w, yaml ? "    " : "{\"hierarchies\":{");
	if (!yaml) {
		hf_write_key(t->w, t->tree);
		add(t->w, "{");
	}
	hf_write_key(t->w, node);
	if (parent)
		hf_write_text(t->w, parent, strlen(parent));
	else
		add(t->w, "[]");
	add(t->w, yaml ? "\n" : "}}}\n");
	return t->w->ok;
}

static bool note_node(void *ctx, const char *node, const char *parent)
{
	(void)node;
	(void)parent;
	*(bool *)ctx = false;
	return false;
}

/* An empty hierarchy stands too: an attribute may name it. */
static void write_tree(struct hf_writer *w, const struct hf_trees *trees, const char *tree)
{
	struct tree_writer t = {w, tree};
	bool yaml = w->form == HF_FORM_YAML, empty = true;

	hf_trees_each(trees, tree, note_node, &empty);
	if (yaml) {
		add(w, "  ");
		hf_write_text(w, tree, strlen(tree));
		add(w, empty ? ": {}\n" : ":\n");
	} else if (empty) {
		add(w, "{\"hierarchies\":{");
		hf_write_key(w, tree);
		add(w, "{}}}\n");
	}
	hf_trees_each(trees, tree, write_node, &t);
}

static void write_trees(struct hf_writer *w, const struct hf_trees *trees)
{
	if (hf_trees_name(trees, 0) && w->form == HF_FORM_YAML)
		add(w, "hierarchies:\n");
	for (size_t i = 0; hf_trees_name(trees, i); i++)
		write_tree(w, trees, hf_trees_name(trees, i));
}

struct rules_writer {
	struct hf_writer *w;
	const struct hf_schema *schema;
	bool any;
};

static bool write_one(void *ctx, const struct hf_rule *rule, bool indexed)
{
	struct rules_writer *r = ctx;

	(void)indexed;
	if (!r->any && r->w->form == HF_FORM_YAML)
		add(r->w, "rules:\n");
	r->any = true;
	hf_write_rule(r->w, r->schema, rule);
	return r->w->ok;
}

bool hf_policy_write(const struct hf_policy *p, const struct hf_policy_head *head, enum hf_policy_form form,
                     struct hf_buf *out)
{
	struct hf_writer w = {out, form, true};
	struct rules_writer rules = {&w, hf_policy_schema(p), false};

	add(&w, form == HF_FORM_YAML ? "policy: {" : "{\"policy\":{");
	write_member(&w, true, "name");
	hf_write_text(&w, head->name, strlen(head->name));
	write_member(&w, false, "version");
	w.ok = w.ok && hf_buf_addf(out, "%" PRIu64, head->version);
	add(&w, form == HF_FORM_YAML ? "}\n" : "}}\n");
	write_trees(&w, hf_policy_trees(p));
	write_attributes(&w, hf_policy_schema(p));
	hf_policy_each(p, write_one, &rules);
	if (!rules.any && form == HF_FORM_YAML)
		add(&w, "rules: []\n");
	return w.ok;
}

bool hf_obligation_write(const struct hf_obligation *o, struct hf_buf *out)
{
	struct hf_writer w = {out, HF_FORM_LINES, true};

	hf_write_obligation(&w, o);
	return w.ok;
}
