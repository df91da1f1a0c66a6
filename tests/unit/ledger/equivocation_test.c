/*
 * A log that signs two histories: found by honest peers within two rounds of gossip, proved to anybody, frozen at all
 * of them with both branches kept; a missing answer stays a doubt; the authority ends the freeze with another log key.
 */
#include "evidence/equivocation.h"

#include "kit.h"

static int start(void **state)
{
	struct kit *k = kit_new(NULL);

	kit_open(k, SB_AUDIT);
	kit_open(k, SB_HUB);
	kit_open(k, SB_PORT);
	kit_open(k, SB_ROADS);
	kit_until_settled(k);
	*state = k;
	return 0;
}

static int stop(void **state)
{
	kit_free(*state);
	return 0;
}

static const unsigned honest[] = {SB_AUDIT, SB_HUB, SB_PORT, SB_ROADS};
#define HONEST (sizeof(honest) / sizeof(honest[0]))

static const char *liar_origin(void)
{
	static char origin[HF_ORIGIN_MAX + 1];

	hf_space_origin(SB_SPACE, "health", origin);
	return origin;
}

/* A history of the liar that nobody but the test holds: leaves from 4 on are of that flavour. */
static void leaves_of(uint8_t flavour, struct hf_hash leaf[64])
{
	for (unsigned i = 0; i < 64; i++) {
		uint8_t data[2] = {(uint8_t)i, i < 4 ? 0 : flavour};

		hf_merkle_leaf(data, sizeof(data), &leaf[i]);
	}
}

static bool read_leaves(void *ctx, unsigned level, uint64_t index, struct hf_hash *ret_hash)
{
	hf_merkle_root((const struct hf_hash *)ctx + (index << level), (size_t)1 << level, ret_hash);
	return true;
}

struct signed_note {
	char text[1200];
	struct hf_bytes bytes;
};

static void sign_root(struct hf_sign_key *key, const struct hf_hash *root, uint64_t size, struct signed_note *ret)
{
	struct hf_checkpoint c = {.size = size, .root = *root};
	char text[400], line[400];

	snprintf(c.origin, sizeof(c.origin), "%s", liar_origin());
	assert_true(hf_checkpoint_text(&c, text, sizeof(text)) > 0);
	assert_true(hf_note_sign_line(key, c.origin, text, strlen(text), line, sizeof(line)) > 0);
	ret->bytes = (struct hf_bytes){(const uint8_t *)ret->text,
	                               (size_t)snprintf(ret->text, sizeof(ret->text), "%s\n%s", text, line)};
}

static void sign_flavour(struct kit *k, uint8_t flavour, uint64_t size, struct signed_note *ret)
{
	struct hf_hash leaf[64], root;

	leaves_of(flavour, leaf);
	hf_merkle_root(leaf, size, &root);
	sign_root(k->sb->key[SB_HEALTH][HF_KEY_LOG], &root, size, ret);
}

static void take_answer(void *ctx, enum hf_err e, const char *text, const void *body, size_t len)
{
	(void)text, (void)body, (void)len;
	*(int *)ctx = 1000 + (int)e;
}

static enum hf_err push(struct kit *k, unsigned from, unsigned to, enum hf_msg type, const ProtobufCMessage *m)
{
	int answer = 0;
	size_t len;
	uint8_t *body = hf_encode(m, &len);

	hf_ledger_handle(k->node[to].ledger, k->sb->name[from], type, (struct hf_bytes){body, len},
	                 (struct hf_answer){take_answer, &answer});
	kit_until(k, answer != 0);
	free(body);
	return (enum hf_err)(answer - 1000);
}

/* The liar shows a checkpoint of its log to one witness. */
static enum hf_err show(struct kit *k, unsigned to, const struct signed_note *note)
{
	Hufu__CheckpointAdd add = HUFU__CHECKPOINT_ADD__INIT;

	add.origin = (char *)(uintptr_t)liar_origin();
	add.note = hf_binary(note->bytes.data, note->bytes.len);
	return push(k, SB_HEALTH, to, HF_MSG_CHECKPOINT_ADD, &add.base);
}

