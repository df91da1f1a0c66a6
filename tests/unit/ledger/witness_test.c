/*
 * Checkpoints and their witnesses: the quorum, what a witness refuses, that it is durable before it answers, and that a
 * log which lost or doubled its history signs nothing.
 */
#include "kit.h"

static int start(void **state)
{
	*state = kit_new(NULL);
	return 0;
}

static int stop(void **state)
{
	kit_free(*state);
	return 0;
}

static void open_witnesses(struct kit *k)
{
	kit_open(k, SB_AUDIT);
	kit_open(k, SB_HUB);
	kit_open(k, SB_PORT);
}

static const char *origin_of(unsigned n)
{
	static char origin[HF_ORIGIN_MAX + 1];
	const char *names[] = {"audit", "health", "hub", "port", "roads"};

	hf_space_origin(SB_SPACE, names[n], origin);
	return origin;
}

/* SB-58, SB-66: a checkpoint is worth something when the quorum of other nodes has cosigned it; the note itself shows
 * it. */
static void test_quorum(void **state)
{
	struct kit *k = *state;
	struct kit_node *n;
	struct hf_worth w;

	open_witnesses(k);
	n = kit_open(k, SB_HEALTH);
	kit_fill(n, 3);
	kit_until_witnessed(n);
	assert_int_equal(kit_state(n).quorum, 3);
	assert_int_equal(kit_state(n).witnesses, 4);
	assert_int_equal(hf_note_weigh(k->space, "health", n->ledger->witnessed.note.data,
	                               n->ledger->witnessed.note.len, kit_now(k), &w),
	                 HF_OK);
	assert_true(w.witnessed && w.cosignatures >= 3 && w.checkpoint.size == 4);
	assert_int_equal(n->alarms, 0);
}

/* A node's own cosignature never counts for its own ledger: three of the other three are needed. */
static void test_own_cosignature_does_not_count(void **state)
{
	struct kit *k = *state;
	struct kit_node *n;

	kit_open(k, SB_AUDIT);
	kit_open(k, SB_HUB);
	n = kit_open(k, SB_ROADS);
	kit_fill(n, 3);
	assert_int_equal(kit_state(n).witnesses, 3);
	kit_until(k, n->ledger->peer_count > 0 && k->sent[HF_MSG_LEDGER_HEADS] > 4);
	assert_int_equal(kit_state(n).witnessed_size, 0);
	kit_open(k, SB_PORT);
	hf_ledger_peer_up(n->ledger, "port");
	kit_until_witnessed(n);
}

/* A witness that is down stops nothing; when it comes back it is brought up to date. */
static void test_a_witness_may_be_down(void **state)
{
	struct kit *k = *state;
	struct kit_node *n;

	open_witnesses(k);
	kit_open(k, SB_ROADS);
	k->down[SB_PORT] = true;
	n = kit_open(k, SB_HEALTH);
	for (unsigned i = 0; i < 5; i++) {
		kit_fill(n, 10);
		kit_until_witnessed(n);
	}
	assert_null(hf_witness_row(k->node[SB_PORT].ledger, origin_of(SB_HEALTH)));
	k->down[SB_PORT] = false;
	hf_ledger_peer_up(n->ledger, "port");
	kit_until(k, hf_ledger_peer(n->ledger, "port")->cosigned_size == kit_state(n).durable);
	assert_int_equal(n->ledger->round.cosignatures, 4);
}

/* The hub, after the other witnesses have told it that they know of nothing. */
static struct kit_node *open_settled(struct kit *k)
{
	struct kit_node *w = kit_open(k, SB_HUB);

	kit_open(k, SB_AUDIT);
	kit_open(k, SB_PORT);
	kit_until(k, w->ledger->settled);
	return w;
}

/* The same signed history is offered to one witness by hand, so that its answers can be looked at one by one. */
struct answer {
	bool done;
	enum hf_err e;
	uint64_t size;
	bool cosigned;
};

