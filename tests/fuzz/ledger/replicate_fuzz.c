/*
 * replicate_fuzz.c - what a member of the space may send to a ledger: checkpoints, entries, openings, heads, evidence,
 * questions; and what it may answer to this ledger's own questions, in a recovery and of a witness that settles.
 * Decoding and handling against a real store; every request must be answered exactly once, every recovery must end, and
 * nothing may be believed that the log did not sign.
 *
 * First byte: bits 0-1 the message, bit 2 "sign the note": the checkpoint that the message carries gets a true
 * signature of the log, so that what lies behind the signature check is reached too; bit 3 the messages added later;
 * bit 4 an answer: bit 0 to LedgerSeen, else to LedgerFetch.
 */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/internal.h"
#include "proto/codec.h"
#include "unit/evidence/space_builder.h"

#define SENDER SB_HEALTH
#define RECEIVER SB_HUB

struct stage {
	uv_loop_t loop;
	struct hf_base base;
	struct hf_store *store;
	struct hf_node_keys keys;
	struct hf_ledger *ledger;
	struct sb_space *sb;
	struct hf_space *space;
	char dir[64], origin[HF_ORIGIN_MAX + 1];
	unsigned answers;
	struct hf_bytes reply; /* to the node's own calls of reply_type */
	enum hf_msg reply_type;
	unsigned replies;
};
#define REPLIES_MAX 8       /* then the peers fall silent, so that whatever was begun ends */
static struct stage *stage; /* the process's only one: the fuzzer has no other place to keep it */

static int64_t now(void *ctx)
{
	(void)ctx;
	return SB_T0;
}

static void emit(void *ctx, struct hf_draft *take)
{
	struct stage *s = ctx;
	struct hf_unit *u = hf_unit_new();

	hf_unit_draft(u, take);
	hf_store_submit(s->store, u, NULL, NULL);
}

static const struct hf_space *space_of(void *ctx)
{
	return ((struct stage *)ctx)->space;
}

/* Nobody is reachable but for the answers that are tested. */
static void call(void *ctx, const char *peer, enum hf_msg type, const void *body, size_t len, hf_reply_fn fn,
                 void *fn_ctx)
{
	struct hf_reply r = {.error = HF_E_UNREACHABLE, .text = ""};
	struct stage *s = ctx;

	if (type == s->reply_type && s->replies++ < REPLIES_MAX)
		r = (struct hf_reply){.error = HF_OK, .text = "", .body = s->reply};
	(void)peer;
	(void)body;
	(void)len;
	fn(fn_ctx, &r);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *f)
{
	(void)st;
	(void)flag;
	(void)f;
	return remove(path);
}

