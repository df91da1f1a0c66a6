/* mail_test.c - does mail arrive once, in order, whatever is down meanwhile, and does a refusal stop nothing but
 * itself? */
#include "unit/peers/town.h"

#include "channel.pb-c.h"
#include "peers/internal.h"

static void start(struct town *t, unsigned first, unsigned count)
{
	town_init(t, NULL, town_salt());
	town_sign(t);
	town_open(t, first, count);
}

static void expected_order(char out[8192], unsigned from, unsigned to)
{
	size_t len = 0;
	out[0] = '\0';
	for (unsigned i = from; i < to; i++)
		len += (size_t)snprintf(out + len, 8192 - len, "%u,", i);
}

static void post_numbers(struct node *from, const char *to, unsigned first, unsigned last)
{
	for (unsigned i = first; i < last; i++) {
		char body[20];
		snprintf(body, sizeof(body), "%u", i);
		assert_int_equal(post(from, to, HF_MAIL_APPLICATION, body), HF_OK);
	}
}

static void mail_arrives_in_order_and_once(void **state)
{
	struct town t;
	char order[8192];
	(void)state;
	start(&t, SB_HEALTH, 2);
	struct node *health = &t.node[SB_HEALTH], *hub = &t.node[SB_HUB];
	post_numbers(health, "hub", 0, 200);
	WAIT(&t, view(health, "hub").outbox == 0);
	expected_order(order, 0, 200);
	assert_string_equal(hub->taken, order);
	for (unsigned i = 0; i < 200; i++) {
		char body[20];
		snprintf(body, sizeof(body), "%u", i);
		assert_int_equal(node_effects(hub, "health", body), 1);
	}
	assert_int_equal(view(health, "hub").parked, 0);
	town_close(&t);
}

static void mail_waits_for_a_receiver_that_is_down(void **state)
{
	struct town t;
	char order[8192];
	(void)state;
	start(&t, SB_HEALTH, 1);
	struct node *health = &t.node[SB_HEALTH], *hub = &t.node[SB_HUB];
	post_numbers(health, "hub", 0, 10);
	node_close(health); /* and survives the sender */
	node_open(health);
	assert_int_equal(view(health, "hub").outbox, 10);
	post_numbers(health, "hub", 10, 20);
	town_open(&t, SB_HUB, 1);
	WAIT(&t, view(health, "hub").outbox == 0);
	expected_order(order, 0, 20);
	assert_string_equal(hub->taken, order);
	node_close(health); /* a new epoch: its numbers begin anew and are not taken for old ones */
	node_open(health);
	post_numbers(health, "hub", 20, 30);
	WAIT(&t, view(health, "hub").outbox == 0);
	expected_order(order, 0, 30);
	assert_string_equal(hub->taken, order);
	town_close(&t);
}

static void on_lost(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	(void)info;
	*(enum hf_err *)ctx = e;
}

static void what_is_not_durable_is_not_sent(void **state)
{
	struct town t;
	(void)state;
	start(&t, SB_HEALTH, 2);
	struct node *health = &t.node[SB_HEALTH], *hub = &t.node[SB_HUB];
	post_numbers(health, "hub", 0, 1);
	WAIT(&t, view(health, "hub").outbox == 0);
	enum hf_err lost = HF_OK;
	struct hf_unit *u = hf_unit_new();
	assert_int_equal(hf_peers_mail(health->peers, u, "hub", HF_MAIL_APPLICATION, NULL, "lost", 4), HF_OK);
	hf_unit_draft(u, hf_draft_new(HF_EVENT_COMMAND, NULL));
	node_entry_fault(health, HF_E_IO);
	hf_store_submit(health->store, u, on_lost, &lost);
	assert_int_equal(view(health, "hub").outbox, 1);
	hf_outbox_kick(health->peers, hf_peer_find(health->peers, "hub"), true);
	WAIT(&t, lost == HF_E_IO);
	node_entry_fault(health, HF_OK);
	post_numbers(health, "hub", 1, 2);
	WAIT(&t, view(health, "hub").outbox == 0);
	assert_string_equal(hub->taken, "0,1,");
	town_close(&t);
}

