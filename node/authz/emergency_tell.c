/*
 * emergency_tell.c - who hears of an emergency, and what each step says in the ledger and to the operators: event, all
 * six entities of the model (AZ-24), who approved and who carried it out (AZ-55).
 */
#include <stdlib.h>
#include <string.h>

#include "authz/emergency_internal.h"
#include "proto/codec.h"

#define NODES_MAX 1024

struct audience {
	const char *node[NODES_MAX];
	size_t count;
	const char *must; /* without whom the step makes no sense; NULL: nobody */
	const char *but;
	struct hf_id txn;
	enum hf_mail type;
};

static void add_node(const struct hf_authz *a, struct audience *to, const char *node)
{
	if (!has_text(node) || is_self(a, node) || to->count == NODES_MAX || (to->but && strcmp(node, to->but) == 0))
		return;
	for (size_t i = 0; i < to->count; i++)
		if (strcmp(to->node[i], node) == 0)
			return;
	to->node[to->count++] = node;
}

static void add_group(const struct hf_authz *a, struct audience *to)
{
	const struct hf_space *space = hf_peers_space(a->peers);
	const Hufu__Descriptor *d = hf_space_current(space);
	for (size_t i = 0; d && i < d->n_leading_group; i++)
		add_node(a, to, d->leading_group[i]);
	for (size_t i = 0; d && i < d->n_members; i++)
		if (hf_space_has_role(space, d->members[i]->id, "data-management"))
			add_node(a, to, d->members[i]->id);
}

/* A member of the group that cannot be reached from here does not stop the others; whom the step is about does. */
static enum hf_err mail_all(struct hf_authz *a, struct hf_unit *u, const struct audience *to,
                            const ProtobufCMessage *body, struct hf_fault *f)
{
	size_t len = 0;
	uint8_t *data = hf_encode(body, &len);
	enum hf_err e = HF_OK;
	if (!data)
		return hf_fault_set(f, HF_E_MEMORY, "no memory is left to write the mail");
	for (size_t i = 0; i < to->count && e == HF_OK; i++) {
		e = hf_peers_mail(a->peers, u, to->node[i], to->type, &to->txn, data, len);
		if (e == HF_OK)
			continue;
		if ((e == HF_E_UNSUPPORTED || e == HF_E_STRANGER) && !same_text(to->node[i], to->must))
			e = HF_OK;
		else
			hf_fault_set(f, e, "the %s cannot be mailed to %s: %s", hf_mail_name(to->type), to->node[i],
			             hf_err_text(e));
	}
	free(data);
	return e;
}

enum hf_err em_tell(struct hf_authz *a, struct hf_unit *u, const Hufu__EmergencyRequestRow *row,
                    const struct em_post *post, struct hf_fault *f)
{
	struct audience to = {.must = row->provider, .txn = em_row_txn(row), .but = post->but, .type = post->type};
	add_node(a, &to, row->provider);
	add_node(a, &to, row->organization);
	add_node(a, &to, row->authority);
	add_group(a, &to);
	return mail_all(a, u, &to, post->body, f);
}

enum hf_err em_tell_group(struct hf_authz *a, struct hf_unit *u, const struct em_told *also, const struct em_post *post,
                          struct hf_fault *f)
{
	struct audience to = {.txn = *also->txn, .but = post->but, .type = post->type};
	for (size_t i = 0; i < also->count; i++)
		add_node(a, &to, also->nodes[i]);
	add_group(a, &to);
	return mail_all(a, u, &to, post->body, f);
}

/* ---- notices ---- */

void em_notice(struct hf_authz *a, struct hf_unit *u, const Hufu__EmergencyRequestRow *row, const char *kind,
               const char *text)
{
	Hufu__NoticeRow n = HUFU__NOTICE_ROW__INIT;
	int64_t now = now_of(a);
	struct hf_id id = hf_id_new(now);
	size_t len = 0;
	n.time_ms = now;
	n.kind = (char *)kind;
	n.text = (char *)text;
	n.emergency = row->id;
	n.txn = row->txn;
	n.resource = row->resource;
	n.department = is_self(a, row->organization) ? row->department : (char *)"";
	n.grant = row->grant;
	n.reason = row->result_reason;
	uint8_t *data = hf_encode(&n.base, &len);
	if (!data)
		abort(); /* memory is gone */
	hf_unit_put(u, HF_TABLE_NOTICE, id.b, sizeof(id.b), data, len);
	free(data);
}

/* ---- entries ---- */

static void put_id(struct hf_draft *d, enum hf_field field, const ProtobufCBinaryData *b)
{
	struct hf_id id;
	char text[HF_ID_TEXT];
	if (!az_id_of(b, &id))
		return;
	hf_id_text(&id, text);
	hf_draft_text(d, field, text);
}

static void put_count(struct hf_draft *d, const struct hf_em_count *c)
{
	if (c)
		hf_draft_textf(d, HF_FIELD_COUNTED, "T %u, F %u, S %u, withdrawing %u of %u organizations; %u needed",
		               c->t, c->f, c->s, c->w, c->of, c->needed);
}

static void put_period(struct hf_draft *d, int64_t from_ms, int64_t until_ms)
{
	char from[HF_TIME_TEXT], until[HF_TIME_TEXT];
	hf_time_text(from_ms, from);
	hf_time_text(until_ms, until);
	hf_draft_textf(d, HF_FIELD_PERIOD, "%s/%s", from_ms ? from : "execution", until);
}