static void take_answer(void *ctx, enum hf_err e, const char *text, const void *body, size_t len)
{
	struct answer *a = ctx;
	Hufu__CheckpointReply *r = e == HF_OK ? HF_DECODE(checkpoint_reply, body, len) : NULL;

	(void)text;
	a->done = true;
	a->e = e;
	a->size = r ? r->size : 0;
	a->cosigned = r && r->cosignature.len > 0;
	hf_decoded_free(r);
}

struct history {
	struct hf_hash leaf[64];
	uint64_t size;
};

static bool read_history(void *ctx, unsigned level, uint64_t index, struct hf_hash *ret_hash)
{
	struct history *h = ctx;

	hf_merkle_root(h->leaf + (index << level), (size_t)1 << level, ret_hash);
	return true;
}

static void make_history(struct history *h, uint64_t size, uint8_t flavour)
{
	h->size = size;
	for (uint64_t i = 0; i < size; i++) {
		uint8_t data[2] = {(uint8_t)i, i < 4 ? 0 : flavour};

		hf_merkle_leaf(data, sizeof(data), &h->leaf[i]);
	}
}

static size_t sign_history(struct kit *k, const struct history *h, uint64_t size, char *note, size_t cap)
{
	struct hf_checkpoint c = {.size = size};
	char text[400], line[400];

	snprintf(c.origin, sizeof(c.origin), "%s", origin_of(SB_HEALTH));
	hf_merkle_root(h->leaf, size, &c.root);
	assert_true(hf_checkpoint_text(&c, text, sizeof(text)) > 0);
	assert_true(hf_note_sign_line(k->sb->key[SB_HEALTH][HF_KEY_LOG], c.origin, text, strlen(text), line,
	                              sizeof(line)) > 0);
	return (size_t)snprintf(note, cap, "%s\n%s", text, line);
}

/* Sends without waiting. */
static void offer_from(struct kit *k, unsigned witness, const char *sender, struct history *h, uint64_t old,
                       uint64_t size, struct answer *a)
{
	Hufu__CheckpointAdd add = HUFU__CHECKPOINT_ADD__INIT;
	ProtobufCBinaryData proof[64];
	struct hf_merkle_path path = {.count = 0};
	char note[1000];
	uint8_t *body;
	size_t len;

	if (old <= size)
		assert_true(hf_merkle_consistency(read_history, h, old, size, &path));
	for (unsigned i = 0; i < path.count; i++)
		proof[i] = hf_binary(path.node[i].b, 32);
	add.origin = (char *)origin_of(SB_HEALTH);
	add.old_size = old;
	add.proof = proof;
	add.n_proof = path.count;
	add.note = hf_binary(note, sign_history(k, h, size, note, sizeof(note)));
	body = hf_encode(&add.base, &len);
	*a = (struct answer){.done = false};
	hf_ledger_handle(k->node[witness].ledger, sender, HF_MSG_CHECKPOINT_ADD, (struct hf_bytes){body, len},
	                 (struct hf_answer){take_answer, a});
	free(body);
}

static struct answer offer(struct kit *k, struct history *h, uint64_t old, uint64_t size)
{
	struct answer a;

	offer_from(k, SB_HUB, "health", h, old, size, &a);
	kit_until(k, a.done);
	return a;
}

static void test_witness_rules(void **state)
{
	struct kit *k = *state;
	struct history h;
	struct answer a;

	open_settled(k);
	make_history(&h, 40, 1);
	a = offer(k, &h, 0, 7);
	assert_true(a.e == HF_OK && a.cosigned && a.size == 7);
	a = offer(k, &h, 7, 20); /* grows */
	assert_true(a.e == HF_OK && a.cosigned && a.size == 20);
	a = offer(k, &h, 20, 20); /* again: signed again */
	assert_true(a.e == HF_OK && a.cosigned);
	a = offer(k, &h, 7, 30); /* another old size than recorded: told the recorded one */
	assert_true(a.e == HF_OK && !a.cosigned && a.size == 20);
	a = offer(k, &h, 7, 8); /* an older checkpoint is never cosigned again */
	assert_true(a.e == HF_OK && !a.cosigned && a.size == 20);
	a = offer(k, &h, 31, 30);
	assert_int_equal(a.e, HF_E_ARGUMENT);
	offer_from(k, SB_HUB, "roads", &h, 20, 30, &a); /* by someone else than its owner */
	kit_until(k, a.done);
	assert_int_equal(a.e, HF_E_STANDING);
}