static enum hf_err tell_head(struct kit *k, unsigned from, unsigned to, const struct signed_note *note)
{
	Hufu__LedgerHeads m = HUFU__LEDGER_HEADS__INIT;
	Hufu__LedgerHead head = HUFU__LEDGER_HEAD__INIT, *list[1] = {&head};

	head.origin = (char *)(uintptr_t)liar_origin();
	head.note = hf_binary(note->bytes.data, note->bytes.len);
	m.heads = list;
	m.n_heads = 1;
	return push(k, from, to, HF_MSG_LEDGER_HEADS, &m.base);
}

static size_t frozen_at(struct kit *k)
{
	size_t count = 0;

	for (size_t i = 0; i < HONEST; i++)
		count += k->node[honest[i]].ledger && hf_frozen(k->node[honest[i]].ledger, liar_origin());
	return count;
}

static bool at_rest(struct kit *k)
{
	for (unsigned n = 0; n < SB_NODES; n++) {
		struct hf_ledger *l = k->node[n].ledger;

		for (size_t i = 0; l && i < l->peer_count; i++)
			if (l->peer[i]->heads_ms <= hf_ledger_mono(l) && !k->down[n] &&
			    !k->down[kit_number(k, l->peer[i]->node)] &&
			    k->node[kit_number(k, l->peer[i]->node)].ledger)
				return false;
	}
	return !k->live;
}

/* One round of gossip: a minute passes, and everything that it sets off has ended. */
static void gossip(struct kit *k)
{
	k->jump_ms += HF_LEDGER_HEADS_MS + 1;
	for (unsigned n = 0; n < SB_NODES; n++)
		if (k->node[n].ledger)
			hf_ledger_wake(k->node[n].ledger);
	kit_turn(k);
	kit_until(k, at_rest(k));
}

static void take_view(struct hf_evidence_view *ret, const struct hf_evidence_view *v)
{
	*ret = *v;
	ret->evidence = NULL;
}

static bool first_view(void *ctx, const struct hf_evidence_view *v)
{
	take_view(ctx, v);
	return false;
}

/* What an outsider makes of the file that a node hands out. */
static enum hf_err outsider(struct kit *k, unsigned n, struct hf_equivocation *ret, struct hf_buf *file)
{
	struct hf_trust trust = {.number = 0};
	struct hf_fault f = {HF_OK, ""};

	memcpy(trust.root.b, k->sb->root_pub, sizeof(trust.root.b));
	assert_int_equal(hf_ledger_evidence_file(k->node[n].ledger, "health", file), HF_OK);
	return hf_equivocation_verify(&trust, file->data, file->len, ret, &f);
}

/* SB-58, DS-102: one size, two roots, shown to two witnesses: every honest peer knows and has the proof within two
 * rounds; an outsider verifies the file of each. */
static void test_exposed_within_two_rounds(void **state)
{
	struct kit *k = *state;
	struct signed_note one, two;
	unsigned rounds = 0;

	kit_until(k, at_rest(k));
	sign_flavour(k, 1, 10, &one);
	sign_flavour(k, 2, 10, &two);
	assert_int_equal(show(k, SB_HUB, &one), HF_OK);
	assert_int_equal(show(k, SB_PORT, &two), HF_OK);
	for (; rounds < 2 && frozen_at(k) < HONEST; rounds++)
		gossip(k);
	assert_int_equal(frozen_at(k), HONEST);
	for (size_t i = 0; i < HONEST; i++) {
		struct hf_buf file HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
		struct hf_equivocation q;

		assert_int_equal(outsider(k, honest[i], &q, &file), HF_OK);
		assert_string_equal(q.node.s, "health");
		assert_true(q.first.size == 10 && q.second.size == 10);
		assert_string_equal(k->node[honest[i]].alarm, "ledger-equivocation");
		assert_int_equal(k->node[honest[i]].alarms, 1);
	}
	assert_int_equal(show(k, SB_HUB, &one), HF_E_CONFLICT); /* frozen: neither branch goes on */
	assert_int_equal(show(k, SB_PORT, &two), HF_E_CONFLICT);
}

