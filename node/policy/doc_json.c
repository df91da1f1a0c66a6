/*
 * doc_json.c - a small strict reader of JSON (RFC 8259, and RFC 7493: no repeated names, no lone surrogates), decoded
 * in place. A hundred thousand rules are loaded at every start, which a general library would take most of the time
 * for. See doc.h.
 */
#include <string.h>

#include "crypto/utf8.h"
#include "policy/doc.h"
#include "policy/names.h"

struct json {
	const char *file;
	uint32_t line;
	unsigned depth;
	uint32_t nodes;
	char *at, *end; /* *end may be overwritten by a NUL */
	struct hf_arena *arena;
	struct hf_fault *f;
};

static void skip_space(struct json *j)
{
	while (j->at < j->end && (*j->at == ' ' || *j->at == '\t' || *j->at == '\r' || *j->at == '\n'))
		j->at++;
}

static enum hf_err refuse(struct json *j, const char *what)
{
	return hf_doc_fault(j->f, j->file, j->line, "%s", what);
}

static enum hf_err new_node(struct json *j, enum hf_doc_kind kind, struct hf_doc **ret_doc)
{
	struct hf_doc *t;

	if (++j->nodes > HF_DOC_MAX_NODES)
		return hf_doc_fault(j->f, j->file, j->line,
		                    "more than %u values stand in one line; divide it into several", HF_DOC_MAX_NODES);
	t = hf_arena_get(j->arena, sizeof(*t));
	*t = (struct hf_doc){.kind = kind, .line = j->line};
	*ret_doc = t;
	return HF_OK;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The four digits behind \u; at stands on the first. */
static bool read_hex(struct json *j, uint32_t *ret_code)
{
	uint32_t code = 0;

	if (j->end - j->at < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		int d = hex_digit(j->at[i]);

		if (d < 0)
			return false;
		code = code << 4 | (uint32_t)d;
	}
	j->at += 4;
	*ret_code = code;
	return true;
}

static char *put_utf8(char *out, uint32_t c)
{
	if (c < 0x80) {
		*out++ = (char)c;
	} else if (c < 0x800) {
		*out++ = (char)(0xC0 | c >> 6);
		*out++ = (char)(0x80 | (c & 0x3F));
	} else if (c < 0x10000) {
		*out++ = (char)(0xE0 | c >> 12);
		*out++ = (char)(0x80 | (c >> 6 & 0x3F));
		*out++ = (char)(0x80 | (c & 0x3F));
	} else {
		*out++ = (char)(0xF0 | c >> 18);
		*out++ = (char)(0x80 | (c >> 12 & 0x3F));
		*out++ = (char)(0x80 | (c >> 6 & 0x3F));
		*out++ = (char)(0x80 | (c & 0x3F));
	}
	return out;
}

/* Behind "\u": one code point, from a pair of surrogates where it is one. */
static bool read_code(struct json *j, uint32_t *ret_code)
{
	uint32_t high, low;

	if (!read_hex(j, &high) || (high >= 0xDC00 && high < 0xE000))
		return false;
	if (high < 0xD800 || high >= 0xE000) {
		*ret_code = high;
		return high != 0;
	}
	if (j->end - j->at < 6 || j->at[0] != '\\' || j->at[1] != 'u')
		return false;
	j->at += 2;
	if (!read_hex(j, &low) || low < 0xDC00 || low >= 0xE000)
		return false;
	*ret_code = 0x10000 + ((high - 0xD800) << 10 | (low - 0xDC00));
	return true;
}

/* at stands behind the backslash. What is written is never longer than what was read. */
static bool read_escape(struct json *j, char **out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *found;
	uint32_t code;

	if (j->at >= j->end)
		return false;
	if (*j->at == 'u') {
		j->at++;
		if (!read_code(j, &code))
			return false;
		*out = put_utf8(*out, code);
		return true;
	}
	found = *j->at ? strchr(from, *j->at) : NULL;
	if (!found)
		return false;
	*(*out)++ = to[found - from];
	j->at++;
	return true;
}

/* One character above ASCII, checked and moved. */
static bool move_utf8(struct json *j, char **out)
{
	const char *next = j->at;
	uint32_t code;

	if (!hf_utf8_next(&next, j->end, &code))
		return false;
	memmove(*out, j->at, (size_t)(next - j->at));
	*out += next - j->at;
	j->at += next - j->at;
	return true;
}

/* at stands behind the opening quote; ends behind the closing one, in whose place or before it the NUL is put. */
static enum hf_err read_text(struct json *j, const char **ret_text, uint32_t *ret_len)
{
	char *start = j->at, *out;