static void test_strangers_and_bad_signatures(void **state)
{
	struct kit *k = *state;
	struct history h;
	struct answer a;
	struct hf_sign_key *log;

	open_settled(k);
	kit_open(k, SB_HEALTH);
	make_history(&h, 10, 1);
	offer_from(k, SB_HEALTH, "health", &h, 0, 5, &a); /* health is no witness */
	kit_until(k, a.done);
	assert_int_equal(a.e, HF_E_STRANGER); /* and no other member than itself */
	log = k->sb->key[SB_HEALTH][HF_KEY_LOG];
	k->sb->key[SB_HEALTH][HF_KEY_LOG] = k->sb->key[SB_ROADS][HF_KEY_LOG];
	a = offer(k, &h, 0, 5);
	k->sb->key[SB_HEALTH][HF_KEY_LOG] = log;
	assert_int_equal(a.e, HF_E_SIGNATURE);
}

static uint64_t count_events(struct kit_node *n, const char *event)
{
	uint64_t found = 0;
	char name[64];

	for (uint64_t i = 0; i < kit_state(n).durable; i++) {
		kit_field(n, i, HF_FIELD_EVENT, name, sizeof(name));
		found += strcmp(name, event) == 0;
	}
	return found;
}

/* SB-58: a fork is refused, raises an alarm, and both signed checkpoints stay in the witness's own ledger for everybody
 * to verify. */
static void test_fork_of_the_same_size(void **state)
{
	struct kit *k = *state;
	struct kit_node *w = open_settled(k);
	struct history one, two;
	struct answer a;
	char first[2000], second[2000], note[1000];
	uint64_t at = 0;
	char name[64];

	make_history(&one, 20, 1);
	make_history(&two, 30, 2);
	assert_true(offer(k, &one, 0, 10).cosigned);
	a = offer(k, &two, 10, 10);
	assert_int_equal(a.e, HF_E_CONFLICT);
	kit_until(k, w->alarms > 0);
	assert_string_equal(w->alarm, "ledger-equivocation");
	kit_until(k, count_events(w, "equivocation") == 1);
	for (uint64_t i = 0; i < kit_state(w).durable; i++) {
		kit_field(w, i, HF_FIELD_EVENT, name, sizeof(name));
		at = strcmp(name, "equivocation") == 0 ? i : at;
	}
	kit_field(w, at, HF_FIELD_EXCEPTION, first, sizeof(first));
	kit_field(w, at, HF_FIELD_ALARM, second, sizeof(second));
	sign_history(k, &one, 10, note, sizeof(note));
	assert_string_equal(first, note);
	sign_history(k, &two, 10, note, sizeof(note));
	assert_string_equal(second, note);
	a = offer(k, &one, 10, 20); /* frozen: not even the first branch goes on */
	assert_int_equal(a.e, HF_E_CONFLICT);
	a = offer(k, &two, 10, 30);
	assert_int_equal(a.e, HF_E_CONFLICT);
	assert_int_equal(count_events(w, "equivocation"), 1);
}

/* A larger checkpoint that does not follow from the recorded one: refused; a wrong path proves nothing, so the true
 * branch may go on and nothing is recorded of the log. */