/* Two sizes: the true log itself, asked for the path, shows the root that gives the other signature the lie. */
static void test_two_sizes(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = kit_open(k, SB_HEALTH);
	struct signed_note forged;
	struct hf_equivocation q;
	struct hf_buf file HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;

	kit_fill(n, 20);
	kit_until_witnessed(n);
	kit_until(k, at_rest(k));
	sign_flavour(k, 1, 5, &forged);
	assert_int_equal(tell_head(k, SB_AUDIT, SB_HUB, &forged), HF_OK);
	kit_until(k, frozen_at(k) == HONEST);
	assert_int_equal(outsider(k, SB_ROADS, &q, &file), HF_OK);
	assert_true(q.first.size == 5 && q.second.size == 21 && !hf_hash_equal(&q.first.root, &q.shown));
	kit_until(k, kit_state(n).halted[0]); /* it is told too: somebody has a copy of its key */
	kit_close(k, SB_HEALTH);
	kit_open(k, SB_HEALTH);
	assert_true(kit_state(n).halted[0] != 0);
}

/* A mirror holds the whole tree: it needs to ask nobody. */
static void test_a_mirror_proves_it_alone(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = kit_open(k, SB_HEALTH);
	struct signed_note forged;
	struct hf_equivocation q;
	struct hf_buf file HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;

	kit_invite(n, "roads");
	kit_invite(&k->node[SB_ROADS], "health");
	kit_fill(n, 20);
	kit_until(k, kit_state(n).mirrored_size == kit_state(n).durable);
	kit_close(k, SB_HEALTH);
	kit_until(k, !k->live);
	sign_flavour(k, 1, 9, &forged);
	assert_int_equal(tell_head(k, SB_AUDIT, SB_ROADS, &forged), HF_OK);
	kit_until(k, frozen_at(k) == HONEST);
	assert_int_equal(k->sent[HF_MSG_CONSISTENCY_GET], 0);
	assert_int_equal(outsider(k, SB_PORT, &q, &file), HF_OK);
	assert_int_equal(q.first.size, 9);
	{
		Hufu__MirrorRow *row = hf_mirror_row(k->node[SB_ROADS].ledger, liar_origin());

		assert_true(row->frozen && row->size >= 21); /* kept */
		hf_decoded_free(row);
	}
}

static void ignore_answer(void *ctx, enum hf_err e, const char *text, const void *body, size_t len)
{
	(void)ctx, (void)e, (void)text, (void)body, (void)len;
}

/* Before each message of heads that reaches AUDIT, the log itself has it look at yet another checkpoint; its own say
 * nothing, as if the mirror were no witness: only what it is told can show it the two. */
static bool sign_another(struct kit *k, const struct kit_call *c, struct hf_buf *body)
{
	Hufu__LedgerHeads m = HUFU__LEDGER_HEADS__INIT;
	Hufu__LedgerHead head = HUFU__LEDGER_HEAD__INIT, *list[1] = {&head};
	struct signed_note note;
	uint8_t *bytes;
	size_t len;

	if (c->from == SB_AUDIT && c->type == HF_MSG_LEDGER_HEADS)
		hf_buf_clear(body);
	if (c->to != SB_AUDIT || c->type != HF_MSG_LEDGER_HEADS)
		return true;
	sign_flavour(k, 1, 30 + k->sent[HF_MSG_LEDGER_HEADS] % 30, &note);
	head.origin = (char *)(uintptr_t)liar_origin();
	head.note = hf_binary(note.bytes.data, note.bytes.len);
	m.heads = list;
	m.n_heads = 1;
	bytes = hf_encode(&m.base, &len);
	hf_ledger_handle(k->node[SB_AUDIT].ledger, "health", HF_MSG_LEDGER_HEADS, (struct hf_bytes){bytes, len},
	                 (struct hf_answer){ignore_answer, NULL});
	free(bytes);
	return true;
}