/* The word of the receiver that could not be stored is asked for again, and the same one is given. */
static void a_settlement_that_could_not_be_stored_is_asked_for_again(void **state)
{
	struct town t;
	struct hf_parked_view parked[4];
	(void)state;
	start(&t, SB_HEALTH, 2);
	struct node *health = &t.node[SB_HEALTH], *hub = &t.node[SB_HUB];
	post_numbers(health, "hub", 0, 1);
	WAIT(&t, view(health, "hub").outbox == 0);
	node_entry_fault(health, HF_E_IO);
	assert_int_equal(post(health, "hub", HF_MAIL_FORWARD, "refused"), HF_OK);
	WAIT(&t, node_events(health, HF_EVENT_MAIL_PARKED) >= 1);
	node_entry_fault(health, HF_OK);
	WAIT(&t, hf_peers_parked(health->peers, parked, 4) == 1 && view(health, "hub").outbox == 0);
	assert_string_equal(parked[0].text, "criterion 3 is not met; ask for less");
	assert_int_equal(hub->mails, 2); /* carried out once */
	town_close(&t);
}

static void a_permanent_refusal_is_parked_and_blocks_nothing(void **state)
{
	struct town t;
	struct hf_parked_view parked[4];
	(void)state;
	start(&t, SB_HEALTH, 2);
	struct node *health = &t.node[SB_HEALTH], *hub = &t.node[SB_HUB];
	post(health, "hub", HF_MAIL_APPLICATION, "before");
	post(health, "hub", HF_MAIL_FORWARD, "bad");
	post(health, "hub", HF_MAIL_APPLICATION, "after");
	WAIT(&t, view(health, "hub").outbox == 0);
	assert_string_equal(hub->taken, "before,after,");
	assert_false(hf_store_has(hub->store, HF_TABLE_NOTICE, "half", 4)); /* nothing of it but the mark */
	assert_int_equal(hf_peers_parked(health->peers, parked, 4), 1);
	assert_string_equal(parked[0].peer, "hub");
	assert_int_equal(parked[0].type, HF_MAIL_FORWARD);
	assert_int_equal(parked[0].reason, HF_E_CRITERION);
	assert_string_equal(parked[0].text, "criterion 3 is not met; ask for less");
	WAIT(&t, node_events(health, HF_EVENT_MAIL_PARKED) == 1);
	struct hf_unit *u = hf_unit_new(); /* sent again: behind what waits */
	assert_int_equal(hf_peers_parked_retry(health->peers, u, "hub", parked[0].sequence), HF_OK);
	assert_int_equal(hf_peers_parked_retry(health->peers, u, "hub", 4711), HF_E_UNKNOWN);
	hf_store_submit(health->store, u, NULL, NULL);
	unsigned mails = hub->mails;
	WAIT(&t, hub->mails == mails + 1 && view(health, "hub").parked == 1);
	assert_int_equal(hf_peers_parked(health->peers, parked, 4), 1);
	u = hf_unit_new();
	hf_peers_parked_drop(health->peers, u, "hub", parked[0].sequence);
	hf_store_submit(health->store, u, NULL, NULL);
	assert_int_equal(view(health, "hub").parked, 0);
	town_close(&t);
}

/* DS-69: members are limited to agreed message types: a foreign type of request or of mail is refused. */
static void a_foreign_message_type_is_refused(void **state)
{
	struct town t;
	struct result r;
	struct hf_parked_view parked;
	(void)state;
	start(&t, SB_HEALTH, 2);
	struct node *health = &t.node[SB_HEALTH];
	assert_int_equal(ask(health, "hub", (enum hf_msg)999, &r), HF_E_UNSUPPORTED);
	assert_int_equal(post(health, "hub", (enum hf_mail)999, "x"), HF_E_ARGUMENT);
	assert_int_equal(post(health, "hub", HF_MAIL_RECEIPT, "x"), HF_OK); /* known here, no row at hub */
	WAIT(&t, hf_peers_parked(health->peers, &parked, 1) == 1);
	assert_int_equal(parked.reason, HF_E_UNSUPPORTED);
	assert_int_equal(t.node[SB_HUB].mails, 0);
	town_close(&t);
}

static void what_cannot_be_mailed_is_said_at_once(void **state)
{
	struct town t;
	(void)state;
	start(&t, SB_HEALTH, 1);
	struct node *health = &t.node[SB_HEALTH];
	char *big = calloc(1, (64 << 10) + 2);
	memset(big, 'x', (64 << 10) + 1);
	assert_int_equal(post(health, "nobody", HF_MAIL_EVENT, "x"), HF_E_STRANGER);
	assert_int_equal(post(health, "hub", HF_MAIL_EVENT, big), HF_E_LIMIT);
	assert_int_equal(view(health, "hub").outbox, 0);
	free(big);
	town_close(&t);
}

