/*
 * emergency_attack_test.c - members that are in the space by right and use what it gives them against others: an id
 * that somebody else's resource has, a second node of the same organization, a vote of who was put out, floods of
 * events and requests.
 */
#include "unit/authz/emergency_stage.h"

#include "crypto/domains.h"
#include "evidence/envelope.h"

static struct hf_buf newest; /* descriptor */

static int attack_up(void **state)
{
	(void)scene_up(state);
	struct scene *s = *state;
	hf_buf_init(&newest, 0);
	sb_sign(s->w->sb, &newest);
	return 0;
}

static int attack_down(void **state)
{
	hf_buf_done(&newest);
	return scene_down(state);
}

/* As the shape of the space is now. */
static void renew_space(struct scene *s)
{
	struct hf_fault f = {HF_OK, ""};
	sb_next(s->w->sb, &newest);
	hf_buf_clear(&newest);
	sb_sign(s->w->sb, &newest);
	if (hf_space_extend(s->w->space, newest.data, newest.len, &f) != HF_OK)
		fail_msg("%s", f.text);
}

/* An entry of another publisher under the same id, as its mail would have left it. */
static void copy_entry(struct node *n, const char *from, struct node *to, const struct hf_id *id)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf out = HF_BUF_INIT;
	HF_CLEANUP(hf_decoded_done) Hufu__CatalogRow *row = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__CatalogEntry *entry = NULL;
	struct hf_unit *u = hf_unit_new();
	assert_int_equal(row_get(n->catalog, from, id, &row), HF_OK);
	assert_int_equal(row_entry(row->envelope.data, row->envelope.len, &entry), HF_OK);
	char *publisher = entry->publisher, *issuer = entry->header->issuer, *whose = row->publisher;
	entry->publisher = entry->header->issuer = (char *)to->name;
	assert_int_equal(
	        hf_envelope_make_message(to->keys.envelope, to->name, HF_TYPE_CATALOG_ENTRY, &entry->base, &out),
	        HF_OK);
	entry->publisher = publisher;
	entry->header->issuer = issuer;
	const ProtobufCBinaryData before = row->envelope;
	row->envelope = BIN(out.data, out.len);
	row->publisher = (char *)to->name;
	assert_int_equal(row_put(u, id, row, NULL, NULL), HF_OK);
	row->envelope = before;
	row->publisher = whose;
	submit_wait(n, u);
}

/* Whoever publishes something under the id of another member's resource must not keep it from those who need it. */
static void an_id_that_two_publish_under_is_asked_for_by_publisher(void **state)
{
	struct scene *s = scene_of(state);
	struct hf_id entry = publish(s->roads, &(struct offer){.title = "桥梁"}), event = declared(s), id;
	struct hf_em_request_in in = need_of(s, &event, &entry);
	copy_entry(s->health, "roads", s->port, &entry);
	assert_int_equal(raise_as(s->health, "qian", &in, &id), HF_E_CONFLICT);
	assert_non_null(strstr(last_fault, "--publisher"));
	in.publisher = "roads";
	MUST(raise_as(s->health, "qian", &in, &id));
	assert_int_equal(em_state_at(s->roads, &id), HF_EM_OPEN);
	MUST(vote_as(s->audit, "an", &id, "S", "for how long?"));
	in = (struct hf_em_request_in){.reason = "for a week", .until_ms = s->w->now_ms + 7 * DAY};
	uint32_t revision = 0;
	MUST(again_as(s->health, "qian", &id, &in, &revision)); /* of the same publisher, without a word */
	assert_int_equal(em_state_at(s->roads, &id), HF_EM_OPEN);
}

/* AZ-55: who decides or applies does not carry it out, by no node of its organization. */
static void a_second_node_of_the_organization_does_not_carry_it_out(void **state)
{
	struct scene *s = scene_of(state);
	struct hf_id entry = publish(s->roads, &(struct offer){.title = "桥梁"}), request = raised(s, &entry), grant;
	char *own = s->w->sb->member[SB_DATA].organization;
	approved(s, &request);
	s->w->sb->member[SB_DATA].organization = (char *)"port"; /* which voted */
	renew_space(s);
	assert_int_equal(execute_as(s->data, "du", &request, &grant), HF_E_SEPARATION);
	s->w->sb->member[SB_DATA].organization = (char *)"health"; /* which applied; clinic of it is in the group */
	renew_space(s);
	assert_int_equal(execute_as(s->data, "du", &request, &grant), HF_E_SEPARATION);
	s->w->sb->member[SB_DATA].organization = own;
	renew_space(s);
	MUST(execute_as(s->data, "du", &request, &grant));
	assert_int_equal(em_state_at(s->roads, &request), HF_EM_ACTIVE);
}