/* Whatever else the log signs meanwhile, what another member has told is asked about. */
static void test_ever_new_checkpoints_hide_nothing(void **state)
{
	struct kit *k = *state;
	struct kit_node *n;
	struct signed_note forged;
	unsigned rounds = 0;

	k->down[SB_AUDIT] = true; /* it does not see the branch that is mirrored */
	n = kit_open(k, SB_HEALTH);
	kit_invite(n, "roads");
	kit_invite(&k->node[SB_ROADS], "health");
	kit_fill(n, 20);
	kit_until(k, kit_state(n).mirrored_size == kit_state(n).durable);
	kit_close(k, SB_HEALTH);
	k->down[SB_HUB] = k->down[SB_PORT] = true;
	k->down[SB_AUDIT] = false;
	sign_flavour(k, 1, 6, &forged);
	assert_int_equal(show(k, SB_AUDIT, &forged), HF_OK);
	k->bend = sign_another;
	for (; rounds < 2 && !hf_frozen(k->node[SB_AUDIT].ledger, liar_origin()); rounds++)
		gossip(k);
	assert_true(hf_frozen(k->node[SB_AUDIT].ledger, liar_origin()));
	assert_true(hf_frozen(k->node[SB_ROADS].ledger, liar_origin()));
}

/* The log is silent and nobody holds it: a doubt with a deadline, an alarm then, and no freeze. */
static void test_silence_is_no_evidence(void **state)
{
	struct kit *k = *state;
	struct signed_note one, two;

	sign_flavour(k, 1, 10, &one);
	sign_flavour(k, 2, 12, &two);
	assert_int_equal(show(k, SB_HUB, &one), HF_OK);
	assert_int_equal(tell_head(k, SB_AUDIT, SB_HUB, &two), HF_OK);
	for (unsigned i = 0; i < HF_LEDGER_DOUBT_MS / HF_LEDGER_HEADS_MS - 1; i++)
		gossip(k);
	assert_int_equal(k->node[SB_HUB].alarms, 0);
	for (unsigned i = 0; i < 3; i++)
		gossip(k);
	assert_string_equal(k->node[SB_HUB].alarm, "ledger-unexplained");
	assert_int_equal(frozen_at(k), 0);
}

/* An honest log is heard of at many sizes, old ones too: every doubt is cleared, nobody is alarmed. */
static void test_an_honest_log_is_cleared(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = kit_open(k, SB_HEALTH);
	struct signed_note old;
	struct hf_tree tree = {&n->ledger->own, &n->ledger->rows};
	struct hf_hash root;

	kit_fill(n, 20);
	kit_until_witnessed(n);
	kit_until(k, at_rest(k));
	assert_true(hf_tree_root(&tree, 7, &root));
	sign_root(k->sb->key[SB_HEALTH][HF_KEY_LOG], &root, 7, &old);
	assert_int_equal(tell_head(k, SB_AUDIT, SB_HUB, &old), HF_OK);
	kit_until(k, k->sent[HF_MSG_CONSISTENCY_GET] > 0 && !k->live);
	for (unsigned i = 0; i < 12; i++) {
		kit_fill(n, 1);
		gossip(k);
	}
	assert_int_equal(frozen_at(k), 0);
	for (size_t i = 0; i < HONEST; i++)
		assert_int_equal(k->node[honest[i]].alarms, 0);
}

