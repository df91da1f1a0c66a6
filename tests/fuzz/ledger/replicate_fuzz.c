/*
 * replicate_fuzz.c - what a member of the space may send to a ledger: checkpoints, entries, openings, heads, evidence,
 * questions; and what it may answer to this ledger's own questions, in a recovery and of a witness that settles.
 * Decoding and handling against a real store; every request must be answered exactly once, every recovery must end, and
 * nothing may be believed that the log did not sign.
 *
 * First byte: bits 0-1 the message, bit 2 "sign the note": the checkpoint that the message carries gets a true
 * signature of the log, so that what lies behind the signature check is reached too; bit 3 the messages added later;
 * bit 4 an answer: bit 0 to LedgerSeen, else to LedgerFetch; bit 5 the sender's next entries, made here of the bytes
 * (make_log), so that mirror, openings and what erasures ask for are reached.
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

#define SENDER SB_HEALTH /* its ledger is taken: there is a transaction with it */
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

static bool drop_evidence(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	(void)value;
	hf_unit_del(ctx, HF_TABLE_EVIDENCE, key.data, key.len);
	return true;
}

/* As every input finds it: nothing is missing, no log is frozen, and the witness knows what it has cosigned. */
static void mend(struct stage *s)
{
	struct hf_unit *u = hf_unit_new();
	struct hf_ledger *l = s->ledger;

	if (hf_store_scan(s->store, HF_TABLE_EVIDENCE, NULL, 0, NULL, 0, drop_evidence, u) != HF_OK)
		abort();
	hf_store_submit(s->store, u, NULL, NULL);

	l->setback = HF_SETBACK_NONE;
	l->halted[0] = '\0';
	l->ahead = (struct hf_promise){.size = 0};
	hf_sequence_local(l->sequence, false);
	l->settled = true;
}

static void begin(void)
{
	struct hf_unit *u = hf_unit_new();
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
	hf_ledger_add_mirror(stage->ledger, u, stage->sb->name[SENDER]);
	hf_store_submit(stage->store, u, NULL, NULL);
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
	(void)text;
	(void)body;
	(void)len;
	if (e == HF_E_UNINVITED)
		abort(); /* then nothing behind that check is tested */
	((struct stage *)ctx)->answers++;
}

/* One request, answered once. */
static void ask(struct stage *s, enum hf_msg type, const void *body, size_t len)
{
	s->answers = 0;
	hf_ledger_handle(s->ledger, s->sb->name[SENDER], type, (struct hf_bytes){body, len},
	                 (struct hf_answer){answered, s});
	while (s->answers == 0)
		uv_run(&s->loop, UV_RUN_ONCE);
	if (s->answers != 1)
		abort();
}

/* ---- a log made of bytes ---- */

#define MADE_MAX 32u
#define HOW_WITNESSED 1u /* of the input's first byte: the last batch */
#define HOW_OPENINGS_FIRST 2u
#define HOW_NO_OPENINGS 4u
#define KIND_ERASURE 1u     /* of an entry: about this ledger, the bytes its indexes */
#define KIND_ERASURE_RAW 2u /* the bytes are all it says */
#define KIND_TRANSACTION 3u
#define KIND_OLD 4u           /* the retention period is over */
#define KIND_BEGINS_BATCH 16u /* what came before is sent */
#define KIND_UNWITNESSED 32u  /* with its checkpoint signed only */
#define KIND_UNCHAINED 8u

struct made {
	struct hf_buf entry[MADE_MAX];
	Hufu__EntryOpening *opening[MADE_MAX];
	size_t count, openings;
	struct hf_edge edge;
	struct hf_unit *nowhere; /* tiles that nobody writes */
	uint64_t start;
};

static struct hf_draft *made_draft(uint8_t kind, const uint8_t *data, size_t len)
{
	static const enum hf_event events[] = {HF_EVENT_COMMAND, HF_EVENT_ERASURE, HF_EVENT_ERASURE,
	                                       HF_EVENT_TRANSFER_SENT};
	const struct hf_id txn = {{1, 2, 3, 4, 5, 6, 0x70, 8, 0x80, 10}};
	struct hf_draft *d = hf_draft_new(events[kind & 3], NULL);
	char text[HF_ID_TEXT];

	hf_draft_text(d, HF_FIELD_EVENT, hf_event_name(events[kind & 3]));
	if ((kind & 3) == KIND_ERASURE)
		hf_draft_textf(d, HF_FIELD_OBJECT, "%s %.*s", stage->origin, (int)len, (const char *)data);
	else
		hf_draft_bytes(d, HF_FIELD_OBJECT, data, len);
	if ((kind & 3) == KIND_TRANSACTION) {
		hf_id_text(&txn, text);
		hf_draft_text(d, HF_FIELD_TRANSACTION, text);
	}
	return d;
}

/* False: it does not fit an entry. */
static bool make_entry(struct made *m, uint8_t kind, const uint8_t *data, size_t len)
{
	static const uint8_t label_key[32] = {1};
	const struct hf_sink sink = {.unit = m->nowhere};
	struct hf_place place = {.own = false};
	uint8_t secret[32] = {2, (uint8_t)m->edge.size, (uint8_t)(m->edge.size >> 8)};
	struct hf_entry_in in = {.origin = stage->origin,
	                         .index = m->edge.size,
	                         .time_ms = kind & KIND_OLD ? SB_T0 - INT64_C(190) * 24 * 3600 * 1000 : SB_T0,
	                         .prev = m->edge.last,
	                         .label_key = label_key,
	                         .secret = secret};
	struct hf_buf opening HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	struct hf_draft *d = made_draft(kind, data, len);
	struct hf_hash leaf;
	bool ok;

	in.prev.b[0] ^= kind & KIND_UNCHAINED && in.index > 0;
	ok = hf_entry_encode(&in, d, &m->entry[m->count], &leaf) == HF_OK;
	if (ok && hf_edge_append(&m->edge, &place, &sink, &leaf) != HF_OK)
		abort();
	if (ok)
		m->count++;
	if (ok && (kind & 3) % 3 == 0 && hf_entry_open_draft(&in, d, &opening) == HF_OK)
		m->opening[m->openings++] = HF_DECODE(entry_opening, opening.data, opening.len);
	hf_draft_free(d);
	return ok;
}