static void clean(void)
{
	hf_store_close(stage->store);
	hf_ledger_close(stage->ledger);
	for (unsigned i = 0; i < 4; i++)
		uv_run(&stage->loop, UV_RUN_NOWAIT);
	nftw(stage->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void make_space(struct stage *s)
{
	struct hf_buf envelope = HF_BUF_INIT;
	struct hf_sign_pub root;

	s->sb = sb_new(1);
	sb_sign(s->sb, &envelope);
	memcpy(root.b, s->sb->root_pub, sizeof(root.b));
	s->space = hf_space_new(&root);
	if (hf_space_extend(s->space, envelope.data, envelope.len, NULL) != HF_OK)
		abort();
	hf_buf_done(&envelope);
}

static void make_base(struct stage *s)
{
	struct hf_sign_key **key = s->sb->key[RECEIVER];

	snprintf(s->dir, sizeof(s->dir), "%s/hufu-fuzz-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (!mkdtemp(s->dir) || uv_loop_init(&s->loop) != 0)
		abort();
	s->base.loop = &s->loop;
	s->base.clock = (struct hf_clock){now, now, NULL};
	s->base.log = hf_log_new(open("/dev/null", O_WRONLY | O_CLOEXEC), &s->base.clock, "hub", HF_LOG_ERROR);
	s->base.metrics = hf_metrics_new();
	s->base.audit = (struct hf_audit){emit, s};
	snprintf(s->base.dir, sizeof(s->base.dir), "%s", s->dir);
	s->keys = (struct hf_node_keys){.envelope = key[HF_KEY_ENVELOPE],
	                                .log = key[HF_KEY_LOG],
	                                .witness = key[HF_KEY_WITNESS],
	                                .mirror = key[HF_KEY_MIRROR],
	                                .recovery = key[HF_KEY_RECOVERY],
	                                .store_key = calloc(1, 32)};
	if (!hf_name_parse(s->sb->name[RECEIVER], &s->base.self))
		abort();
	hf_space_origin(SB_SPACE, s->sb->name[SENDER], s->origin);
}

/* As every input finds it: nothing is missing, and the witness knows what it has cosigned. */
static void mend(struct stage *s)
{
	struct hf_ledger *l = s->ledger;

	l->setback = HF_SETBACK_NONE;
	l->halted[0] = '\0';
	l->ahead = (struct hf_promise){.size = 0};
	hf_sequence_local(l->sequence, false);
	l->settled = true;
}

static void begin(void)
{
	struct hf_ledger_net net;

	if (!hf_crypto_init())
		abort();
	stage = calloc(1, sizeof(*stage));
	make_space(stage);
	make_base(stage);
	if (hf_store_open(&stage->base, &stage->store, NULL) != HF_OK ||
	    hf_ledger_open(&stage->base, stage->store, &stage->keys, SB_SPACE, &stage->ledger, NULL) != HF_OK)
		abort();
	net = (struct hf_ledger_net){space_of, call, stage};
	hf_ledger_start_net(stage->ledger, &net);
	mend(stage);
	atexit(clean);
}

/* The text of the note, or one made of the bytes when it is none, truly signed. */
static size_t sign_note_of(unsigned node, const ProtobufCBinaryData *note, char *out, size_t cap)
{
	struct hf_checkpoint c = {.size = note->len};
	const uint8_t *gap = note->len ? memmem(note->data, note->len, "\n\n", 2) : NULL;
	char text[500], line[500];

	hf_sha256(note->data, note->len, &c.root);
	if (gap && hf_checkpoint_parse((const char *)note->data, (size_t)(gap - note->data) + 1, &c))
		c.size = c.size > INT64_MAX ? INT64_MAX : c.size;
	hf_space_origin(SB_SPACE, stage->sb->name[node], c.origin);
	if (!hf_checkpoint_text(&c, text, sizeof(text)) ||
	    !hf_note_sign_line(stage->sb->key[node][HF_KEY_LOG], c.origin, text, strlen(text), line, sizeof(line)))
		abort();
	return (size_t)snprintf(out, cap, "%s\n%s", text, line);
}

static size_t sign_note(const ProtobufCBinaryData *note, char *out, size_t cap)
{
	return sign_note_of(SENDER, note, out, cap);
}

static uint8_t *sign_heads(Hufu__LedgerHead **heads, size_t count, const ProtobufCMessage *m, size_t *ret_len)
{
	char note[4][1200];

	for (size_t i = 0; i < count && i < 4; i++) {
		heads[i]->origin = stage->origin;
		heads[i]->note = hf_binary(note[i], sign_note(&heads[i]->note, note[i], sizeof(note[i])));
	}
	return hf_encode(m, ret_len);
}

/* An answer with the notes that it must have: of this node's own log, and of the sender's. */
static uint8_t *sign_answer(enum hf_msg type, const uint8_t *data, size_t size, size_t *ret_len)
{
	char note[2][1200];
	uint8_t *bytes = NULL;
	void *m = NULL;

	if (type == HF_MSG_LEDGER_FETCH && (m = HF_DECODE(ledger_fetched, data, size))) {
		Hufu__LedgerFetched *in = m;
		in->note = hf_binary(note[0], sign_note_of(RECEIVER, &in->note, note[0], sizeof(note[0])));
		in->witnessed_note =
		        hf_binary(note[1], sign_note_of(RECEIVER, &in->witnessed_note, note[1], sizeof(note[1])));
		bytes = hf_encode(&in->base, ret_len);
	} else if (type == HF_MSG_LEDGER_SEEN && (m = HF_DECODE(ledger_seen_reply, data, size))) {
		Hufu__LedgerSeenReply *in = m;
		bytes = sign_heads(in->heads, in->n_heads, &in->base, ret_len);
	}
	hf_decoded_free(m);
	return bytes;
}

/* The message again with signed notes; NULL when it is no such message. */
static uint8_t *sign_message(enum hf_msg type, const uint8_t *data, size_t size, size_t *ret_len)
{
	char note[2][1200];
	uint8_t *bytes = NULL;
	void *m = NULL;

	if (type == HF_MSG_CHECKPOINT_ADD && (m = HF_DECODE(checkpoint_add, data, size))) {
		Hufu__CheckpointAdd *add = m;
		add->origin = stage->origin;
		add->note = hf_binary(note[0], sign_note(&add->note, note[0], sizeof(note[0])));
		bytes = hf_encode(&add->base, ret_len);
	} else if (type == HF_MSG_MIRROR_ADD && (m = HF_DECODE(mirror_add, data, size))) {
		Hufu__MirrorAdd *add = m;
		add->origin = stage->origin;
		add->note = hf_binary(note[0], sign_note(&add->note, note[0], sizeof(note[0])));
		bytes = hf_encode(&add->base, ret_len);
	} else if (type == HF_MSG_LEDGER_HEADS && (m = HF_DECODE(ledger_heads, data, size))) {
		Hufu__LedgerHeads *heads = m;
		bytes = sign_heads(heads->heads, heads->n_heads, &heads->base, ret_len);
	} else if (type == HF_MSG_LEDGER_FETCH && (m = HF_DECODE(ledger_fetch, data, size))) {
		Hufu__LedgerFetch *in = m;
		in->origin = stage->origin;
		bytes = hf_encode(&in->base, ret_len);
	} else if (type == HF_MSG_LEDGER_EVIDENCE && (m = HF_DECODE(ledger_evidence, data, size))) {
		Hufu__LedgerEvidence *e = m;
		e->origin = stage->origin;
		e->first = hf_binary(note[0], sign_note(&e->first, note[0], sizeof(note[0])));
		e->second = hf_binary(note[1], sign_note(&e->second, note[1], sizeof(note[1])));
		bytes = hf_encode(&e->base, ret_len);
	}
	hf_decoded_free(m);
	return bytes;
}

static void answered(void *ctx, enum hf_err e, const char *text, const void *body, size_t len)
{
	(void)e;
	(void)text;
	(void)body;
	(void)len;
	((struct stage *)ctx)->answers++;
}

static void on_recovered(void *ctx, enum hf_err e, const struct hf_ledger_recovered *c)
{
	(void)c;
	if (e == HF_OK)
		abort(); /* no input has a quorum's cosignatures, and what is missing was never written */
	((struct stage *)ctx)->answers++;
}

/* This ledger has lost entries and asks for them. */
static void recover(struct stage *s)
{
	struct hf_promise at = {.size = (uint64_t)1 << 62};
	struct hf_fault f;

	hf_ledger_set_back(s->ledger, HF_SETBACK_BEHIND, &at, "entries are missing");
	s->ledger->gate_open = true;
	for (unsigned n = 0; n < SB_NODES; n++)
		hf_ledger_peer_up(s->ledger, s->sb->name[n]);
	if (hf_ledger_recover(s->ledger, false, on_recovered, s, &f) != HF_OK)
		abort();
	while (s->answers == 0)
		uv_run(&s->loop, UV_RUN_ONCE);
}

/* This witness does not know what it has cosigned, and asks the others. */
static void settle(struct stage *s)
{
	hf_settle_undo(s->ledger);
	s->ledger->settled = false;
	for (unsigned n = 0; n < SB_NODES; n++) {
		struct hf_lpeer *p = hf_ledger_peer(s->ledger, s->sb->name[n]);

		p->seen_all = false;
		p->seen_after[0] = '\0';
		hf_ledger_peer_up(s->ledger, s->sb->name[n]);
	}
	hf_settle_pump(s->ledger);
	for (unsigned i = 0; i < 3; i++)
		uv_run(&s->loop, UV_RUN_NOWAIT);
}

static void answer(struct stage *s, uint8_t how, const uint8_t *data, size_t size)
{
	enum hf_msg type = how & 1 ? HF_MSG_LEDGER_SEEN : HF_MSG_LEDGER_FETCH;
	size_t len = 0;
	uint8_t *made = how & 4 ? sign_answer(type, data, size, &len) : NULL;

	s->answers = s->replies = 0;
	s->reply = made ? (struct hf_bytes){made, len} : (struct hf_bytes){data, size};
	s->reply_type = type;
	if (type == HF_MSG_LEDGER_SEEN)
		settle(s);
	else
		recover(s);
	s->reply_type = HF_MSG_INVALID;
	mend(s);
	free(made);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum hf_msg types[] = {HF_MSG_CHECKPOINT_ADD, HF_MSG_MIRROR_ADD, HF_MSG_OPENINGS_PUSH,
	                                    HF_MSG_LEDGER_HEADS},
	                         more[] = {HF_MSG_LEDGER_EVIDENCE, HF_MSG_CONSISTENCY_GET, HF_MSG_LEDGER_FETCH,
	                                   HF_MSG_LEDGER_SEEN};
	uint8_t *made = NULL;
	enum hf_msg type;
	size_t len = 0;

	if (!stage)
		begin();
	if (size < 1)
		return 0;
	if (data[0] & 16) {
		answer(stage, data[0], data + 1, size - 1);
		return 0;
	}
	type = data[0] & 8 ? more[data[0] & 3] : types[data[0] & 3];
	if (data[0] & 4)
		made = sign_message(type, data + 1, size - 1, &len);
	stage->answers = 0;
	hf_ledger_handle(stage->ledger, stage->sb->name[SENDER], type,
	                 made ? (struct hf_bytes){made, len} : (struct hf_bytes){data + 1, size - 1},
	                 (struct hf_answer){answered, stage});
	free(made);
	while (stage->answers == 0)
		uv_run(&stage->loop, UV_RUN_ONCE);
	if (stage->answers != 1)
		abort();
	return 0;
}
