/*
 * doc_test.c - both readers of policy files: the same entries from YAML and from JSON lines, and every refusal with
 * its line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/doc.h"

static void show(struct hf_buf *out, const struct hf_doc *t)
{
	if (t->key)
		hf_buf_addf(out, "%s=", t->key);
	if (t->kind == HF_DOC_MAP || t->kind == HF_DOC_LIST) {
		hf_buf_addf(out, "%c", t->kind == HF_DOC_MAP ? '{' : '[');
		for (const struct hf_doc *m = t->members; m; m = m->next)
			show(out, m);
		hf_buf_addf(out, "%c", t->kind == HF_DOC_MAP ? '}' : ']');
		return;
	}
	hf_buf_addf(out, "<%s>", t->text);
	assert_int_equal(t->len, strlen(t->text));
}

static enum hf_err on_entry(void *ctx, const struct hf_entry *e, struct hf_fault *f)
{
	struct hf_buf *out = ctx;

	(void)f;
	if (!e->doc) {
		hf_buf_addf(out, "%s %s\n", hf_section_name(e->section), e->of);
		return HF_OK;
	}
	hf_buf_addf(out, "%s%s%s:%u ", hf_section_name(e->section), e->of ? " " : "", e->of ? e->of : "", e->doc->line);
	show(out, e->doc);
	hf_buf_addf(out, "\n");
	return HF_OK;
}

typedef enum hf_err read_fn(const struct hf_text_file *file, hf_entry_fn *fn, void *ctx, struct hf_fault *f);

/* What the reader gave, or the text of its refusal. */
static const char *result(read_fn *read, const char *text, size_t len, struct hf_buf *out)
{
	struct hf_fault f = {.code = HF_OK};
	char *copy = malloc(len + 1);
	struct hf_text_file file = {"p", copy, len};

	memcpy(copy, text, len);
	copy[len] = '\0';
	hf_buf_clear(out);
	if (read(&file, on_entry, out, &f) != HF_OK) {
		assert_int_equal(f.code, HF_E_FORMAT);
		hf_buf_clear(out);
		hf_buf_addf(out, "%s", f.text);
	}
	free(copy);
	return out->data ? (const char *)out->data : "";
}

static void expect(read_fn *read, const char *text, const char *wanted)
{
	struct hf_buf out = HF_BUF_INIT;

	assert_string_equal(result(read, text, strlen(text), &out), wanted);
	hf_buf_done(&out);
}

static void yaml_gives_entries(void **state)
{
	(void)state;
	expect(hf_yaml_read,
	       "# a policy\npolicy: {name: roads}\nhierarchies:\n  topics:\n    transport: []\n    roads: [transport]\n"
	       "attributes:\n  resource.topic:\n    hierarchy: topics\nrules:\n- id: one\n  when:\n    a: no\n- id: "
	       "\"2\"\n",
	       "policy:2 policy={name=<roads>}\nhierarchies topics\nhierarchies topics:5 transport=[]\nhierarchies "
	       "topics:6 "
	       "roads=[<transport>]\nattributes:8 resource.topic={hierarchy=<topics>}\n"
	       "rules:11 {id=<one>when={a=<no>}}\nrules:14 {id=<2>}\n");
}

static void json_lines_give_the_same_entries(void **state)
{
	(void)state;
	expect(hf_lines_read,
	       "{\"policy\": {\"name\": \"roads\"}}\n\n"
	       "{\"hierarchies\":{\"topics\":{\"transport\":[],\"roads\":[\"transport\"]}}}\r\n"
	       " {\"attributes\" : {\"resource.topic\":{\"hierarchy\":\"topics\"}} } \n"
	       "{\"rules\":[{\"id\":\"one\",\"when\":{\"a\":\"no\"}},{\"id\":2}]}",
	       "policy:1 policy={name=<roads>}\nhierarchies topics\nhierarchies topics:3 transport=[]\nhierarchies "
	       "topics:3 "
	       "roads=[<transport>]\nattributes:4 resource.topic={hierarchy=<topics>}\n"
	       "rules:5 {id=<one>when={a=<no>}}\nrules:5 {id=<2>}\n");
}

static void json_texts_are_decoded(void **state)
{
	(void)state;
	expect(hf_lines_read,
	       "{\"rules\":[[\"\\u00e9\\u8def\\ud83d\\ude00\\n\\\\\\/"
	       "\\\"x\",\"\xE8\xB7\xAF\\t\",\"\",-1.5e+3,0,true,null]]}",
	       "rules:1 [<\xC3\xA9\xE8\xB7\xAF\xF0\x9F\x98\x80\n\\/\"x><\xE8\xB7\xAF\t><><-1.5e+3><0><true><null>]\n");
}

