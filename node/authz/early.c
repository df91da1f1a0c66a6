/* early.c - see early.h. */
#include "authz/early.h"

#include <stdlib.h>

#include "base/limits.h"

struct az_early {
	struct az_early *next;
	struct hf_name from;
	struct hf_id application; /* zero: none waits */
	int64_t since_ms;         /* monotonic */
};

static struct az_early *find(const struct hf_authz *a, const char *from)
{
	struct az_early *w = a->early;
	while (w && strcmp(w->from.s, from) != 0)
		w = w->next;
	return w;
}

/* One for each member that ever had to wait. */
static struct az_early *place_of(struct hf_authz *a, const char *from)
{
	struct az_early *w = find(a, from);
	if (w || a->early_count >= HF_MAX_MEMBERS)
		return w;
	w = hf_alloc_zero(sizeof(*w));
	snprintf(w->from.s, sizeof(w->from.s), "%s", from);
	w->next = a->early;
	a->early = w;
	a->early_count++;
	return w;
}

static bool may_come(const struct hf_authz *a, const char *publisher)
{
	return has_text(publisher) && !is_self(a, publisher) &&
	       hf_space_member(hf_peers_space(a->peers), publisher) != NULL;
}

bool az_early_waits(struct hf_authz *a, const char *from, const struct opened_application *o)
{
	int64_t now = hf_mono_ms(&a->base->clock);
	struct az_early *w = may_come(a, o->app->provider) ? place_of(a, from) : NULL;
	if (!w)
		return false;
	bool young = now - w->since_ms < HF_EARLY_MS;
	if (hf_id_equal(&w->application, &o->id)) {
		if (!young)
			w->application = (struct hf_id){{0}};
		return young;
	}
	if (!hf_id_is_zero(&w->application) && young)
		return false;
	w->application = o->id;
	w->since_ms = now;
	return true;
}

void az_early_found(struct hf_authz *a, const char *from, const struct opened_application *o)
{
	struct az_early *w = find(a, from);
	if (w && hf_id_equal(&w->application, &o->id))
		w->application = (struct hf_id){{0}};
}

void az_early_free(struct hf_authz *a)
{
	while (a->early) {
		struct az_early *w = a->early;
		a->early = w->next;
		free(w);
	}
}