static void test_fork_of_another_size(void **state)
{
	struct kit *k = *state;
	struct kit_node *w = open_settled(k);
	struct history one, two;

	make_history(&one, 20, 1);
	make_history(&two, 30, 2);
	assert_true(offer(k, &one, 0, 10).cosigned);
	assert_int_equal(offer(k, &two, 10, 30).e, HF_E_CONFLICT);
	assert_int_equal(offer(k, &two, 10, 30).e, HF_E_CONFLICT);
	assert_int_equal(offer(k, &two, 10, 29).e, HF_E_CONFLICT);
	assert_true(offer(k, &one, 10, 20).cosigned);
	assert_int_equal(count_events(w, "equivocation"), 0);
}

/* The answer does not leave before the row is durable: a failed commit gives no cosignature, and after a restart the
 * row is there. */
static void test_durable_before_the_answer(void **state)
{
	struct kit *k = *state;
	struct history h;
	struct answer a;
	Hufu__WitnessRow *row;

	open_settled(k);
	kit_until(k, kit_state(&k->node[SB_HUB]).durable > 0);
	make_history(&h, 20, 1);
	offer_from(k, SB_HUB, "health", &h, 0, 9, &a);
	assert_false(a.done); /* only submitted */
	kit_until(k, a.done);
	assert_true(a.cosigned);
	kit_close(k, SB_HUB);
	kit_open(k, SB_HUB);
	kit_until(k, k->node[SB_HUB].ledger->settled);
	row = hf_witness_row(k->node[SB_HUB].ledger, origin_of(SB_HEALTH));
	assert_non_null(row);
	assert_int_equal(row->size, 9);
	hf_decoded_free(row);
	hf_sequence_halt(
	        k->node[SB_HUB].ledger->sequence); /* a unit with a draft in the same batch makes the commit fail */
	{
		struct hf_unit *u = hf_unit_new();

		hf_unit_draft(u, hf_draft_new(HF_EVENT_SELF_CHECK, NULL));
		hf_store_submit(k->node[SB_HUB].store, u, NULL, NULL);
	}
	offer_from(k, SB_HUB, "health", &h, 9, 20, &a);
	kit_until(k, a.done);
	row = hf_witness_row(k->node[SB_HUB].ledger, origin_of(SB_HEALTH));
	assert_true(a.e == HF_OK ? row->size == 20 : (row->size == 9 && !a.cosigned));
	hf_decoded_free(row);
}

/* Nothing is signed before a quorum has told what it has seen; a store that lost entries is noticed then, and the node
 * stops. */
static void test_a_log_that_lost_its_data_stops(void **state)
{
	struct kit *k = *state;
	struct kit_node *n;

	open_witnesses(k);
	n = kit_open(k, SB_HEALTH);
	kit_fill(n, 20);
	kit_until_witnessed(n);
	kit_close(k, SB_HEALTH);
	kit_lose(k, SB_HEALTH); /* store and last-signed */
	n = kit_open(k, SB_HEALTH);
	kit_until(k, kit_state(n).halted[0]);
	assert_non_null(strstr(kit_state(n).halted, "21 entries"));
	assert_int_equal(kit_state(n).signed_size, 0);
	assert_true(kit_state(n).read_only);
	kit_until(k, strcmp(n->alarm, "ledger-halted") == 0);
	kit_fill(n, 1); /* what people do here goes into the record */
	assert_int_equal(kit_state(n).signed_size, 0);
	{
		struct kit_done d = {.done = false};
		struct hf_unit *u = hf_unit_new();
		struct hf_id txn;

		txn = hf_id_new(kit_now(k));
		hf_unit_draft(u, hf_draft_new(HF_EVENT_TRANSFER_START, &txn));
		hf_store_submit(n->store, u, kit_on_done, &d);
		kit_until(k, d.done);
		assert_int_equal(d.e, HF_E_STATE); /* read-only for all that concerns others */
	}
}

/* The same when more was written since than was lost: another root at a size that the witnesses know. Nothing of it was
 * signed, so the log is behind. */
