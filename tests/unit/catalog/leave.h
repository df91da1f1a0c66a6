/* leave.h - a mandate that covers what the tests publish and apply for, as another person gave it. */
#ifndef HUFU_TEST_LEAVE_H
#define HUFU_TEST_LEAVE_H

#include <stdlib.h>

#include "catalog/mandate.h"

/* A field of which a person has said that it holds nothing sensitive; with its comment, which is none. */
#define NOT_SENSITIVE {.state = HF_CLASS_CONFIRMED, .data_class = "none", .level = 1, .confirmed_by = "kang"}, "", 0

/* In the unit; for three years. */
static inline void leave_add(struct hf_unit *u, int64_t now_ms, char **acts, size_t act_count, char **purposes,
                             size_t purpose_count)
{
	Hufu__MandateRow row = HUFU__MANDATE_ROW__INIT;
	struct hf_id id = hf_id_new(now_ms);
	row.id = (ProtobufCBinaryData){sizeof(id.b), id.b};
	row.acts = acts;
	row.n_acts = act_count;
	row.purposes = purposes;
	row.n_purposes = purpose_count;
	row.max_level = 3;
	row.until_ms = now_ms + INT64_C(1095) * 86400000;
	row.given_by = (char *)"kang";
	row.made_ms = now_ms;
	if (hf_mandate_put(u, &row) != HF_OK)
		abort();
}

static inline void leave_publish(struct hf_unit *u, int64_t now_ms, char **purposes, size_t purpose_count)
{
	static char *acts[] = {(char *)HF_MANDATE_CATALOG, (char *)HF_MANDATE_DATA};
	leave_add(u, now_ms, acts, 2, purposes, purpose_count);
}

static inline void leave_apply(struct hf_unit *u, int64_t now_ms, char **purposes, size_t purpose_count)
{
	static char *acts[] = {(char *)HF_MANDATE_APPLY};
	leave_add(u, now_ms, acts, 1, purposes, purpose_count);
}

#endif
