/* events.c - see events.h. */
#include "base/events.h"

#include <stddef.h>
#include <string.h>

struct event_row {
	enum hf_event event;
	enum hf_event_class cls;
	const char *name;
};

static const struct event_row events[] = {
#define HF_EVENT_ROW(code, cls, name, number) {code, HF_EVENT_CLASS_##cls, name},
        HF_EVENTS(HF_EVENT_ROW)
#undef HF_EVENT_ROW
};

static const char *const fields[HF_FIELD_LIMIT] = {
#define HF_FIELD_ROW(code, name, number) [code] = name,
        HF_FIELDS(HF_FIELD_ROW)
#undef HF_FIELD_ROW
};

#define EVENT_COUNT (sizeof(events) / sizeof(events[0]))

static const struct event_row *row_of(enum hf_event e)
{
	for (size_t i = 0; i < EVENT_COUNT; i++)
		if (events[i].event == e)
			return &events[i];
	return NULL;
}

enum hf_event_class hf_event_class(enum hf_event e)
{
	const struct event_row *row = row_of(e);

	return row ? row->cls : HF_EVENT_CLASS_INVALID;
}

const char *hf_event_name(enum hf_event e)
{
	const struct event_row *row = row_of(e);

	return row ? row->name : NULL;
}

enum hf_event hf_event_from_name(const char *name)
{
	for (size_t i = 0; name && i < EVENT_COUNT; i++)
		if (strcmp(events[i].name, name) == 0)
			return events[i].event;
	return HF_EVENT_INVALID;
}

const char *hf_field_name(enum hf_field f)
{
	return (size_t)f < HF_FIELD_LIMIT ? fields[f] : NULL;
}

enum hf_field hf_field_from_name(const char *name)
{
	for (size_t i = 0; name && i < HF_FIELD_LIMIT; i++)
		if (fields[i] && strcmp(fields[i], name) == 0)
			return (enum hf_field)i;
	return HF_FIELD_INVALID;
}
