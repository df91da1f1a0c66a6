/* key_test.c - the life of a log's key: what it signed while it counted stays good, what it signs later does not. */
#include "evidence/key_change.h"
#include "kit.h"

#define DAY_MS (24ll * 3600 * 1000)

static struct hf_sign_key *next_key;
static Hufu__MemberKey added;
static uint8_t added_pub[32];

static int start(void **state)
{
	struct kit *k = kit_new(NULL);

	next_key = sb_key(9, 0x77);
	for (unsigned n = 0; n < SB_NODES; n++)
		kit_open(k, n);
	*state = k;
	return 0;
}

static int stop(void **state)
{
	kit_free(*state);
	hf_sign_key_free(next_key);
	return 0;
}

/* The next descriptor: another log key of health from now on. */
static void issue(struct kit *k, int64_t at)
{
	Hufu__Member *m = &k->sb->member[SB_HEALTH];
	struct hf_fault f = {HF_OK, ""};

	sb_next(k->sb, &k->descriptor);
	k->sb->mkey[SB_HEALTH][HF_KEY_LOG].not_after_ms = at;
	hufu__member_key__init(&added);
	sb_pub(next_key, added_pub);
	added.use = HF_KEY_LOG;
	added.public_key = sb_bytes(added_pub, sizeof(added_pub));
	added.not_before_ms = at;
	k->sb->mkeys[SB_HEALTH][m->n_keys++] = &added;
	sb_sign(k->sb, &k->descriptor);
	if (hf_space_extend(k->space, k->descriptor.data, k->descriptor.len, &f) != HF_OK)
		fail_msg("%s", f.text);
}

static void revoke_key(struct kit *k, const uint8_t key[32], int64_t at)
{
	struct hf_fault f = {HF_OK, ""};

	sb_next(k->sb, &k->descriptor);
	sb_revoke(k->sb, "health", key, at);
	sb_sign(k->sb, &k->descriptor);
	if (hf_space_extend(k->space, k->descriptor.data, k->descriptor.len, &f) != HF_OK)
		fail_msg("%s", f.text);
}

static void keep_note(const struct kit_node *n, struct hf_buf *out)
{
	hf_buf_clear(out);
	hf_buf_add(out, n->ledger->witnessed.note.data, n->ledger->witnessed.note.len);
}

static enum hf_err weigh(struct kit *k, const struct hf_buf *note, struct hf_worth *ret_w)
{
	return hf_note_weigh(k->space, "health", note->data, note->len, kit_now(k), ret_w);
}

/* A checkpoint by the given key, cosigned now by all witnesses: what a thief with helpers could show. */
static void forge(struct kit *k, const struct hf_sign_key *key, struct hf_buf *out)
{
	static const unsigned witnesses[] = {SB_AUDIT, SB_HUB, SB_PORT, SB_ROADS};
	struct hf_checkpoint c = {.size = 1000};
	char text[400], line[600], name[HF_ORIGIN_MAX + 1];

	hf_space_origin(SB_SPACE, "health", c.origin);
	assert_true(hf_checkpoint_text(&c, text, sizeof(text)) > 0);
	assert_true(hf_note_sign_line(key, c.origin, text, strlen(text), line, sizeof(line)) > 0);
	hf_buf_clear(out);
	hf_buf_addf(out, "%s\n%s", text, line);
	for (unsigned i = 0; i < 4; i++) {
		hf_cosigner_name(SB_SPACE, HF_KEY_WITNESS, k->sb->name[witnesses[i]], name);
		assert_true(hf_note_cosign_line(k->sb->key[witnesses[i]][HF_KEY_WITNESS], name,
		                                (uint64_t)(kit_now(k) / 1000), text, strlen(text), line,
		                                sizeof(line)) > 0);
		hf_buf_add(out, line, strlen(line));
	}
}