	while (j->end - j->at >= 8 && pol_plain_word(j->at))
		j->at += 8;
	while (j->at < j->end && *j->at != '"' && *j->at != '\\' && (unsigned char)*j->at >= 0x20 &&
	       (unsigned char)*j->at < 0x80)
		j->at++;
	out = j->at;
	while (j->at < j->end && *j->at != '"') {
		unsigned char c = (unsigned char)*j->at;

		if (c < 0x20)
			return refuse(j, "a control character stands in a text; write it as \\u and four digits");
		if (c == '\\') {
			j->at++;
			if (!read_escape(j, &out))
				return refuse(j, "a text holds an escape that JSON does not know, or \\u0000, or half "
				                 "of a character; correct it");
		} else if (c < 0x80) {
			*out++ = *j->at++;
		} else if (!move_utf8(j, &out)) {
			return refuse(j, "a text is not UTF-8; save the file as UTF-8");
		}
	}
	if (j->at >= j->end)
		return refuse(j, "a text has no closing quote; add it");
	if (out - start > (ptrdiff_t)HF_DOC_MAX_TEXT)
		return hf_doc_fault(j->f, j->file, j->line, "a text is longer than %u bytes; shorten it",
		                    HF_DOC_MAX_TEXT);
	j->at++;
	*out = '\0';
	*ret_text = start;
	*ret_len = (uint32_t)(out - start);
	return HF_OK;
}

static char *skip_digits(char *at, const char *end)
{
	while (at < end && *at >= '0' && *at <= '9')
		at++;
	return at;
}

/* The end of a JSON number, or NULL. */
static char *number_end(char *at, const char *end)
{
	char *digits;

	if (at < end && *at == '-')
		at++;
	digits = at;
	at = skip_digits(at, end);
	if (at == digits || (*digits == '0' && at - digits > 1))
		return NULL;
	if (at < end && *at == '.') {
		digits = ++at;
		at = skip_digits(at, end);
		if (at == digits)
			return NULL;
	}
	if (at < end && (*at == 'e' || *at == 'E')) {
		at++;
		if (at < end && (*at == '+' || *at == '-'))
			at++;
		digits = at;
		at = skip_digits(at, end);
		if (at == digits)
			return NULL;
	}
	return at;
}

static char *word_end(char *at, const char *end)
{
	static const char *const words[] = {"true", "false", "null"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t len = strlen(words[i]);

		if ((size_t)(end - at) >= len && memcmp(at, words[i], len) == 0)
			return at + len;
	}
	return NULL;
}

static enum hf_err read_literal(struct json *j, struct hf_doc *t)
{
	char *end =
	        *j->at == '-' || (*j->at >= '0' && *j->at <= '9') ? number_end(j->at, j->end) : word_end(j->at, j->end);
	char *copy;

	if (!end || end - j->at > 64)
		return refuse(j,
		              "this is not JSON: a value is neither a text in quotes, a number, true, false, null, a "
		              "list nor an object; correct it");
	t->len = (uint32_t)(end - j->at);
	copy = hf_arena_get(j->arena, t->len + 1u);
	memcpy(copy, j->at, t->len);
	copy[t->len] = '\0';
	t->text = copy;
	j->at = end;
	return HF_OK;
}

static enum hf_err read_value(struct json *j, struct hf_doc **ret_doc);

/* The name and colon in front of a member. */
static enum hf_err read_name(struct json *j, const char **ret_key)
{
	uint32_t len;

