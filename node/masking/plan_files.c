/* plan_files.c - see plan_files.h. */
#include "masking/plan_files.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct hf_plan_bytes {
	atomic_uint holders;
	struct hf_hash digest;
	size_t len;
	uint8_t data[];
};

struct hf_plan_bytes *hf_plan_bytes_new(const void *data, size_t len)
{
	struct hf_plan_bytes *b = hf_alloc(sizeof(*b) + len);

	atomic_init(&b->holders, 1);
	hf_sha256(data, len, &b->digest);
	b->len = len;
	if (len > 0)
		memcpy(b->data, data, len);
	return b;
}

struct hf_plan_bytes *hf_plan_bytes_share(struct hf_plan_bytes *b)
{
	atomic_fetch_add(&b->holders, 1);
	return b;
}

void hf_plan_bytes_free(struct hf_plan_bytes *b)
{
	if (b && atomic_fetch_sub(&b->holders, 1) == 1)
		free(b);
}

bool hf_plan_bytes_shared(const struct hf_plan_bytes *b)
{
	return atomic_load(&b->holders) > 1;
}

struct hf_bytes hf_plan_bytes_of(const struct hf_plan_bytes *b)
{
	return (struct hf_bytes){b->data, b->len};
}

const struct hf_hash *hf_plan_bytes_digest(const struct hf_plan_bytes *b)
{
	return &b->digest;
}

static void add_name(const char *names[HF_PLAN_FILES_MAX], size_t *count, const char *name)
{
	for (size_t i = 0; i < *count && i < HF_PLAN_FILES_MAX; i++)
		if (strcmp(names[i], name) == 0)
			return;
	if (*count < HF_PLAN_FILES_MAX)
		names[*count] = name;
	++*count;
}

size_t hf_plan_file_names(const struct hf_plan *p, const char *names[HF_PLAN_FILES_MAX])
{
	size_t count = 0;

	for (size_t t = 0; t < p->table_count; t++)
		for (size_t i = 0; i < p->tables[t].field_count; i++) {
			const struct hf_plan_field *field = &p->tables[t].fields[i];

			for (size_t k = 0; field->technique && k < field->arg_count; k++)
				if (hf_technique_reads(field->technique, field->args[k].name))
					add_name(names, &count, field->args[k].value);
		}
	return count;
}

/* NAME#HEX */
static bool is_named(const struct hf_plan_file *file, const char *name)
{
	size_t n = strlen(file->name);
	char hex[65];

	hf_hash_hex(hf_plan_bytes_digest(file->bytes), hex);
	return strncmp(name, file->name, n) == 0 && name[n] == '#' && strcmp(name + n + 1, hex) == 0;
}

enum hf_err hf_plan_file(void *ctx, const char *name, struct hf_buf *out, struct hf_fault *f)
{
	const struct hf_plan *p = ctx;

	for (size_t i = 0; i < p->file_count; i++) {
		struct hf_bytes b = hf_plan_bytes_of(p->files[i].bytes);

		if (!is_named(&p->files[i], name))
			continue;
		return hf_buf_add(out, b.data, b.len)
		               ? HF_OK
		               : hf_fault_set(f, HF_E_LIMIT, "the file %.100s is too long for its technique",
		                              p->files[i].name);
	}
	return hf_fault_set(f, HF_E_UNKNOWN, "the file %.100s is not kept with the plan", name);
}

void hf_plan_take_files(struct hf_plan *p, struct hf_arena *arena, const struct hf_plan_source *s)
{
	struct hf_plan_file *files = hf_arena_get(arena, (s->file_count + 1) * sizeof(*files));

	for (size_t i = 0; i < s->file_count; i++) {
		size_t len = strlen(s->files[i].name) + 1;
		char *name = hf_arena_get(arena, len);

		memcpy(name, s->files[i].name, len);
		files[i] = (struct hf_plan_file){name, hf_plan_bytes_share(s->files[i].bytes)};
	}
	p->files = files;
	p->file_count = s->file_count;
}

bool hf_plan_bind(const struct hf_plan *p, struct hf_arena *arena, struct hf_arg *arg)
{
	size_t i = 0, len = strlen(arg->value);
	char *bound;

	while (i < p->file_count && strcmp(p->files[i].name, arg->value) != 0)
		i++;
	if (i == p->file_count)
		return false;
	bound = hf_arena_get(arena, len + 1 + 65);
	memcpy(bound, arg->value, len);
	bound[len] = '#';
	hf_hash_hex(hf_plan_bytes_digest(p->files[i].bytes), bound + len + 1);
	arg->value = bound;
	return true;
}