/* The entry that names the next key: public, under a witnessed checkpoint, checked with what is public alone. */
static void read_change(struct kit *k, struct kit_node *n, struct hf_key_change *ret_change)
{
	struct hf_opened o = HF_OPENED_INIT, first = HF_OPENED_INIT;
	Hufu__LedgerEntry *e = NULL;
	struct hf_sign_pub recovery;
	struct hf_bytes b;

	for (uint64_t i = 0; i < kit_state(n).durable && !o.opening; i++) {
		assert_int_equal(hf_place_entry(&n->ledger->own, &n->ledger->rows, i, &b), HF_OK);
		assert_int_equal(hf_entry_decode(b.data, b.len, &e), HF_OK);
		if (i == 0)
			assert_int_equal(hf_opening_of_entry(e, &first), HF_OK);
		else if (e->n_openings > 0) {
			assert_int_equal(hf_opening_of_entry(e, &o), HF_OK);
			assert_true(hf_entry_check_opening(e, o.opening));
			assert_true(hf_key_recovery_of(first.opening, &recovery));
			assert_memory_equal(recovery.b, k->sb->pub[SB_HEALTH][HF_KEY_RECOVERY], 32);
			assert_int_equal(hf_key_change_open(o.opening, n->ledger->own.origin, &recovery, ret_change),
			                 HF_OK);
			o.opening->fields[0]->value.data[0] ^= 1; /* another one is not taken */
			assert_int_equal(hf_key_change_open(o.opening, n->ledger->own.origin, &recovery, ret_change),
			                 HF_E_FORMAT);
			o.opening->fields[0]->value.data[0] ^= 1;
			assert_int_equal(
			        hf_key_change_open(o.opening, "city.example/ledger/roads", &recovery, ret_change),
			        HF_E_FORMAT);
			assert_int_equal(hf_key_change_open(o.opening, n->ledger->own.origin, &recovery, ret_change),
			                 HF_OK);
			hf_opened_done(&first);
		}
		if (o.opening)
			break;
		hf_decoded_free(e);
		e = NULL;
	}
	assert_non_null(o.opening);
	hf_opened_done(&o);
	hf_decoded_free(e);
}

struct verified {
	bool done;
	enum hf_err e;
	struct hf_ledger_check check;
};

static void on_verified(void *ctx, enum hf_err e, const struct hf_ledger_check *c)
{
	*(struct verified *)ctx = (struct verified){true, e, *c};
}

static struct verified verify(struct kit_node *n)
{
	struct verified v = {false, HF_OK, {0}};

	hf_ledger_verify(n->ledger, NULL, on_verified, &v);
	kit_until(n->kit, v.done);
	return v;
}

/* A change that its own log has written, but no key of it has signed, is found by the check in place, too. */
static void test_a_change_that_no_key_has_signed(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_HEALTH];
	struct hf_key_change c = {.use = HF_KEY_LOG};
	struct hf_draft *d = hf_draft_new(HF_EVENT_KEY_CHANGE, NULL);
	struct hf_sign_pub pub;
	struct verified v;
	uint64_t index;

	kit_fill(n, 5);
	kit_until_witnessed(n);
	v = verify(n);
	assert_int_equal(v.e, HF_OK);
	index = kit_state(n).durable;
	memcpy(c.old_key, k->sb->pub[SB_HEALTH][HF_KEY_LOG], 32);
	hf_sign_key_pub(next_key, &pub);
	memcpy(c.new_key, pub.b, 32);
	hf_draft_text(d, HF_FIELD_ACTOR, "health");
	hf_draft_outcome(d, HF_OK, NULL);
	assert_true(hf_key_change_draft(d, n->ledger->own.origin, &c, next_key)); /* instead of the old one */
	kit_write(n, d);
	kit_until_witnessed(n);
	v = verify(n);
	assert_int_equal(v.e, HF_E_SIGNATURE);
	assert_int_equal(v.check.bad, index);
	assert_non_null(strstr(v.check.text, "is signed neither by the key that it replaces"));
}

static void test_rotation(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_HEALTH];
	struct hf_buf before HF_CLEANUP(hf_buf_done) = HF_BUF_INIT, after HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	struct hf_key_change c;
	struct hf_worth w;

	kit_fill(n, 5);
	kit_until_witnessed(n);
	keep_note(n, &before);
	kit_close(k, SB_HEALTH);
	n->keys.next_log = next_key; /* as `hufu keys rotate log` leaves it */
	n = kit_open(k, SB_HEALTH);
	kit_until(k, kit_state(n).durable > 6);
	kit_until_witnessed(n);
	read_change(k, n, &c);
	assert_true(c.use == HF_KEY_LOG && !c.by_recovery);
	assert_memory_equal(c.old_key, k->sb->pub[SB_HEALTH][HF_KEY_LOG], 32);
	assert_int_equal(verify(n).e, HF_OK);
	k->jump_ms += 1000; /* a cosignature states whole seconds */
	issue(k, kit_now(k));
	k->jump_ms += 1000;
	kit_fill(n, 5);
	kit_until_witnessed(n);
	keep_note(n, &after);
	assert_memory_equal(c.new_key, added_pub, 32);
	assert_int_equal(weigh(k, &before, &w), HF_OK); /* by the old key, by the time of its cosignatures */
	assert_true(w.witnessed);
	assert_int_equal(weigh(k, &after, &w), HF_OK);
	assert_true(w.witnessed && w.checkpoint.size == kit_state(n).witnessed_size);
	forge(k, k->sb->key[SB_HEALTH][HF_KEY_LOG], &after);
	assert_int_equal(weigh(k, &after, &w), HF_E_SIGNATURE); /* the old key after its end */
	kit_close(k, SB_HEALTH);
	n = kit_open(k, SB_HEALTH);
	kit_fill(n, 1);
	kit_until_witnessed(n);
	assert_string_equal(kit_state(n).halted, "");
}