static void put_rows(struct scene *s, unsigned count, enum hf_em_state state, int64_t made_ms, int64_t until_ms)
{
	struct hf_unit *u = hf_unit_new();
	struct hf_id other = hf_id_new(s->w->now_ms);
	for (unsigned i = 0; i < count; i++) {
		Hufu__EmergencyRequestRow row = HUFU__EMERGENCY_REQUEST_ROW__INIT;
		struct hf_id id = hf_id_new(made_ms);
		row.id = BIN_ID(&id);
		row.txn = BIN_ID(&id);
		row.event = BIN_ID(&other);
		row.resource = BIN_ID(&other);
		row.authority = row.organization = row.legal_entity = (char *)"health";
		row.system = (char *)"rescue";
		row.provider = (char *)"roads";
		row.purpose = row.reason = row.title = (char *)"flood-relief";
		row.state = state;
		row.revision = 1;
		row.made_ms = made_ms;
		row.until_ms = until_ms;
		em_row_put(s->health->authz, u, &row);
	}
	submit_wait(s->health, u);
}

/* A leading group that says nothing must not take the authority its voice for good. */
static void requests_that_nobody_decided_in_time_are_over(void **state)
{
	struct scene *s = scene_of(state);
	struct hf_id entry = publish(s->roads, &(struct offer){.title = "桥梁"}), event = declared(s), id;
	struct hf_em_request_in in = need_of(s, &event, &entry);
	int64_t now = s->w->now_ms;
	put_rows(s, EM_OPEN_REQUESTS_MAX, HF_EM_OPEN, now - 10 * DAY, now - DAY);
	MUST(raise_as(s->health, "qian", &in, &id));
	put_rows(s, EM_OPEN_REQUESTS_MAX, HF_EM_OPEN, now - 10 * DAY, now + DAY);
	in.entry = publish(s->roads, &(struct offer){.title = "桥梁"});
	assert_int_equal(raise_as(s->health, "qian", &in, &id), HF_E_LIMIT);
	days_pass(s, 2);
	in.until_ms = s->w->now_ms + 7 * DAY;
	MUST(raise_as(s->health, "qian", &in, &id));
}

/* DS-51: what one authority can put into everybody's store in a day has an end. */
static void an_authority_cannot_flood_the_others(void **state)
{
	struct scene *s = scene_of(state);
	struct hf_id entry = publish(s->roads, &(struct offer){.title = "桥梁"}), event = declared(s), id;
	struct hf_em_request_in in = need_of(s, &event, &entry);
	struct hf_em_event_in short_one = flood(s);
	unsigned events = 1;
	put_rows(s, EM_REQUESTS_A_DAY, HF_EM_REJECTED, s->w->now_ms - 1, s->w->now_ms - 1);
	assert_int_equal(raise_as(s->health, "qian", &in, &id), HF_E_LIMIT);
	while (events < 2 * EM_EVENTS_A_DAY) {
		short_one.until_ms = s->w->now_ms + 1;
		if (declare_as(s->health, "qian", &short_one, &id) != HF_OK)
			break;
		s->w->now_ms += 2; /* it is over already */
		events++;
	}
	assert_true(events <= EM_EVENTS_A_DAY);
	days_pass(s, 2);
	(void)declared(s);
	event = declared(s);
	in = need_of(s, &event, &entry);
	MUST(raise_as(s->health, "qian", &in, &id));
}

/* A member that voted and was put out afterwards: its vote is gone, those of the others carry. The last one: there is
 * no way back. */
static void a_vote_of_who_was_put_out_does_not_spoil_the_others(void **state)
{
	struct scene *s = scene_of(state);
	struct hf_id entry = publish(s->roads, &(struct offer){.title = "桥梁"}), request = raised(s, &entry), grant;
	struct hf_id late = raised(s, &s->roads_map);
	MUST(vote_as(s->twin, "tu", &request, "T", NULL)); /* hub and twin are one organization */
	approved(s, &request);
	approved(s, &late);
	sb_revoke(s->w->sb, "twin", NULL, s->w->now_ms);
	renew_space(s);
	s->w->now_ms += 1000;
	MUST(execute_as(s->data, "du", &request, &grant));
	assert_int_equal(em_state_at(s->roads, &request), HF_EM_ACTIVE);
	sb_revoke(s->w->sb, "port", NULL, s->w->now_ms);
	renew_space(s);
	s->w->now_ms += 1000; /* without port two are left of three that have to agree */
	assert_int_equal(execute_as(s->data, "du", &late, &grant), HF_E_STANDING);
	assert_int_not_equal(em_state_at(s->roads, &late), HF_EM_ACTIVE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_id_that_two_publish_under_is_asked_for_by_publisher),
	        cmocka_unit_test(requests_that_nobody_decided_in_time_are_over),
	        cmocka_unit_test(an_authority_cannot_flood_the_others),
	        cmocka_unit_test(a_second_node_of_the_organization_does_not_carry_it_out),
	        cmocka_unit_test(a_vote_of_who_was_put_out_does_not_spoil_the_others),
	};
	return cmocka_run_group_tests(tests, attack_up, attack_down);
}