void em_entry_fill(struct hf_draft *d, const Hufu__EmergencyRequestRow *row, const struct em_words *w)
{
	struct hf_id txn = em_row_txn(row);
	char executor[HF_NAME_MAX + 1];
	hf_draft_txn(d, &txn);
	put_id(d, HF_FIELD_OBJECT, &row->id);
	put_id(d, HF_FIELD_APPLICATION, &row->id); /* AZ-24: R */
	put_id(d, HF_FIELD_EMERGENCY_EVENT, &row->event);
	put_id(d, HF_FIELD_RESOURCE, &row->resource);
	put_id(d, HF_FIELD_GRANT, &row->grant);
	hf_draft_textf(d, HF_FIELD_ORGANIZATION, "%s%s%s", row->organization, has_text(row->department) ? "/" : "",
	               row->department);
	hf_draft_text(d, HF_FIELD_SYSTEM, row->system);
	hf_draft_text(d, HF_FIELD_PURPOSE, row->purpose);
	hf_draft_text(d, HF_FIELD_MECHANISM, "emergency");
	put_period(d, row->from_ms, row->until_ms);
	hf_draft_text(d, HF_FIELD_RESULT, w->result);
	hf_draft_text(d, HF_FIELD_REASON, w->reason_code);
	hf_draft_text(d, HF_FIELD_DETAIL, w->detail);
	hf_draft_text(d, HF_FIELD_COUNTERPARTY, w->counterparty);
	hf_draft_text(d, HF_FIELD_VOTERS, w->voters);
	hf_draft_text(d, HF_FIELD_EXECUTOR, w->executor);
	put_count(d, w->count);
	if (w->digest)
		hf_draft_bytes(d, HF_FIELD_DIGEST, w->digest->b, sizeof(w->digest->b));
	hf_draft_party(d, row->provider);
	hf_draft_party(d, row->organization);
	hf_draft_party(d, row->authority);
	snprintf(executor, sizeof(executor), "%.*s", (int)strcspn(row->executor, "/"), row->executor);
	if (executor[0])
		hf_draft_party(d, executor);
}

void em_entry_add(struct hf_authz *a, struct hf_unit *u, enum hf_event event, const Hufu__EmergencyRequestRow *row,
                  const struct em_words *w)
{
	struct hf_draft *d = hf_draft_new(event, NULL);
	hf_draft_text(d, HF_FIELD_ACTOR, a->base->self.s);
	hf_draft_text(d, HF_FIELD_MANNER, "mail");
	hf_draft_text(d, HF_FIELD_OUTCOME, "ok");
	em_entry_fill(d, row, w);
	hf_unit_draft(u, d);
}

void em_entry_event(struct hf_draft *d, const Hufu__EmergencyEventRow *row, const struct hf_hash *digest)
{
	struct hf_id txn;
	if (az_id_of(&row->txn, &txn))
		hf_draft_txn(d, &txn);
	put_id(d, HF_FIELD_OBJECT, &row->id);
	put_id(d, HF_FIELD_EMERGENCY_EVENT, &row->id);
	hf_draft_text(d, HF_FIELD_MECHANISM, "emergency");
	hf_draft_text(d, HF_FIELD_ORGANIZATION, row->authority);
	hf_draft_textf(d, HF_FIELD_DETAIL, "%s: %s", row->kind, row->title);
	put_period(d, row->from_ms, row->until_ms);
	if (digest)
		hf_draft_bytes(d, HF_FIELD_DIGEST, digest->b, sizeof(digest->b));
}

/* ---- votes on record ---- */

void em_voters_text(const Hufu__EmergencyRequestRow *row, const char *result, char *out, size_t cap)
{
	bool withdrawal = strcmp(result, "revoke") == 0;
	const Hufu__EmergencyRevisionRow *rev = em_row_revision(row);
	Hufu__EmergencyVoteRow **list = withdrawal ? row->withdrawals : rev ? rev->votes : NULL;
	size_t count = withdrawal ? row->n_withdrawals : rev ? rev->n_votes : 0, len = 0;
	out[0] = '\0';
	for (size_t i = 0; i < count && len + 1 < cap; i++)
		if (same_text(list[i]->result, result)) {
			int n = snprintf(out + len, cap - len, "%s%s/%s", len ? ", " : "", list[i]->node,
			                 list[i]->account);
			len += n > 0 ? (size_t)n : 0;
		}
}

void em_row_count(struct hf_authz *a, const Hufu__EmergencyRequestRow *row, const Hufu__Descriptor *d, bool withdrawals,
                  struct hf_em_count *ret_count)
{
	struct hf_em_ballot ballots[EM_VOTES_MAX];
	const Hufu__EmergencyRevisionRow *rev = em_row_revision(row);
	Hufu__EmergencyVoteRow **list = withdrawals ? row->withdrawals : rev ? rev->votes : NULL;
	size_t count = withdrawals ? row->n_withdrawals : rev ? rev->n_votes : 0;
	const struct hf_em_barred barred = {{hf_em_organization(d, row->provider),
	                                     hf_em_organization(d, row->organization),
	                                     hf_em_organization(d, row->authority), NULL}};
	(void)a;
	for (size_t i = 0; i < count && i < EM_VOTES_MAX; i++)
		ballots[i] = (struct hf_em_ballot){list[i]->node, withdrawals ? 'W' : list[i]->result[0]};
	hf_em_count(d, &barred, ballots, count < EM_VOTES_MAX ? count : EM_VOTES_MAX, ret_count);
}

void hf_emergency_count(struct hf_authz *a, const Hufu__EmergencyRequestRow *row, struct hf_em_count *ret_count)
{
	const Hufu__Descriptor *d = hf_space_at(hf_peers_space(a->peers), row->descriptor);
	*ret_count = (struct hf_em_count){.of = 0};
	if (d)
		em_row_count(a, row, d, false, ret_count);
}
