/* file.c - a whole policy file, compiled, with the lines of its rules. See file.h. */
#include "policy/file.h"

#include <stdlib.h>
#include <string.h>

#include "policy/doc.h"
#include "policy/texts.h"

struct hf_policy_file {
	char *path;
	struct hf_policy_head head;
	char name[HF_POLICY_NAME_MAX + 1];
	struct hf_policy_builder *builder;
	struct hf_policy *policy;
	struct hf_texts ids;
	uint32_t *line; /* of the rule with the same number in ids */
	uint32_t cap;
};

static enum hf_err on_begin(void *ctx, const struct hf_policy_head *head, struct hf_schema *schema,
                            struct hf_trees *trees, struct hf_fault *f)
{
	struct hf_policy_file *file = ctx;

	(void)f;
	memcpy(file->name, head->name, strlen(head->name) + 1);
	file->head = (struct hf_policy_head){file->name, head->version};
	file->builder = hf_policy_builder_new(schema, trees);
	return HF_OK;
}

static enum hf_err on_rule(void *ctx, const struct hf_rule *rule, uint32_t line, struct hf_fault *f)
{
	struct hf_policy_file *file = ctx;
	struct hf_fault own = {.code = HF_OK};
	uint32_t n = hf_texts_add(&file->ids, rule->id, strlen(rule->id), NULL);
	enum hf_err e = hf_policy_builder_add(file->builder, rule, &own);

	if (e != HF_OK)
		return hf_fault_set(f, e, "%s:%u: %s", file->path, line, own.text);
	if (n >= file->cap) {
		file->cap = file->cap ? file->cap * 2 : 64;
		file->line = hf_realloc(file->line, file->cap * sizeof(*file->line));
	}
	file->line[n] = line;
	return HF_OK;
}

static enum hf_err read_all(struct hf_policy_file *file, struct hf_fault *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = {.max = HF_DOC_MAX_LINES + 1};
	struct hf_policy_sink sink = {file, on_begin, on_rule};
	struct hf_fault own = {.code = HF_OK};
	char none[1] = "";
	enum hf_err e = hf_file_read(file->path, HF_DOC_MAX_LINES, &text);

	if (e != HF_OK)
		return hf_file_fault(f, e, file->path, HF_DOC_MAX_LINES);
	HF_TRY(hf_policy_text_read(file->path, text.data ? (char *)text.data : none, text.len, &sink, f));
	e = hf_policy_builder_finish(file->builder, file->head.version, &file->policy, &own);
	return e == HF_OK ? HF_OK : hf_fault_set(f, e, "%s: %s", file->path, own.text);
}

enum hf_err hf_policy_file_read(const char *path, struct hf_policy_file **ret_file, struct hf_fault *f)
{
	struct hf_policy_file *file = hf_alloc_zero(sizeof(*file));
	enum hf_err e;

	file->path = hf_strdup(path);
	hf_texts_init(&file->ids);
	e = read_all(file, f);
	if (e != HF_OK) {
		hf_policy_file_free(file);
		return e;
	}
	*ret_file = file;
	return HF_OK;
}

void hf_policy_file_free(struct hf_policy_file *file)
{
	if (!file)
		return;
	hf_policy_builder_free(file->builder);
	hf_policy_free(file->policy);
	hf_texts_done(&file->ids);
	free(file->line);
	free(file->path);
	free(file);
}

const struct hf_policy *hf_policy_file_policy(const struct hf_policy_file *file)
{
	return file->policy;
}

const char *hf_policy_file_path(const struct hf_policy_file *file)
{
	return file->path;
}

const struct hf_policy_head *hf_policy_file_head(const struct hf_policy_file *file)
{
	return &file->head;
}

uint32_t hf_policy_file_line(const struct hf_policy_file *file, const char *rule)
{
	uint32_t n = hf_texts_find(&file->ids, rule, strlen(rule));

	return n == HF_TEXTS_NONE ? 0 : file->line[n];
}
