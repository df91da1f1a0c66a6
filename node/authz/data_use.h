/*
 * data_use.h - the consumer's own decision point for data that its node keeps sealed (DS-85): is this read covered by
 * the authorization that delivered it, now, for this person, system and purpose, and, for sensitive data, by a second
 * person (DS-86)? And what it reports of a read to the provider. Default deny. Loop thread.
 */
#ifndef HUFU_AUTHZ_DATA_USE_H
#define HUFU_AUTHZ_DATA_USE_H

#include "authz/second_use.h"
#include "state_data.pb-c.h"
#include "uses.pb-c.h"

struct hf_data_use {
	const Hufu__HeldRow *held;
	const char *purpose;
	const char *const *fields; /* none: all that were delivered */
	size_t field_count;
	uint64_t made; /* reads under that authorization so far */
};
/* The whole question, with the person's signature over the read (object: read). text: the second authorization, "" when
 * none is asked for. */
enum hf_err hf_data_use_decide(struct hf_authz *a, const struct hf_actor *actor, const struct hf_data_use *use,
                               const struct hf_id *read, char text[HF_USE_SECOND_TEXT],
                               struct hf_fault *f) HF_MUST_CHECK;
/* While the read runs: is it still so? department: of the person. */
enum hf_err hf_data_use_still(struct hf_authz *a, const struct hf_data_use *use, const char *department,
                              struct hf_fault *f) HF_MUST_CHECK;
/* The authorization has ended for good: revoked, or its period is over. ret_why: one sentence, without its full stop.
 */
bool hf_data_use_over(struct hf_authz *a, const Hufu__HeldRow *held, struct hf_fault *ret_why);
/* It may not be used at present, whatever for: its provider stopped it (use_state.h), or this node or that one may not
 * take part in the space. Else HF_OK. */
enum hf_err hf_data_use_stopped(struct hf_authz *a, const Hufu__HeldRow *held, struct hf_fault *f) HF_MUST_CHECK;

/* Consumer: tells the provider of a read that has ended. */
enum hf_err hf_read_report_send(struct hf_authz *a, struct hf_unit *u, const Hufu__HeldRow *held,
                                const Hufu__HeldReadRow *read, struct hf_fault *f) HF_MUST_CHECK;
/* Provider: reads reported of that transfer, or of all (NULL); in the order of their ids. */
typedef bool (*hf_read_report_fn)(void *ctx, const Hufu__ReadReportRow *row);
enum hf_err hf_read_reports(struct hf_authz *a, const struct hf_id *transfer, hf_read_report_fn fn,
                            void *ctx) HF_MUST_CHECK;
/* Mail. */
struct mail_in;
enum hf_err az_read_on_report(struct hf_authz *a, const struct mail_in *in,
                              const Hufu__ReadReportMail *mail) HF_MUST_CHECK;

#endif