static void json_that_is_none_is_refused(void **state)
{
	static const char *const cases[][2] = {
	        {"{\"rules\":[]}\n{", "p:2: this is not JSON: the name of a member is missing; write \"name\": value"},
	        {"{\"rules\"}", "p:1: no colon stands behind the name 'rules'; add it"},
	        {"{\"rules\":}",
	         "p:1: this is not JSON: a value is neither a text in quotes, a number, true, false, null, "
	         "a list nor an object; correct it"},
	        {"{\"rules\":[1,]}",
	         "p:1: this is not JSON: a value is neither a text in quotes, a number, true, false, "
	         "null, a list nor an object; correct it"},
	        {"{\"rules\":[01]}",
	         "p:1: this is not JSON: a value is neither a text in quotes, a number, true, false, "
	         "null, a list nor an object; correct it"},
	        {"{\"rules\":[1 2]}", "p:1: this is not JSON: a comma or the closing bracket is missing; add it"},
	        {"{\"rules\":[]", "p:1: this is not JSON: a comma or the closing bracket is missing; add it"},
	        {"{\"rules\":", "p:1: this is not JSON: it ends where a value should stand; complete it"},
	        {"{\"rules\":[]} x",
	         "p:1: something stands behind the JSON value; put it on a line of its own or remove it"},
	        {"{\"rules\":[\"a]}", "p:1: a text has no closing quote; add it"},
	        {"{\"rules\":[\"\\u0000\"]}",
	         "p:1: a text holds an escape that JSON does not know, or \\u0000, or half of a "
	         "character; correct it"},
	        {"{\"rules\":[\"\\ud800\"]}",
	         "p:1: a text holds an escape that JSON does not know, or \\u0000, or half of a "
	         "character; correct it"},
	        {"{\"rules\":[\"\\x\"]}",
	         "p:1: a text holds an escape that JSON does not know, or \\u0000, or half of a "
	         "character; correct it"},
	        {"{\"rules\":[\"a\tb\"]}",
	         "p:1: a control character stands in a text; write it as \\u and four digits"},
	        {"{\"rules\":[\"\xC3\x28\"]}", "p:1: a text is not UTF-8; save the file as UTF-8"},
	        {"\n{\"rules\":[{\"a\":1,\"b\":2,\"\\u0061\":3}]}", "p:2: 'a' stands twice in one object; remove one"},
	        {"{\"rules\":[[[[[[[[]]]]]]]]}", "p:1: lists and objects are nested deeper than 8; write it flatter"},
	        {"[]",
	         "p:1: a line is not an object with exactly one section; write {\"rules\": [...]} or another section"},
	        {"{}",
	         "p:1: a line is not an object with exactly one section; write {\"rules\": [...]} or another section"},
	        {"{\"policy\":{},\"rules\":[]}",
	         "p:1: a line is not an object with exactly one section; write {\"rules\": [...]} or another section"},
	        {"{\"rule\":{}}",
	         "p:1: there is no section 'rule'; a policy has policy, hierarchies, attributes and rules"},
	        {"{\"rules\":[]}\n{\"attributes\":{}}", "p:2: 'attributes' stands behind 'rules', which needs it; "
	                                                "write policy, hierarchies, attributes and rules "
	                                                "in this order"},
	        {"{\"rules\":{}}", "p:1: 'rules' is not a list; write it as one"},
	        {"{\"attributes\":[]}", "p:1: 'attributes' is not an object; write it as one"},
	        {"{\"hierarchies\":[]}", "p:1: 'hierarchies' is not an object; write it as one"},
	        {"{\"hierarchies\":{\"t\":[]}}", "p:1: 't' is not an object; write it as one"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect(hf_lines_read, cases[i][0], cases[i][1]);
}

static void yaml_that_is_none_is_refused(void **state)
{
	static const char *const cases[][2] = {
	        {"", "p:1: the file is empty; write a policy with attributes and rules"},
	        {"# nothing\n", "p:2: the file is empty; write a policy with attributes and rules"},
	        {"- a\n", "p:1: a policy is a mapping; write 'attributes:' and 'rules:'"},
	        {"rules:\n- a: [1, 2\n- b: 1\n", "p:3: this is not YAML: while parsing a flow sequence, did not find "
	                                         "expected ',' or ']'; correct the line"},
	        {"rules:\n\t- a\n",
	         "p:2: this is not YAML: while scanning for the next token, found character that cannot "
	         "start any token; correct the line"},
	        {"policy:\n  name: a\n  note: b\n  name: c\n", "p:4: 'name' stands twice in one mapping; remove one"},
	        {"rules: []\nrules: []\n", "p:2: the section 'rules' stands twice; put the two together"},
	        {"hierarchies:\n  t: {a: []}\n  u: {}\n  t: {b: []}\n",
	         "p:4: the hierarchy 't' stands twice; put the nodes together"},
	        {"hierarchies:\n  t: [a]\n",
	         "p:2: a hierarchy is not a mapping of nodes to parents; write 'node: [parent]'"},
	        {"rules: {}\n", "p:1: 'rules' is not a list; begin each rule with '- id: NAME'"},
	        {"attributes: []\n", "p:1: the section is not a mapping; write 'NAME: ...' in each line"},
	        {"rules:\n- id: a\n  when: &x {a: b}\n",
	         "p:3: anchors and aliases are not taken; write the text out, or in quotes when it begins with & or *"},
	        {"rules:\n- *x\n",
	         "p:2: anchors and aliases are not taken; write the text out, or in quotes when it begins with & or *"},
	        {"rules:\n- id: !!str a\n",
	         "p:2: tags are not taken; remove it, or write the text in quotes when it begins with !"},
	        {"rules: []\n---\nrules: []\n", "p:2: a second document begins; a file holds one policy"},
	        {"rules:\n- [1]: a\n", "p:2: a key is a list or a mapping; write a name"},
	        {"rules:\n- [[[[[[[[[]]]]]]]]]\n",
	         "p:2: lists and mappings are nested deeper than 8; write it flatter"},
	        {"rules:\n- id: \"a\\0b\"\n", "p:2: a text holds a NUL; remove it"},
	        {"rules:\n- id: \xC3\x28\n", "p:2: invalid trailing UTF-8 octet; save the file as UTF-8 text"},
	        {"grants: []\n",
	         "p:1: there is no section 'grants'; a policy has policy, hierarchies, attributes and rules"},
	        {"[a]: []\n", "p:1: a section has no name; write 'rules:'"},
	        {"rules: []\nattributes: {}\n", "p:2: 'attributes' stands behind 'rules', which needs it; write "
	                                        "policy, hierarchies, attributes and rules "
	                                        "in this order"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect(hf_yaml_read, cases[i][0], cases[i][1]);
}

/* prefix, then `count` times a number of 16 digits between before and after. */
struct many {
	read_fn *read;
	const char *prefix, *before, *after;
	size_t count;
	const char *wanted, *suffix;
};

static void counts_are_bounded(void **state)
{
	static const struct many cases[] = {
	        {hf_lines_read, "{\"rules\":[0", ",1", "", HF_DOC_MAX_NODES,
	         "p:1: more than 16384 values stand in one line; divide it into several", ""},
	        {hf_lines_read, "{\"rules\":[{\"a\":1", ",\"", "\":1", HF_DOC_MAX_KEYS,
	         "p:1: an object has more than 64 members; divide it", ""},
	        {hf_lines_read, "\n{\"rules\":[\"x", "", "", HF_DOC_MAX_TEXT / 16,
	         "p:2: a text has no closing quote; add it", ""},
	        {hf_lines_read, "{\"rules\":[", "    ", "", HF_DOC_MAX_LINE / 20,
	         "p:1: the line is longer than 524288 bytes; divide it", ""},
	        {hf_lines_read, "\n{\"rules\":[\"", "", "", HF_DOC_MAX_TEXT / 16 + 1,
	         "p:2: a text is longer than 4096 bytes; shorten it", "\"]}"},
	        {hf_yaml_read, "rules:\n- a:\n", "  - ", "\n", HF_DOC_MAX_NODES,
	         "p:16384: more than 16384 values stand in one entry; divide it into several", ""},
	        {hf_yaml_read, "rules:\n- a: 1\n", "  a", ": 1\n", HF_DOC_MAX_KEYS,
	         "p:66: a mapping has more than 64 keys; divide it", ""},
	        {hf_yaml_read, "rules:\n- ", "", "", HF_DOC_MAX_TEXT / 16 + 1,
	         "p:2: a text is longer than 4096 bytes; shorten it", ""},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct many *m = cases + i;
		struct hf_buf text = HF_BUF_INIT, out = HF_BUF_INIT;

		hf_buf_addf(&text, "%s", m->prefix);
		for (size_t n = 0; n < m->count; n++)
			hf_buf_addf(&text, "%s%016zu%s", m->before, n, m->after);
		hf_buf_addf(&text, "%s", m->suffix);
		assert_string_equal(result(m->read, (char *)text.data, text.len, &out), m->wanted);
		hf_buf_done(&text);
		hf_buf_done(&out);
	}
}

static enum hf_err stop(void *ctx, const struct hf_entry *e, struct hf_fault *f)
{
	(void)ctx;
	return hf_fault_set(f, HF_E_LIMIT, "line %u", e->doc->line);
}

static void the_first_error_of_the_grammar_ends_it(void **state)
{
	char yaml[] = "rules:\n- a\n- b\n", lines[] = "\n{\"rules\":[1]}\n{";
	struct hf_text_file y = {"p", yaml, strlen(yaml)}, l = {"p", lines, strlen(lines)};
	struct hf_fault f;

	(void)state;
	assert_int_equal(hf_yaml_read(&y, stop, NULL, &f), HF_E_LIMIT);
	assert_string_equal(f.text, "line 2");
	assert_int_equal(hf_lines_read(&l, stop, NULL, &f), HF_E_LIMIT);
	assert_string_equal(f.text, "line 2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(yaml_gives_entries),
	        cmocka_unit_test(json_lines_give_the_same_entries),
	        cmocka_unit_test(json_texts_are_decoded),
	        cmocka_unit_test(json_that_is_none_is_refused),
	        cmocka_unit_test(yaml_that_is_none_is_refused),
	        cmocka_unit_test(counts_are_bounded),
	        cmocka_unit_test(the_first_error_of_the_grammar_ends_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