/* Evidence is verified before anything: what proves nothing changes nothing. */
static void test_false_evidence(void **state)
{
	struct kit *k = *state;
	struct hf_hash leaf[64], root;
	struct hf_merkle_path path;
	struct signed_note one, two, small, other;
	ProtobufCBinaryData proof[64];
	Hufu__LedgerEvidence e = HUFU__LEDGER_EVIDENCE__INIT;

	leaves_of(1, leaf);
	sign_flavour(k, 1, 10, &one);
	sign_flavour(k, 2, 10, &two);
	sign_flavour(k, 1, 6, &small);
	hf_merkle_root(leaf, 10, &root);
	memset(root.b, 3, 4);
	sign_root(k->sb->key[SB_ROADS][HF_KEY_LOG], &root, 10, &other);
	e.origin = (char *)(uintptr_t)liar_origin();
	e.first = hf_binary(one.bytes.data, one.bytes.len);
	e.second = e.first; /* the same twice */
	assert_int_equal(push(k, SB_AUDIT, SB_HUB, HF_MSG_LEDGER_EVIDENCE, &e.base), HF_E_STATE);
	e.second = hf_binary(other.bytes.data, other.bytes.len); /* another's signature */
	assert_int_equal(push(k, SB_AUDIT, SB_HUB, HF_MSG_LEDGER_EVIDENCE, &e.base), HF_E_SIGNATURE);
	e.first = hf_binary(small.bytes.data, small.bytes.len); /* two sizes and no path */
	e.second = hf_binary(one.bytes.data, one.bytes.len);
	assert_int_equal(push(k, SB_AUDIT, SB_HUB, HF_MSG_LEDGER_EVIDENCE, &e.base), HF_E_STATE);
	assert_true(hf_merkle_consistency(read_leaves, leaf, 6, 10, &path));
	for (unsigned i = 0; i < path.count; i++)
		proof[i] = hf_binary(path.node[i].b, 32);
	e.proof = proof;
	e.n_proof = path.count;
	e.shown_root = hf_binary(root.b, 32); /* a path that leads nowhere */
	assert_int_equal(push(k, SB_AUDIT, SB_HUB, HF_MSG_LEDGER_EVIDENCE, &e.base), HF_E_STATE);
	hf_merkle_root(leaf, 6, &root);
	e.shown_root = hf_binary(root.b, 32); /* a good path: one history */
	assert_int_equal(push(k, SB_AUDIT, SB_HUB, HF_MSG_LEDGER_EVIDENCE, &e.base), HF_E_STATE);
	assert_int_equal(frozen_at(k), 0);
	e = (Hufu__LedgerEvidence)HUFU__LEDGER_EVIDENCE__INIT;
	e.origin = (char *)(uintptr_t)liar_origin();
	e.first = hf_binary(one.bytes.data, one.bytes.len);
	e.second = hf_binary(two.bytes.data, two.bytes.len);
	assert_int_equal(push(k, SB_AUDIT, SB_HUB, HF_MSG_LEDGER_EVIDENCE, &e.base), HF_OK); /* and one that is true */
	kit_until(k, frozen_at(k) == HONEST);
}

/* A witness that has come up anew and may not cosign yet still proves what contradicts its row. */
static void test_proved_before_it_has_settled(void **state)
{
	struct kit *k = *state;
	struct signed_note one, two, more;

	sign_flavour(k, 1, 10, &one);
	sign_flavour(k, 2, 10, &two);
	sign_flavour(k, 1, 12, &more);
	assert_int_equal(show(k, SB_HUB, &one), HF_OK);
	for (size_t i = 0; i < HONEST; i++)
		k->down[honest[i]] = honest[i] != SB_HUB;
	kit_close(k, SB_HUB);
	kit_open(k, SB_HUB);
	assert_int_equal(show(k, SB_HUB, &one), HF_E_BUSY);
	assert_int_equal(show(k, SB_HUB, &more), HF_E_BUSY);
	assert_int_equal(show(k, SB_HUB, &two), HF_E_CONFLICT);
	assert_false(k->node[SB_HUB].ledger->settled);
	assert_int_equal(frozen_at(k), 1);
	for (size_t i = 0; i < HONEST; i++)
		k->down[honest[i]] = false;
	for (size_t i = 0; i < HONEST; i++)
		if (honest[i] != SB_HUB)
			hf_ledger_peer_up(k->node[SB_HUB].ledger, k->sb->name[honest[i]]);
	kit_until(k, frozen_at(k) == HONEST && kit_settled(k));
}

/* Every byte of the file counts. */
static void test_altered_files(void **state)
{
	struct kit *k = *state;
	struct hf_trust trust = {.number = 0};
	struct hf_fault f = {HF_OK, ""};
	struct signed_note one, two;
	struct hf_equivocation q;
	struct hf_buf file HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;

	memcpy(trust.root.b, k->sb->root_pub, sizeof(trust.root.b));
	sign_flavour(k, 1, 10, &one);
	sign_flavour(k, 2, 10, &two);
	assert_int_equal(show(k, SB_HUB, &one), HF_OK);
	assert_int_equal(show(k, SB_HUB, &two), HF_E_CONFLICT);
	assert_int_equal(outsider(k, SB_HUB, &q, &file), HF_OK);
	if (getenv("HUFU_WRITE_SEEDS")) { /* the fuzzer's true file */
		char path[600];

		snprintf(path, sizeof(path), "%s/evidence_fuzz/true", getenv("HUFU_WRITE_SEEDS"));
		assert_int_equal(hf_file_write(path, file.data, file.len, 0644), HF_OK);
	}
	for (size_t i = 0; i < file.len; i++) {
		file.data[i] ^= 1;
		assert_int_not_equal(hf_equivocation_verify(&trust, file.data, file.len, &q, &f), HF_OK);
		file.data[i] ^= 1;
	}
	for (size_t i = 1; i < 40; i++)
		assert_int_not_equal(hf_equivocation_verify(&trust, file.data, file.len - i, &q, &f), HF_OK);
	trust.root.b[0] ^= 1; /* another space's root */
	assert_int_not_equal(hf_equivocation_verify(&trust, file.data, file.len, &q, &f), HF_OK);
}