	if (j->at >= j->end || *j->at != '"')
		return refuse(j, "this is not JSON: the name of a member is missing; write \"name\": value");
	j->at++;
	HF_TRY(read_text(j, ret_key, &len));
	skip_space(j);
	if (j->at >= j->end || *j->at != ':')
		return hf_doc_fault(j->f, j->file, j->line, "no colon stands behind the name '%.60s'; add it",
		                    *ret_key);
	j->at++;
	return HF_OK;
}

static enum hf_err read_member(struct json *j, struct hf_doc_place *place, bool map)
{
	const char *key = NULL;
	struct hf_doc *member;

	if (map && place->of->count == HF_DOC_MAX_KEYS)
		return hf_doc_fault(j->f, j->file, j->line, "an object has more than %u members; divide it",
		                    HF_DOC_MAX_KEYS);
	if (map)
		HF_TRY(read_name(j, &key));
	HF_TRY(read_value(j, &member));
	member->key = key;
	if (!hf_doc_put(place, member))
		return hf_doc_fault(j->f, j->file, j->line, "'%.60s' stands twice in one object; remove one", key);
	return HF_OK;
}

/* at stands behind the opening bracket. */
static enum hf_err read_members(struct json *j, struct hf_doc *t)
{
	bool map = t->kind == HF_DOC_MAP;
	char close = map ? '}' : ']';
	struct hf_doc_place place = {t, NULL};

	if (++j->depth > HF_DOC_MAX_DEPTH)
		return hf_doc_fault(j->f, j->file, j->line,
		                    "lists and objects are nested deeper than %u; write it flatter", HF_DOC_MAX_DEPTH);
	skip_space(j);
	if (j->at < j->end && *j->at == close) {
		j->at++;
		j->depth--;
		return HF_OK;
	}
	for (;;) {
		HF_TRY(read_member(j, &place, map));
		skip_space(j);
		if (j->at < j->end && *j->at == close)
			break;
		if (j->at >= j->end || *j->at != ',')
			return refuse(j, "this is not JSON: a comma or the closing bracket is missing; add it");
		j->at++;
		skip_space(j);
	}
	j->at++;
	j->depth--;
	return HF_OK;
}

static enum hf_doc_kind kind_at(const struct json *j)
{
	char c = j->at < j->end ? *j->at : '\0';

	return c == '{' ? HF_DOC_MAP : c == '[' ? HF_DOC_LIST : c == '"' ? HF_DOC_TEXT : HF_DOC_LITERAL;
}

static enum hf_err read_value(struct json *j, struct hf_doc **ret_doc)
{
	struct hf_doc *t = NULL;
	enum hf_doc_kind kind;

	skip_space(j);
	kind = kind_at(j);
	HF_TRY(new_node(j, kind, &t));
	*ret_doc = t;
	if (kind == HF_DOC_LITERAL)
		return j->at < j->end ? read_literal(j, t)
		                      : refuse(j, "this is not JSON: it ends where a value should stand; complete it");
	j->at++;
	return kind == HF_DOC_TEXT ? read_text(j, &t->text, &t->len) : read_members(j, t);
}

enum hf_err hf_json_read(const struct hf_text_file *file, uint32_t line, struct hf_arena *arena,
                         struct hf_doc **ret_doc, struct hf_fault *f)
{
	struct json j = {.file = file->name,
	                 .line = line,
	                 .at = file->text,
	                 .end = file->text + file->len,
	                 .arena = arena,
	                 .f = f};
	struct hf_doc *t = NULL;