/* Text, the log's line and, when asked for, those of three witnesses. */
static size_t made_note(const struct made *m, bool witnessed, char *out, size_t cap)
{
	static const unsigned witnesses[] = {SB_AUDIT, SB_HUB, SB_PORT};
	struct hf_checkpoint c = {.size = m->edge.size};
	char text[500], name[HF_ORIGIN_MAX + 1];
	struct hf_merkle_range range;
	size_t len, at;

	hf_edge_range(&m->edge, &range);
	hf_merkle_range_root(&range, &c.root);
	snprintf(c.origin, sizeof(c.origin), "%s", stage->origin);
	len = hf_checkpoint_text(&c, text, sizeof(text));
	at = (size_t)snprintf(out, cap, "%s\n", text);
	at += hf_note_sign_line(stage->sb->key[SENDER][HF_KEY_LOG], c.origin, text, len, out + at, cap - at);
	for (size_t i = 0; witnessed && i < 3; i++) {
		hf_cosigner_name(SB_SPACE, HF_KEY_WITNESS, stage->sb->name[witnesses[i]], name);
		at += hf_note_cosign_line(stage->sb->key[witnesses[i]][HF_KEY_WITNESS], name, SB_T0 / 1000, text, len,
		                          out + at, cap - at);
	}
	return at;
}

static void send_made(struct stage *s, const struct made *m, bool witnessed)
{
	Hufu__MirrorAdd add = HUFU__MIRROR_ADD__INIT;
	ProtobufCBinaryData entries[MADE_MAX];
	char note[2400];
	uint8_t *bytes;
	size_t len;

	for (size_t i = 0; i < m->count; i++)
		entries[i] = hf_binary(m->entry[i].data, m->entry[i].len);
	add.origin = s->origin;
	add.start = m->start;
	add.note = hf_binary(note, made_note(m, witnessed, note, sizeof(note)));
	add.entries = entries;
	add.n_entries = m->count;
	bytes = hf_encode(&add.base, &len);
	ask(s, HF_MSG_MIRROR_ADD, bytes, len);
	free(bytes);
}

static void send_openings(struct stage *s, struct made *m)
{
	Hufu__OpeningsPush push = HUFU__OPENINGS_PUSH__INIT;
	uint8_t *bytes;
	size_t len;

	push.origin = s->origin;
	push.openings = m->opening;
	push.n_openings = m->openings;
	bytes = hf_encode(&push.base, &len);
	ask(s, HF_MSG_OPENINGS_PUSH, bytes, len);
	free(bytes);
}

/* What was made since the last time. */
static void send_batch(struct stage *s, struct made *m, uint8_t how, bool witnessed)
{
	if (how & HOW_OPENINGS_FIRST)
		send_openings(s, m);
	send_made(s, m, witnessed);
	if (!(how & (HOW_OPENINGS_FIRST | HOW_NO_OPENINGS)))
		send_openings(s, m);
	for (size_t i = 0; i < m->openings; i++)
		hf_decoded_free(m->opening[i]);
	for (size_t i = 0; i < m->count; i++)
		hf_buf_done(&m->entry[i]);
	m->count = m->openings = 0;
	m->start = m->edge.size;
}

static bool drop_opening(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	(void)value;
	hf_unit_del(ctx, HF_TABLE_MIRROR_OPENING, key.data, key.len);
	return true;
}

/* Nothing of the sender's ledger is held: what an input does depends on no other one. */
static void forget(struct stage *s)
{
	struct hf_unit *u = hf_unit_new();

	if (hf_store_scan(s->store, HF_TABLE_MIRROR_OPENING, NULL, 0, NULL, 0, drop_opening, u) != HF_OK)
		abort();
	hf_unit_del(u, HF_TABLE_MIRROR, s->origin, strlen(s->origin));
	hf_store_submit(s->store, u, NULL, NULL);
}

/* Data: for each entry its kind, a length, and so many bytes. */
static void make_log(struct stage *s, uint8_t how, const uint8_t *data, size_t size)
{
	struct made *m = calloc(1, sizeof(*m));

	forget(s);
	m->nowhere = hf_unit_new();
	hf_edge_init(&m->edge);
	for (size_t at = 0, len; at + 2 <= size && m->edge.size < HF_TILE_WIDTH; at += 2 + len) {
		len = data[at + 1] < size - at - 2 ? data[at + 1] : size - at - 2;
		if (data[at] & KIND_BEGINS_BATCH || m->count == MADE_MAX)
			send_batch(s, m, how, !(data[at] & KIND_UNWITNESSED));
		if (!make_entry(m, data[at], data + at + 2, len))
			break;
	}
	send_batch(s, m, how, how & HOW_WITNESSED);
	hf_edge_done(&m->edge);
	hf_unit_free(m->nowhere);
	free(m);
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
	if (data[0] & 32) {
		make_log(stage, data[0], data + 1, size - 1);
		mend(stage);
		return 0;
	}
	type = data[0] & 8 ? more[data[0] & 3] : types[data[0] & 3];
	if (data[0] & 4)
		made = sign_message(type, data + 1, size - 1, &len);
	ask(stage, type, made ? made : data + 1, made ? len : size - 1);
	mend(stage);
	free(made);
	return 0;
}