static void test_a_log_that_lost_its_data_and_wrote_more_stops(void **state)
{
	struct kit *k = *state;
	struct kit_node *n;

	open_witnesses(k);
	n = kit_open(k, SB_HEALTH);
	kit_fill(n, 5);
	kit_until_witnessed(n);
	kit_close(k, SB_HEALTH);
	kit_lose(k, SB_HEALTH);
	for (unsigned i = 0; i < SB_NODES; i++)
		k->down[i] = true;
	n = kit_open(k, SB_HEALTH);
	kit_fill(n, 30);
	assert_int_equal(kit_state(n).signed_size, 0); /* the gate */
	for (unsigned i = 0; i < SB_NODES; i++)
		k->down[i] = false;
	for (unsigned i = 0; i < SB_NODES; i++)
		hf_ledger_peer_up(n->ledger, k->sb->name[i]);
	kit_until(k, kit_state(n).halted[0]);
	assert_true(kit_state(n).read_only);
	assert_int_equal(kit_state(n).ahead, 6);
	assert_int_equal(kit_state(n).signed_size, 0);
}

/* A peer's bare word halts nobody: without this log's own signature a larger size means nothing. */
static bool boast(struct kit *k, const struct kit_call *c, struct hf_buf *body)
{
	Hufu__LedgerHeads *heads;
	uint8_t *bent;
	size_t len;

	(void)k;
	if (c->type != HF_MSG_LEDGER_HEADS || c->from != SB_AUDIT)
		return true;
	heads = HF_DECODE(ledger_heads, body->data, body->len);
	for (size_t i = 0; i < heads->n_heads; i++)
		heads->heads[i]->size += 1000;
	bent = hf_encode(&heads->base, &len);
	hf_buf_clear(body);
	hf_buf_add(body, bent, len);
	free(bent);
	hf_decoded_free(heads);
	return true;
}

static void test_a_lying_peer_halts_nobody(void **state)
{
	struct kit *k = *state;
	struct kit_node *n;

	k->bend = boast;
	open_witnesses(k);
	n = kit_open(k, SB_HEALTH);
	kit_fill(n, 20);
	kit_until_witnessed(n);
	hf_ledger_peer_up(k->node[SB_AUDIT].ledger, "health");
	kit_fill(n, 20);
	kit_until_witnessed(n);
	assert_string_equal(kit_state(n).halted, "");
}

static void on_wait(void *ctx, enum hf_err e)
{
	*(int *)ctx = (int)e + 1000;
}

static void test_wait_witnessed(void **state)
{
	struct kit *k = *state;
	struct kit_node *n;
	int first = 0, never = 0, late = 0;

	open_witnesses(k);
	n = kit_open(k, SB_HEALTH);
	kit_fill(n, 2);
	hf_ledger_wait_witnessed(n->ledger, 1, 30000, on_wait, &first);
	hf_ledger_wait_witnessed(n->ledger, 5000, 20, on_wait, &never);
	assert_int_equal(first, 0);
	kit_until(k, first && never);
	assert_int_equal(first, 1000 + HF_OK);
	assert_int_equal(never, 1000 + HF_E_TIMEOUT);
	hf_ledger_wait_witnessed(n->ledger, 0, 30000, on_wait, &late);
	assert_int_equal(late, 0); /* never from inside the call */
	kit_until(k, late);
	assert_int_equal(late, 1000 + HF_OK);
}

/* A restart forgets no cosignature and counts none twice. */
static void test_restart_keeps_the_checkpoint(void **state)
{
	struct kit *k = *state;
	struct kit_node *n;
	uint64_t size;

	open_witnesses(k);
	n = kit_open(k, SB_HEALTH);
	kit_fill(n, 7);
	kit_until_witnessed(n);
	size = kit_state(n).witnessed_size;
	kit_close(k, SB_HEALTH);
	for (unsigned i = 0; i < SB_NODES; i++)
		k->down[i] = true;
	n = kit_open(k, SB_HEALTH);
	assert_int_equal(kit_state(n).witnessed_size, size);
	assert_int_equal(kit_state(n).signed_size, size);
	for (unsigned i = 0; i < SB_NODES; i++)
		k->down[i] = false;
	kit_fill(n, 1);
	for (unsigned i = 0; i < SB_NODES; i++)
		hf_ledger_peer_up(n->ledger, k->sb->name[i]);
	kit_until_witnessed(n);
	assert_true(n->ledger->round.cosignatures <= 3);
	assert_int_equal(n->alarms, 0);
}

