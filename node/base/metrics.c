/* metrics.c - see metrics.h; the text is made in metrics_text.c. */
#include "base/metrics.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/metrics_internal.h"

#define NAME_MAX_BYTES 63u
#define COUNTERS_MAX 128u
#define OTHER "other"

struct service {
	uint64_t hash;
	char name[NAME_MAX_BYTES + 1];
	uint64_t calls, failures, micros;
};

struct counter {
	uint64_t hash;
	char name[NAME_MAX_BYTES + 1];
	_Atomic int64_t value;
};

/* Counters are added under the lock and published by the count, so that finding one needs no lock. */
struct hf_metrics {
	struct service services[HF_METRICS_SERVICES];
	size_t service_count;
	struct counter counters[COUNTERS_MAX];
	_Atomic size_t counter_count;
	pthread_mutex_t lock;
};

struct hf_metrics *hf_metrics_new(void)
{
	struct hf_metrics *m = hf_alloc_zero(sizeof(*m));

	if (pthread_mutex_init(&m->lock, NULL) != 0)
		abort();
	return m;
}

void hf_metrics_free(struct hf_metrics *m)
{
	if (!m)
		return;
	pthread_mutex_destroy(&m->lock);
	free(m);
}

/* FNV-1a, 64 bits. */
static uint64_t hash_of(const char *name, size_t len)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)name[i]) * UINT64_C(1099511628211);
	return h;
}

static struct service *find_service(struct hf_metrics *m, const char *name, size_t len)
{
	uint64_t hash = hash_of(name, len);
	struct service *s;

	for (size_t i = 0; i < m->service_count; i++)
		if (m->services[i].hash == hash && strncmp(m->services[i].name, name, len) == 0)
			return &m->services[i];
	if (m->service_count == HF_METRICS_SERVICES)
		return NULL;
	/* The last place is kept for what no longer fits. */
	if (m->service_count == HF_METRICS_SERVICES - 1 && strcmp(name, OTHER) != 0)
		return find_service(m, OTHER, strlen(OTHER));
	s = &m->services[m->service_count++];
	s->hash = hash;
	memcpy(s->name, name, len);
	return s;
}

void hf_metrics_call(struct hf_metrics *m, const char *service, int64_t micros, bool ok)
{
	struct service *s = m ? find_service(m, service, strnlen(service, NAME_MAX_BYTES)) : NULL;

	if (m && !s)
		s = find_service(m, OTHER, strlen(OTHER));
	if (!s)
		return;
	s->calls++;
	s->failures += !ok;
	s->micros += micros > 0 ? (uint64_t)micros : 0;
}

static struct counter *find_counter(struct hf_metrics *m, const char *name, size_t len)
{
	uint64_t hash = hash_of(name, len);
	size_t count = atomic_load_explicit(&m->counter_count, memory_order_acquire);

	for (size_t i = 0; i < count; i++)
		if (m->counters[i].hash == hash && strncmp(m->counters[i].name, name, len) == 0)
			return &m->counters[i];
	return NULL;
}

static bool name_ok(const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = name[i];

		if (!(c >= 'a' && c <= 'z') && c != '_' && !(c >= '0' && c <= '9' && i > 0))
			return false;
	}
	return len > 0 && len <= NAME_MAX_BYTES;
}

static struct counter *add_counter(struct hf_metrics *m, const char *name, size_t len)
{
	size_t count = atomic_load(&m->counter_count);
	struct counter *c = &m->counters[count];

	if (count == COUNTERS_MAX)
		return NULL;
	c->hash = hash_of(name, len);
	memcpy(c->name, name, len);
	atomic_store_explicit(&m->counter_count, count + 1, memory_order_release);
	return c;
}

static struct counter *obtain_counter(struct hf_metrics *m, const char *name)
{
	size_t len = strnlen(name, NAME_MAX_BYTES + 1);
	struct counter *c;

	assert(name_ok(name, len));
	if (!name_ok(name, len))
		return NULL;
	c = find_counter(m, name, len);
	if (c)
		return c;
	pthread_mutex_lock(&m->lock);
	c = find_counter(m, name, len);
	if (!c)
		c = add_counter(m, name, len);
	pthread_mutex_unlock(&m->lock);
	return c;
}

void hf_metrics_add(struct hf_metrics *m, const char *name, int64_t delta)
{
	struct counter *c = m ? obtain_counter(m, name) : NULL;

	if (c)
		atomic_fetch_add_explicit(&c->value, delta, memory_order_relaxed);
}

void hf_metrics_set(struct hf_metrics *m, const char *name, int64_t value)
{
	struct counter *c = m ? obtain_counter(m, name) : NULL;

	if (c)
		atomic_store_explicit(&c->value, value, memory_order_relaxed);
}

int64_t hf_metrics_get(const struct hf_metrics *m, const char *name)
{
	struct counter *c = m ? find_counter((struct hf_metrics *)m, name, strnlen(name, NAME_MAX_BYTES)) : NULL;

	return c ? atomic_load_explicit(&c->value, memory_order_relaxed) : 0;
}

size_t hf_metrics_services(const struct hf_metrics *m, struct hf_service_view *out, size_t cap)
{
	size_t count = m ? m->service_count : 0;

	if (count > cap)
		count = cap;
	for (size_t i = 0; i < count; i++) {
		const struct service *s = &m->services[i];

		out[i] = (struct hf_service_view){s->name, s->calls, s->failures, s->micros};
	}
	return count;
}

size_t hf_metrics_counter_count(const struct hf_metrics *m)
{
	return atomic_load_explicit(&m->counter_count, memory_order_acquire);
}

const char *hf_metrics_counter_at(const struct hf_metrics *m, size_t i, int64_t *ret_value)
{
	*ret_value = atomic_load_explicit(&m->counters[i].value, memory_order_relaxed);
	return m->counters[i].name;
}
