/* database.c - what a source has that is a database: a password and a copy. */
#include "source/copy.h"
#include "source/internal.h"

void hf_sources_set_limits(struct hf_sources *s, const struct hf_database_limits *limits)
{
	if (limits->seconds)
		s->home.read_seconds = limits->seconds;
	s->home.read_rate = limits->bytes_per_second;
}

void hf_source_discard(struct hf_sources *s, const struct hf_source_view *v)
{
	hf_copy_remove(&s->home, &v->copy);
}

enum hf_err hf_source_open_scanned(struct hf_sources *s, const struct hf_source_view *v,
                                   struct hf_source_reader **ret_reader, struct hf_fault *f)
{
	return hf_adapter_find(v->kind)->open(&s->home, v, ret_reader, f);
}

enum hf_err hf_source_password(struct hf_sources *s, struct hf_source_view *v, const char *password, struct hf_fault *f)
{
	const struct hf_adapter *a = hf_adapter_find(v->kind);

	if (!a || !a->set_password)
		return hf_fault_set(f, HF_E_ARGUMENT, "source '%s' is a file, which has no password", v->name);
	return a->set_password(&s->home, v, password, f);
}