/* The key changes while no quorum is up: what nobody has cosigned is signed again with the one that counts now, also
 * when one witness has cosigned it under the former one, and needs no entry but the change's own. */
static void test_a_change_without_a_quorum(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_HEALTH];
	struct hf_buf note HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	struct hf_worth w;
	char event[64] = "";
	uint64_t size;

	kit_fill(n, 5);
	kit_until_witnessed(n);
	k->down[SB_AUDIT] = k->down[SB_PORT] = k->down[SB_ROADS] = true;
	n->keys.next_log = next_key;
	kit_fill(n, 5);
	kit_until(k, kit_state(n).signed_size == kit_state(n).durable &&
	                     n->ledger->round.size == kit_state(n).durable && n->ledger->round.cosignatures == 1);
	size = kit_state(n).durable;
	k->jump_ms += 1000;
	issue(k, kit_now(k));
	k->jump_ms += 60000;
	k->down[SB_AUDIT] = k->down[SB_PORT] = k->down[SB_ROADS] = false;
	for (unsigned i = 0; i < SB_NODES; i++)
		hf_ledger_peer_up(n->ledger, k->sb->name[i]);
	kit_until(k, kit_state(n).witnessed_size >= size);
	assert_true(kit_state(n).durable <= size + 1);
	if (kit_state(n).durable > size) { /* none but the change's own, which may come before or behind */
		kit_field(n, size, HF_FIELD_EVENT, event, sizeof(event));
		assert_string_equal(event, "key-change");
	}
	keep_note(n, &note);
	assert_int_equal(weigh(k, &note, &w), HF_OK);
	assert_true(w.witnessed && w.by_present_key && w.checkpoint.size >= size);
	assert_string_equal(kit_state(n).halted, "");
}

/* A witness that comes late, after the change, does not take away what the quorum had made good before. */
static void test_a_late_cosignature(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_HEALTH];
	struct hf_worth w;
	unsigned before;

	k->down[SB_ROADS] = true;
	kit_fill(n, 5);
	kit_until_witnessed(n);
	before = n->ledger->round.cosignatures;
	n->keys.next_log = next_key;
	k->jump_ms += 1000;
	issue(k, kit_now(k) + 500);
	k->jump_ms += 2000;
	k->down[SB_ROADS] = false;
	kit_close(k, SB_HEALTH);
	n->keys.next_log = NULL; /* it announces nothing, so that nothing new is signed */
	n = kit_open(k, SB_HEALTH);
	kit_until(k, n->ledger->round.cosignatures > before);
	assert_int_equal(weigh(k, &n->ledger->round.note, &w), HF_OK);
	assert_true(w.witnessed && !w.by_present_key && w.cosignatures > before);
}

/* In wrong hands: revoked from a time on. What was cosigned before stays good, nothing after it counts, and the log
 * goes on with a key that its recovery key names. */
static void test_a_compromised_key(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_HEALTH];
	struct hf_buf before HF_CLEANUP(hf_buf_done) = HF_BUF_INIT, forged HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	struct hf_key_change c;
	struct hf_worth w;

	kit_fill(n, 5);
	kit_until_witnessed(n);
	keep_note(n, &before);
	kit_close(k, SB_HEALTH);
	k->jump_ms += DAY_MS;
	forge(k, k->sb->key[SB_HEALTH][HF_KEY_LOG], &forged);
	assert_int_equal(weigh(k, &forged, &w), HF_OK); /* nobody knows so far */
	revoke_key(k, k->sb->pub[SB_HEALTH][HF_KEY_LOG], kit_now(k) - DAY_MS / 2);
	issue(k, kit_now(k));
	assert_int_equal(weigh(k, &forged, &w), HF_E_SIGNATURE);
	assert_int_equal(weigh(k, &before, &w), HF_OK);
	assert_true(w.witnessed);
	n->keys.next_log = next_key;
	n = kit_open(k, SB_HEALTH);
	kit_until(k, kit_state(n).durable > 6);
	kit_until_witnessed(n);
	read_change(k, n, &c);
	assert_true(c.by_recovery);
	assert_int_equal(verify(n).e, HF_OK);
	assert_string_equal(kit_state(n).halted, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_rotation, start, stop),
	        cmocka_unit_test_setup_teardown(test_a_change_that_no_key_has_signed, start, stop),
	        cmocka_unit_test_setup_teardown(test_a_change_without_a_quorum, start, stop),
	        cmocka_unit_test_setup_teardown(test_a_late_cosignature, start, stop),
	        cmocka_unit_test_setup_teardown(test_a_compromised_key, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
