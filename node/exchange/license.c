/* license.c - see license.h. */
#include "exchange/license.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "exchange/target.h"

struct licenses {
	struct hf_license list[HF_LICENSES_MAX];
	size_t count;
};

struct licenses *licenses_new(void)
{
	return hf_alloc_zero(sizeof(struct licenses));
}

static void forget(struct licenses *l)
{
	for (size_t i = 0; i < l->count; i++) {
		for (unsigned j = 0; j < l->list[i].allow_count; j++)
			free(l->list[i].allow[j]);
		free(l->list[i].allow);
		free(l->list[i].data_class);
	}
	l->count = 0;
}

void licenses_free(struct licenses *l)
{
	if (!l)
		return;
	forget(l);
	free(l);
}

void licenses_set(struct licenses *l, const struct hf_license *list, size_t count)
{
	forget(l);
	for (; l->count < count && l->count < HF_LICENSES_MAX; l->count++) {
		struct hf_license *own = &l->list[l->count];
		const struct hf_license *in = &list[l->count];
		*own = (struct hf_license){.level = in->level, .allow_count = in->allow_count};
		own->data_class = in->data_class ? hf_strdup(in->data_class) : NULL;
		own->allow = hf_alloc_zero((in->allow_count + 1) * sizeof(char *));
		for (unsigned j = 0; j < in->allow_count; j++)
			own->allow[j] = hf_strdup(in->allow[j]);
	}
}

/* "health" covers "health" and "health/claim", not "healthy". */
static bool covers(const struct hf_license *l, const char *data_class, uint32_t level)
{
	size_t len = l->data_class ? strlen(l->data_class) : 0;
	if (level < l->level)
		return false;
	return !l->data_class ||
	       (strncmp(data_class, l->data_class, len) == 0 && (data_class[len] == '\0' || data_class[len] == '/'));
}

static bool allows(const struct hf_license *l, const char *way)
{
	for (unsigned i = 0; i < l->allow_count; i++)
		if (strcmp(l->allow[i], way) == 0)
			return true;
	return false;
}

/* The ways that are left, for the person. */
static void list_ways(const struct hf_license *l, char *out, size_t cap)
{
	size_t at = 0;
	snprintf(out, cap, "none");
	for (unsigned i = 0; i < l->allow_count && at < cap; i++)
		at += (size_t)snprintf(out + at, cap - at, "%s%s", i ? ", " : "", l->allow[i]);
}

enum hf_err licenses_check(const struct licenses *l, const char *way, const char *data_class, uint32_t level,
                           struct hf_fault *f)
{
	char ways[200];
	for (size_t i = 0; i < l->count; i++) {
		if (!covers(&l->list[i], data_class, level))
			continue;
		if (allows(&l->list[i], way))
			return HF_OK;
		list_ways(&l->list[i], ways, sizeof(ways));
		return hf_fault_set(f, HF_E_CHANNEL,
		                    "'%.31s' is no licensed way to data of class %.120s, level %u; licensed by "
		                    "`channels` in hufu.yaml: %s",
		                    way, data_class, level, ways);
	}
	return HF_OK;
}

bool hf_license_way(const char *name)
{
	for (enum target_kind k = TARGET_FILE; k < TARGET_KINDS; k++)
		if (strcmp(target_of(k)->name, name) == 0)
			return true;
	return strcmp(name, HF_WAY_READ) == 0;
}