	if (file->len > HF_DOC_MAX_LINE)
		return hf_doc_fault(f, file->name, line, "the line is longer than %zu bytes; divide it",
		                    HF_DOC_MAX_LINE);
	HF_TRY(read_value(&j, &t));
	skip_space(&j);
	if (j.at != j.end)
		return refuse(&j, "something stands behind the JSON value; put it on a line of its own or remove it");
	*ret_doc = t;
	return HF_OK;
}

bool hf_line_blank(const struct hf_text_file *line)
{
	return strspn(line->text, " \t\r") >= line->len;
}

bool hf_line_next(struct hf_text_file *rest, struct hf_text_file *ret_line, uint32_t *line)
{
	char *end;

	if (rest->len == 0)
		return false;
	end = memchr(rest->text, '\n', rest->len);
	*ret_line = (struct hf_text_file){rest->name, rest->text, end ? (size_t)(end - rest->text) : rest->len};
	rest->text += ret_line->len + (end ? 1 : 0);
	rest->len -= ret_line->len + (end ? 1 : 0);
	ret_line->text[ret_line->len] = '\0';
	++*line;
	return true;
}

/* One line of a policy: the section and what belongs to it, split into entries as the YAML reader does. */
struct lines {
	const char *file;
	enum hf_section last;
	hf_entry_fn *fn;
	void *ctx;
};

static enum hf_err give_members(const struct lines *l, struct hf_entry *e, const struct hf_doc *of, struct hf_fault *f)
{
	bool list = l->last == HF_SECTION_RULES;

	if (of->kind != (list ? HF_DOC_LIST : HF_DOC_MAP))
		return hf_doc_fault(f, l->file, of->line, "'%.60s' is not %s; write it as one", of->key,
		                    list ? "a list" : "an object");
	for (const struct hf_doc *m = of->members; m; m = m->next) {
		e->doc = m;
		HF_TRY(l->fn(l->ctx, e, f));
	}
	return HF_OK;
}

static enum hf_err on_line(struct lines *l, const struct hf_doc *t, struct hf_fault *f)
{
	struct hf_entry e = {.of = NULL};

	if (t->kind != HF_DOC_MAP || t->count != 1)
		return hf_doc_fault(f, l->file, t->line,
		                    "a line is not an object with exactly one section; write {\"rules\": [...]} or "
		                    "another section");
	HF_TRY(hf_section_enter(l->file, t->members, &l->last, f));
	e.section = l->last;
	if (l->last == HF_SECTION_POLICY) {
		e.doc = t->members;
		return l->fn(l->ctx, &e, f);
	}
	if (l->last != HF_SECTION_HIERARCHIES)
		return give_members(l, &e, t->members, f);
	if (t->members->kind != HF_DOC_MAP)
		return hf_doc_fault(f, l->file, t->line, "'hierarchies' is not an object; write it as one");
	for (const struct hf_doc *h = t->members->members; h; h = h->next) {
		e.of = h->key;
		e.doc = NULL;
		HF_TRY(l->fn(l->ctx, &e, f));
		HF_TRY(give_members(l, &e, h, f));
	}
	return HF_OK;
}

static enum hf_err read_line(struct lines *l, const struct hf_text_file *part, uint32_t line, struct hf_fault *f)
{
	uint64_t first[2048];
	struct hf_arena arena;
	struct hf_doc *doc = NULL;
	enum hf_err e;

	if (hf_line_blank(part))
		return HF_OK;
	hf_arena_init(&arena, first, sizeof(first));
	e = hf_json_read(part, line, &arena, &doc, f);
	if (e == HF_OK)
		e = on_line(l, doc, f);
	hf_arena_done(&arena);
	return e;
}

enum hf_err hf_lines_read(const struct hf_text_file *file, hf_entry_fn *fn, void *ctx, struct hf_fault *f)
{
	struct lines l = {.file = file->name, .fn = fn, .ctx = ctx};
	struct hf_text_file rest = *file, part;
	uint32_t line = 0;

	if (file->len > HF_DOC_MAX_LINES)
		return hf_doc_fault(f, file->name, 1, "the file is longer than %zu bytes; divide it", HF_DOC_MAX_LINES);
	while (hf_line_next(&rest, &part, &line))
		HF_TRY(read_line(&l, &part, line, f));
	return HF_OK;
}