static void a_busy_receiver_is_asked_again(void **state)
{
	struct town t;
	(void)state;
	start(&t, SB_HEALTH, 2);
	struct node *health = &t.node[SB_HEALTH], *hub = &t.node[SB_HUB];
	hub->busy = true;
	post(health, "hub", HF_MAIL_EVENT, "one");
	post(health, "hub", HF_MAIL_APPLICATION, "two");
	WAIT(&t, hub->mails >= 2);
	assert_string_equal(hub->taken, "");
	hub->busy = false;
	WAIT(&t, view(health, "hub").outbox == 0);
	assert_string_equal(hub->taken, "one,two,"); /* in order all the same */
	assert_int_equal(node_effects(hub, "health", "one"), 1);
	town_close(&t);
}

static void mail_to_oneself_takes_the_same_way(void **state)
{
	struct town t;
	struct hf_parked_view parked;
	char order[8192];
	(void)state;
	start(&t, SB_HUB, 1);
	struct node *hub = &t.node[SB_HUB];
	post_numbers(hub, "hub", 0, 50);
	post(hub, "hub", HF_MAIL_FORWARD, "bad");
	assert_string_equal(hub->taken, ""); /* not before the commit */
	hub->busy = true;
	post(hub, "hub", HF_MAIL_EVENT, "50");
	post_numbers(hub, "hub", 51, 60);
	WAIT(&t, hub->mails > 52);
	expected_order(order, 0, 50);
	assert_string_equal(hub->taken, order);
	node_close(hub);
	node_open(hub);
	hub->busy = false;
	expected_order(order, 0, 60);
	WAIT(&t, strcmp(hub->taken, order) == 0);
	for (unsigned i = 0; i < 60; i++) {
		char body[20];
		snprintf(body, sizeof(body), "%u", i);
		assert_int_equal(node_effects(hub, "hub", body), 1);
	}
	assert_int_equal(hf_peers_parked(hub->peers, &parked, 1), 1);
	assert_string_equal(parked.text, "criterion 3 is not met; ask for less");
	town_close(&t);
}

/* A node without an address collects its mail; what it sends goes the usual way. */
static void mail_for_a_node_that_cannot_be_dialled_is_collected(void **state)
{
	struct town t;
	struct hf_parked_view parked;
	char order[8192];
	(void)state;
	town_init(&t, NULL, town_salt());
	t.sb->member[SB_HEALTH].n_addresses = 0;
	town_sign(&t);
	town_open(&t, SB_HEALTH, 2);
	struct node *health = &t.node[SB_HEALTH], *hub = &t.node[SB_HUB];
	post_numbers(hub, "health", 0, 100);
	WAIT(&t, view(hub, "health").outbox == 0);
	expected_order(order, 0, 100);
	assert_string_equal(health->taken, order);
	post_numbers(hub, "health", 100, 110); /* now the poll is held already */
	post(hub, "health", HF_MAIL_FORWARD, "bad");
	post_numbers(hub, "health", 110, 120);
	WAIT(&t, view(hub, "health").outbox == 0);
	expected_order(order, 0, 120);
	assert_string_equal(health->taken, order);
	assert_int_equal(hf_peers_parked(hub->peers, &parked, 1), 1);
	assert_int_equal(parked.reason, HF_E_CRITERION);
	post(health, "hub", HF_MAIL_APPLICATION, "back");
	WAIT(&t, view(health, "hub").outbox == 0);
	assert_string_equal(hub->taken, "back,");
	assert_true(view(hub, "health").up);
	t.jump_ms += 26000; /* an empty poll ends, the next one begins */
	post(hub, "health", HF_MAIL_APPLICATION, "later");
	WAIT(&t, view(hub, "health").outbox == 0);
	node_close(health); /* mail waits, and is collected after a restart */
	post(hub, "health", HF_MAIL_APPLICATION, "missed");
	node_open(health);
	WAIT(&t, view(hub, "health").outbox == 0);
	assert_int_equal(node_effects(health, "hub", "missed"), 1);
	town_close(&t);
}

