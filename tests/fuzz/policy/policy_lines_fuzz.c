/*
 * policy_lines_fuzz.c - policy files for machines, from anywhere: JSON lines. What our reader takes as JSON a library
 * of others must take too.
 */
#include <jansson.h>

#include "fuzz/policy/policies.h"
#include "policy/doc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Numbers beyond a double are the one thing that jansson refuses and we leave to the grammar. */
static bool may_be_huge(const char *text, size_t size)
{
	return size > 300 || strpbrk(text, "eE");
}

static void check_line(const uint8_t *data, size_t size)
{
	char *copy = malloc(size + 1);
	struct hf_text_file file = {"p", copy, size};
	struct hf_doc *doc = NULL;
	struct hf_fault f;
	struct hf_arena a;
	bool huge;
	json_t *j;

	memcpy(copy, data, size);
	copy[size] = '\0';
	huge = may_be_huge(copy, size);
	j = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL,
	               NULL);
	hf_arena_init(&a, NULL, 0);
	if (hf_json_read(&file, 1, &a, &doc, &f) == HF_OK && !j && !huge)
		abort();
	hf_arena_done(&a);
	json_decref(j);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *line = size ? memchr(data, '\n', size) : NULL;

	if (size > 0)
		check_line(data, line ? (size_t)(line - data) : size);
	if (size > 0 && data[0] == '{')
		check_policy(data, size);
	return 0;
}
