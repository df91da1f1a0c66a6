/*
 * replicate_fuzz.c - what a member of the space may send to a ledger: checkpoints, entries, openings, heads. Decoding
 * and handling against a real store; every request must be answered exactly once, and nothing may be believed that the
 * log did not sign.
 *
 * First byte: bits 0-1 the message, bit 2 "sign the note": the checkpoint that the message carries gets a true
 * signature of the sender's log, so that what lies behind the signature check is reached too.
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
};
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

/* Nobody is reachable: only what comes in is tested. */
static void call(void *ctx, const char *peer, enum hf_msg type, const void *body, size_t len, hf_reply_fn fn,
                 void *fn_ctx)
{
	struct hf_reply r = {.error = HF_E_UNREACHABLE, .text = ""};

	(void)ctx;
	(void)peer;
	(void)type;
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
	atexit(clean);
}

/* The text of the note, or one made of the bytes when it is none, truly signed. */
static size_t sign_note(const ProtobufCBinaryData *note, char *out, size_t cap)
{
	struct hf_checkpoint c = {.size = note->len};
	const uint8_t *gap = note->len ? memmem(note->data, note->len, "\n\n", 2) : NULL;
	char text[500], line[500];

	hf_sha256(note->data, note->len, &c.root);
	if (gap && hf_checkpoint_parse((const char *)note->data, (size_t)(gap - note->data) + 1, &c))
		c.size = c.size > INT64_MAX ? INT64_MAX : c.size;
	snprintf(c.origin, sizeof(c.origin), "%s", stage->origin);
	if (!hf_checkpoint_text(&c, text, sizeof(text)) ||
	    !hf_note_sign_line(stage->sb->key[SENDER][HF_KEY_LOG], c.origin, text, strlen(text), line, sizeof(line)))
		abort();
	return (size_t)snprintf(out, cap, "%s\n%s", text, line);
}

/* The message again with signed notes; NULL when it is no such message. */
static uint8_t *sign_message(enum hf_msg type, const uint8_t *data, size_t size, size_t *ret_len)
{
	char note[4][1200];
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
		for (size_t i = 0; i < heads->n_heads && i < 4; i++) {
			heads->heads[i]->origin = stage->origin;
			heads->heads[i]->note =
			        hf_binary(note[i], sign_note(&heads->heads[i]->note, note[i], sizeof(note[i])));
		}
		bytes = hf_encode(&heads->base, ret_len);
	}
	if (type == HF_MSG_LEDGER_EVIDENCE && (m = HF_DECODE(ledger_evidence, data, size))) {
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum hf_msg types[] = {HF_MSG_CHECKPOINT_ADD, HF_MSG_MIRROR_ADD, HF_MSG_OPENINGS_PUSH,
	                                    HF_MSG_LEDGER_HEADS},
	                         more[] = {HF_MSG_LEDGER_EVIDENCE, HF_MSG_CONSISTENCY_GET};
	uint8_t *made = NULL;
	enum hf_msg type;
	size_t len = 0;

	if (!stage)
		begin();
	if (size < 1)
		return 0;
	type = data[0] & 8 ? more[data[0] & 1] : types[data[0] & 3];
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
