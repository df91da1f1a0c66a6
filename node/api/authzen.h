/* authzen.h - what authzen.c and authzen_search.c share. Private to the folder. */
#ifndef HUFU_API_AUTHZEN_H
#define HUFU_API_AUTHZEN_H

#include "api/gateway.h"
#include "authz/negotiation.h"

#define ZEN_LIST 256
struct zen_question {
	struct hf_access_request rq; /* borrows from the JSON and from the rest */
	char organization[HF_NAME_MAX + 1];
	const char *roles[ZEN_LIST], *fields[ZEN_LIST];
};
enum { ZEN_TYPE = 1, ZEN_ID = 2, ZEN_NAME = 4 };
enum hf_err zen_fault(struct authzen_answer *a, unsigned status, const char *text);
/* The member is an object with these members, which are texts. */
enum hf_err zen_entity(const json_t *in, const char *name, unsigned needs, struct authzen_answer *a) HF_MUST_CHECK;
/* The context, if there is one, can be taken whole: what was left out of it would make another question. */
enum hf_err zen_context(const json_t *in, struct authzen_answer *a) HF_MUST_CHECK;
void zen_question(const struct hf_modules *m, const json_t *in, struct zen_question *q);
/* What the decision point says, and HF_E_OBLIGATION where it permits what no gateway fulfils; late: and HF_E_BUSY
 * where it permits what has to be on record first. hf_decision_done ret_d. */
void zen_decide(const struct hf_modules *m, const struct zen_question *q, bool late, struct hf_decision *ret_d);
/* authzen_write.c: answers as text. In the end a text is whole, or the buffer's limit is reached. */
void zen_write_decision(const struct hf_decision *d, struct hf_buf *out);
void zen_write_json(json_t *take, struct hf_buf *out);
enum hf_err zen_search_subject(const struct hf_modules *m, const struct authzen_asker *gateway, const json_t *in,
                               struct authzen_answer *a);
enum hf_err zen_search_resource(const struct hf_modules *m, const struct authzen_asker *gateway, const json_t *in,
                                struct authzen_answer *a);
enum hf_err zen_search_action(const struct hf_modules *m, const struct authzen_asker *gateway, const json_t *in,
                              struct authzen_answer *a);

#endif