static void write_unseen(struct kit_node *n)
{
	struct hf_unit *u = hf_unit_new();

	hf_unit_draft(u, hf_draft_new(HF_EVENT_COMMAND, NULL));
	hf_store_submit(n->store, u, NULL, NULL);
}

/* Runs the loop, but carries nothing: the witnesses are silent. */
static void until_signed_beyond(struct kit_node *n, uint64_t size)
{
	struct kit *k = n->kit;

	uv_idle_stop(&k->carrier);
	uv_timer_start(&k->limit, kit_too_late, KIT_LIMIT_MS, 0);
	while (kit_state(n).signed_size <= size)
		uv_run(&k->loop, UV_RUN_ONCE);
	uv_timer_stop(&k->limit);
}

/* An entry is provable without waiting for slow witnesses, who are asked for the newest checkpoint once they have
 * answered; a restart in between signs nothing else for the same size. */
static void test_signing_runs_ahead_of_the_round(void **state)
{
	struct kit *k = *state;
	struct kit_node *n;
	uint64_t size;

	open_witnesses(k);
	n = kit_open(k, SB_HEALTH);
	kit_fill(n, 3);
	kit_until_witnessed(n);
	size = n->ledger->newest.size;
	for (unsigned i = 0; i < 3; i++) {
		write_unseen(n);
		until_signed_beyond(n, size + i);
	}
	assert_true(n->ledger->round.size < n->ledger->newest.size);
	assert_int_equal(n->ledger->promise.size, size + 3);
	kit_close(k, SB_HEALTH);
	n = kit_open(k, SB_HEALTH);
	assert_true(kit_state(n).signed_size < size + 3);
	kit_until_witnessed(n);
	assert_int_equal(kit_state(n).witnessed_size, size + 3);
	assert_int_equal(n->alarms, 0);
	assert_string_equal(n->ledger->halted, "");
	write_unseen(n);
	kit_until(k, kit_state(n).witnessed_size == size + 4);
	assert_true(hf_store_count(n->store, HF_TABLE_CHECKPOINT) <= 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_quorum, start, stop),
	        cmocka_unit_test_setup_teardown(test_own_cosignature_does_not_count, start, stop),
	        cmocka_unit_test_setup_teardown(test_a_witness_may_be_down, start, stop),
	        cmocka_unit_test_setup_teardown(test_witness_rules, start, stop),
	        cmocka_unit_test_setup_teardown(test_strangers_and_bad_signatures, start, stop),
	        cmocka_unit_test_setup_teardown(test_fork_of_the_same_size, start, stop),
	        cmocka_unit_test_setup_teardown(test_fork_of_another_size, start, stop),
	        cmocka_unit_test_setup_teardown(test_durable_before_the_answer, start, stop),
	        cmocka_unit_test_setup_teardown(test_a_log_that_lost_its_data_stops, start, stop),
	        cmocka_unit_test_setup_teardown(test_a_log_that_lost_its_data_and_wrote_more_stops, start, stop),
	        cmocka_unit_test_setup_teardown(test_a_lying_peer_halts_nobody, start, stop),
	        cmocka_unit_test_setup_teardown(test_wait_witnessed, start, stop),
	        cmocka_unit_test_setup_teardown(test_restart_keeps_the_checkpoint, start, stop),
	        cmocka_unit_test_setup_teardown(test_signing_runs_ahead_of_the_round, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