static void a_busy_collector_gets_it_with_the_next_poll(void **state)
{
	struct town t;
	(void)state;
	town_init(&t, NULL, town_salt());
	t.sb->member[SB_HEALTH].n_addresses = 0;
	town_sign(&t);
	t.node[SB_HEALTH].busy = true;
	town_open(&t, SB_HEALTH, 2);
	post(&t.node[SB_HUB], "health", HF_MAIL_EVENT, "one");
	post(&t.node[SB_HUB], "health", HF_MAIL_APPLICATION, "two");
	WAIT(&t, t.node[SB_HEALTH].mails >= 2);
	t.node[SB_HEALTH].busy = false;
	WAIT(&t, view(&t.node[SB_HUB], "health").outbox == 0);
	assert_string_equal(t.node[SB_HEALTH].taken, "one,two,");
	town_close(&t);
}

static void two_nodes_that_cannot_be_dialled_are_told_so(void **state)
{
	struct town t;
	struct result r;
	(void)state;
	town_init(&t, NULL, town_salt());
	t.sb->member[SB_HEALTH].n_addresses = 0;
	t.sb->member[SB_AUDIT].n_addresses = 0;
	town_sign(&t);
	town_open(&t, SB_AUDIT, 3);
	assert_int_equal(post(&t.node[SB_AUDIT], "health", HF_MAIL_EVENT, "x"), HF_E_UNSUPPORTED);
	assert_int_equal(ask(&t.node[SB_AUDIT], "health", HF_MSG_PING, &r), HF_E_UNSUPPORTED);
	assert_non_null(strstr(r.text, "neither health nor this node has an address"));
	assert_int_equal(ask(&t.node[SB_HUB], "health", HF_MSG_PING, &r), HF_E_UNREACHABLE);
	assert_non_null(strstr(r.text, "no address"));
	town_close(&t);
}

/* The same mail twice, as after an answer that was lost: one effect, and the same answer, good or bad. */
static void a_repeated_mail_gets_the_same_answer(void **state)
{
	struct town t;
	(void)state;
	start(&t, SB_HEALTH, 2);
	struct node *health = &t.node[SB_HEALTH], *hub = &t.node[SB_HUB];
	uint8_t epoch[16] = {1};
	for (uint64_t round = 0; round < 3; round++)
		for (uint32_t type = HF_MAIL_APPLICATION; type <= HF_MAIL_FORWARD; type++) {
			Hufu__Mail m = HUFU__MAIL__INIT;
			struct result r = {0};
			size_t len = 0;
			m.epoch = (ProtobufCBinaryData){16, epoch};
			m.sequence = type; /* 1 is taken, 2 is refused */
			m.type = type;
			m.body = (ProtobufCBinaryData){1, (uint8_t *)(uintptr_t) "m"};
			uint8_t *bytes = hf_encode(&m.base, &len);
			hf_peers_call(health->peers, "hub", HF_MSG_MAIL, NULL, bytes, len, 0, result_fn, &r);
			WAIT(&t, r.done);
			assert_int_equal(r.error, HF_OK);
			Hufu__MailReply *reply = HF_DECODE(mail_reply, r.body, r.len);
			assert_non_null(reply);
			assert_int_equal(reply->sequence, type);
			assert_string_equal(reply->refused, type == HF_MAIL_FORWARD ? "criterion" : "");
			hf_decoded_free(reply);
			free(bytes);
		}
	assert_int_equal(hub->mails, 2);
	assert_int_equal(node_effects(hub, "health", "m"), 1);
	town_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(mail_arrives_in_order_and_once),
	        cmocka_unit_test(mail_waits_for_a_receiver_that_is_down),
	        cmocka_unit_test(what_is_not_durable_is_not_sent),
	        cmocka_unit_test(a_settlement_that_could_not_be_stored_is_asked_for_again),
	        cmocka_unit_test(a_permanent_refusal_is_parked_and_blocks_nothing),
	        cmocka_unit_test(a_foreign_message_type_is_refused),
	        cmocka_unit_test(what_cannot_be_mailed_is_said_at_once),
	        cmocka_unit_test(a_busy_receiver_is_asked_again),
	        cmocka_unit_test(mail_to_oneself_takes_the_same_way),
	        cmocka_unit_test(mail_for_a_node_that_cannot_be_dialled_is_collected),
	        cmocka_unit_test(a_busy_collector_gets_it_with_the_next_poll),
	        cmocka_unit_test(two_nodes_that_cannot_be_dialled_are_told_so),
	        cmocka_unit_test(a_repeated_mail_gets_the_same_answer),
	};
	if (!hf_crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
