/*
 * scenario_internal.h - what the files of the scenarios share: papers, rows, rules. Private to the folder.
 */
#ifndef HUFU_AUTHZ_SCENARIO_INTERNAL_H
#define HUFU_AUTHZ_SCENARIO_INTERNAL_H

#include "authz/internal.h"
#include "authz/scenario.h"

#define SC_OPENINGS_MAX 256u /* of one scenario */
#define SC_OPEN_MAX 200u     /* scenarios of one authority that have not ended */

/* ---- papers (scenario_papers.c) ---- */

struct sc_opened {
	Hufu__Scenario *scenario;
	const Hufu__Envelope *paper; /* borrowed */
	struct hf_id id, txn;
	struct hf_hash digest;
	struct person officer;
};
void sc_opened_done(struct sc_opened *o);
/* Everything about a scenario that can be checked without a row (AZ-41). */
enum hf_err sc_scenario_open(struct hf_authz *a, const Hufu__Envelope *e, struct sc_opened *o,
                             struct hf_fault *f) HF_MUST_CHECK;
/* Of a scenario that was opened. ret_opening: hf_decoded_free. */
enum hf_err sc_opening_open(struct hf_authz *a, const Hufu__Envelope *e, const struct sc_opened *of,
                            Hufu__ScenarioOpening **ret_opening, struct hf_fault *f) HF_MUST_CHECK;
void sc_scenario_wording(const Hufu__Scenario *m, struct hf_hash *ret_digest);
void sc_opening_wording(const Hufu__ScenarioOpening *m, struct hf_hash *ret_digest);
/* Texts, period, members; the authority's right to each of them. */
enum hf_err sc_scenario_terms(struct hf_authz *a, const Hufu__Scenario *m, const char *authority,
                              struct hf_fault *f) HF_MUST_CHECK;
/* AZ-41: the descriptor puts the member under that authority. */
enum hf_err sc_in_jurisdiction(struct hf_authz *a, const char *authority, const Hufu__ScenarioMember *m,
                               struct hf_fault *f) HF_MUST_CHECK;
bool sc_member_same(const Hufu__ScenarioMember *x, const Hufu__ScenarioMember *y);
/* "uses:5" and the like, as the policy takes it; *ret borrows from text. */
enum hf_err sc_obligation(const char *text, struct hf_obligation *ret, struct hf_fault *f) HF_MUST_CHECK;
bool sc_is_blank(const char *text);

/* ---- rows (scenario_rows.c) ---- */

enum hf_err sc_row_get(struct hf_authz *a, const struct hf_id *id, Hufu__ScenarioRow **ret_row) HF_MUST_CHECK;
enum hf_err sc_row_need(struct hf_authz *a, const struct hf_id *id, Hufu__ScenarioRow **ret_row,
                        struct hf_fault *f) HF_MUST_CHECK;
typedef bool (*sc_row_fn)(void *ctx, const Hufu__ScenarioRow *row);
enum hf_err sc_rows(struct hf_authz *a, sc_row_fn fn, void *ctx) HF_MUST_CHECK;
/* Payloads of what is on record; NULL when they cannot be read. hf_decoded_free. */
Hufu__Scenario *sc_row_scenario(const Hufu__ScenarioRow *row);
Hufu__ScenarioOpening *sc_row_opening(const Hufu__ScenarioOpeningRow *row);
/* The scenario's version is on record with the commit: new, or newer than the one there. is_new is false when nothing
 * changed. *ret_row: the row as it is then (hf_decoded_free). The rules follow. */
enum hf_err sc_row_take(struct hf_authz *a, struct hf_unit *u, const struct sc_opened *o, bool *ret_is_new,
                        Hufu__ScenarioRow **ret_row, struct hf_fault *f) HF_MUST_CHECK;
enum hf_err sc_row_take_opening(struct hf_authz *a, struct hf_unit *u, Hufu__ScenarioRow **row,
                                const Hufu__Envelope *paper, bool *ret_is_new, struct hf_fault *f) HF_MUST_CHECK;

/* ---- telling (scenario_tell.c) ---- */

void sc_entry_fill(struct hf_draft *d, const Hufu__ScenarioRow *row, const Hufu__Scenario *m);
void sc_entry_opening(struct hf_draft *d, const Hufu__ScenarioRow *row, const Hufu__ScenarioOpening *m);
/* A draft of what came by mail. */
struct hf_draft *sc_entry_new(struct hf_authz *a, enum hf_event event, const char *from);
void sc_notice(struct hf_authz *a, struct hf_unit *u, const Hufu__ScenarioRow *row, const char *kind, const char *text);
/* The authority tells providers, those who opened, and members, also those of the version before (NULL: none). */
enum hf_err sc_tell(struct hf_authz *a, struct hf_unit *u, const Hufu__ScenarioRow *row, const Hufu__Scenario *before,
                    struct hf_fault *f) HF_MUST_CHECK;
/* The provider tells the authority and the members of one of its openings. only: these organizations alone. */
struct sc_told {
	const Hufu__ScenarioRow *row;
	const ProtobufCBinaryData *opening; /* encoded envelope */
	const Hufu__Scenario *before;       /* its members know already; NULL: nobody does */
};
enum hf_err sc_tell_opening(struct hf_authz *a, struct hf_unit *u, const struct sc_told *t,
                            struct hf_fault *f) HF_MUST_CHECK;

/* ---- rules (scenario_rules.c) ---- */

/* The rules of a scenario, which its row may have changed. */
void sc_rules_follow(struct hf_authz *a, const struct hf_id *scenario);
enum hf_err az_scenarios_supply(struct hf_authz *a, struct hf_policy_builder *b, struct hf_fault *f) HF_MUST_CHECK;
void az_scenarios_close(struct hf_authz *a);
/* AZ-61: HF_E_EXISTS and the sentence when a scenario covers what would be applied for. */
enum hf_err az_scenario_covers(struct hf_authz *a, const Hufu__Application *app, struct hf_fault *f) HF_MUST_CHECK;

/* AZ-65: does the scenario give that system the resource now, as far as this node knows? CONFLICT says what is missing.
 */
struct sc_use {
	const struct hf_id *scenario;
	const char *provider, *organization, *system;
	const ProtobufCBinaryData *resource;
};
enum hf_err az_scenario_gives(struct hf_authz *a, const struct sc_use *use, struct hf_fault *f) HF_MUST_CHECK;

/* ---- mail ---- */

enum hf_err az_sc_on_scenario(struct hf_authz *a, const struct mail_in *in, const Hufu__ScenarioMail *m) HF_MUST_CHECK;
enum hf_err az_sc_on_opening(struct hf_authz *a, const struct mail_in *in,
                             const Hufu__ScenarioOpeningMail *m) HF_MUST_CHECK;

#endif