/* It outlives a restart, and who was away gets it when he is back: once. */
static void test_it_reaches_who_was_away(void **state)
{
	struct kit *k = *state;
	struct hf_evidence_view v = {.told = 0};
	struct signed_note one, two;

	kit_close(k, SB_ROADS);
	sign_flavour(k, 1, 10, &one);
	sign_flavour(k, 2, 10, &two);
	assert_int_equal(show(k, SB_HUB, &one), HF_OK);
	k->down[SB_AUDIT] = k->down[SB_PORT] = true;
	assert_int_equal(show(k, SB_HUB, &two), HF_E_CONFLICT);
	kit_until(k, !k->live);
	kit_close(k, SB_HUB);
	kit_open(k, SB_HUB);
	kit_open(k, SB_ROADS);
	kit_until(k, frozen_at(k) == 2);
	k->down[SB_AUDIT] = k->down[SB_PORT] = false;
	for (size_t i = 0; i < HONEST; i++)
		if (honest[i] != SB_HUB)
			hf_ledger_peer_up(k->node[SB_HUB].ledger, k->sb->name[honest[i]]);
	kit_until(k, frozen_at(k) == HONEST && !k->live);
	k->sent[HF_MSG_LEDGER_EVIDENCE] = 0;
	gossip(k);
	gossip(k);
	assert_true(k->sent[HF_MSG_LEDGER_EVIDENCE] <= HONEST * 2); /* to the liar, who is not there */
	assert_int_equal(hf_ledger_evidence(k->node[SB_HUB].ledger, first_view, &v), HF_OK);
	assert_true(v.frozen && v.told == 3 && v.first == 10);
	assert_int_equal(k->node[SB_HUB].alarms, 1);
}

/* The remedy: with another log key in the descriptor the ledger is witnessed and mirrored anew, from its first entry,
 * also where the other branch had been; the evidence stays. */
static void test_another_key_ends_the_freeze(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = kit_open(k, SB_HEALTH);
	struct hf_buf file HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	struct hf_equivocation q;
	struct signed_note forged;
	uint64_t before;

	kit_invite(n, "roads");
	kit_invite(&k->node[SB_ROADS], "health");
	kit_fill(n, 20);
	kit_until_witnessed(n);
	kit_until(k, kit_state(n).mirrored_size == kit_state(n).durable);
	sign_flavour(k, 1, 5, &forged);
	assert_int_equal(tell_head(k, SB_AUDIT, SB_ROADS, &forged), HF_OK);
	kit_until(k, frozen_at(k) == HONEST && kit_state(n).halted[0]);
	before = kit_state(n).durable;
	kit_close(k, SB_HEALTH);
	kit_change_log_key(k, SB_HEALTH);
	assert_int_equal(frozen_at(k), 0);
	n = kit_open(k, SB_HEALTH);
	assert_string_equal(kit_state(n).halted, "");
	kit_fill(n, 3);
	kit_until_witnessed(n);
	kit_until(k, kit_state(n).mirrored_size == kit_state(n).durable);
	assert_true(kit_state(n).durable > before);
	assert_int_equal(outsider(k, SB_ROADS, &q, &file), HF_OK);
	assert_int_equal(q.descriptor.number, 2);
}

/* The log of health is caught and has another key, by which all running witnesses know it. ret_old (owned by the
 * caller): the frozen row of one of them. */
static struct kit_node *caught_and_renewed(struct kit *k, Hufu__WitnessRow **ret_old)
{
	struct kit_node *n = kit_open(k, SB_HEALTH);
	struct signed_note forged;

	kit_fill(n, 20);
	kit_until_witnessed(n);
	kit_until(k, at_rest(k));
	if (!ret_old)
		kit_close(k, SB_PORT);
	sign_flavour(k, 1, 5, &forged);
	assert_int_equal(tell_head(k, SB_AUDIT, SB_HUB, &forged), HF_OK);
	kit_until(k, frozen_at(k) == HONEST - !ret_old && kit_state(n).halted[0]);
	if (ret_old) {
		*ret_old = hf_witness_row(k->node[SB_PORT].ledger, liar_origin());
		assert_true(*ret_old && (*ret_old)->frozen);
	}
	kit_close(k, SB_HEALTH);
	kit_change_log_key(k, SB_HEALTH);
	n = kit_open(k, SB_HEALTH);
	kit_fill(n, 3);
	kit_until_witnessed(n);
	return n;
}

/* SB-58: a witness that is set back to the time of the freeze takes over what was cosigned with the new key, and so
 * cannot be shown another beginning. */
static void test_a_witness_set_back_to_the_freeze(void **state)
{
	struct kit *k = *state;
	struct hf_ledger *port = k->node[SB_PORT].ledger;
	Hufu__WitnessRow *old HF_CLEANUP(hf_decoded_done) = NULL, *row HF_CLEANUP(hf_decoded_done) = NULL;
	struct kit_node *n = caught_and_renewed(k, &old);
	uint64_t size = kit_state(n).witnessed_size;
	struct hf_unit *u = hf_unit_new();

	kit_close(k, SB_HEALTH);
	hf_witness_row_put(u, liar_origin(), old);
	kit_submit(&k->node[SB_PORT], u);
	hf_settle_undo(port);
	hf_ledger_wake(port);
	kit_until_settled(k);
	row = hf_witness_row(port, liar_origin());
	assert_true(row && !row->frozen && row->size == size);
}

static bool lose_evidence(struct kit *k, const struct kit_call *c, struct hf_buf *body)
{
	(void)k, (void)body;
	return c->type != HF_MSG_LEDGER_EVIDENCE;
}

/* SB-58: who hears of it only when the log has its new key keeps what it cosigned under that one. */
static void test_late_evidence_of_an_old_key(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = caught_and_renewed(k, NULL);
	Hufu__WitnessRow *row HF_CLEANUP(hf_decoded_done) = NULL;
	struct hf_ledger *port;
	struct hf_hash digest;

	k->bend = lose_evidence;
	port = kit_open(k, SB_PORT)->ledger;
	kit_until_settled(k);
	kit_fill(n, 1);
	for (unsigned i = 0; i < 3; i++)
		gossip(k);
	row = hf_witness_row(port, liar_origin());
	assert_true(row && row->size == kit_state(n).durable);
	hf_decoded_free(HF_TAKE(row));
	assert_false(hf_evidence_digest(port, &digest));
	k->bend = NULL;
	for (unsigned i = 0; i < 5 && !hf_evidence_digest(port, &digest); i++)
		gossip(k);
	assert_true(hf_evidence_digest(port, &digest));
	row = hf_witness_row(port, liar_origin());
	assert_true(row && !row->frozen && row->size == kit_state(n).durable);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_exposed_within_two_rounds, start, stop),
	        cmocka_unit_test_setup_teardown(test_two_sizes, start, stop),
	        cmocka_unit_test_setup_teardown(test_a_mirror_proves_it_alone, start, stop),
	        cmocka_unit_test_setup_teardown(test_ever_new_checkpoints_hide_nothing, start, stop),
	        cmocka_unit_test_setup_teardown(test_silence_is_no_evidence, start, stop),
	        cmocka_unit_test_setup_teardown(test_an_honest_log_is_cleared, start, stop),
	        cmocka_unit_test_setup_teardown(test_false_evidence, start, stop),
	        cmocka_unit_test_setup_teardown(test_proved_before_it_has_settled, start, stop),
	        cmocka_unit_test_setup_teardown(test_altered_files, start, stop),
	        cmocka_unit_test_setup_teardown(test_it_reaches_who_was_away, start, stop),
	        cmocka_unit_test_setup_teardown(test_another_key_ends_the_freeze, start, stop),
	        cmocka_unit_test_setup_teardown(test_a_witness_set_back_to_the_freeze, start, stop),
	        cmocka_unit_test_setup_teardown(test_late_evidence_of_an_old_key, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
