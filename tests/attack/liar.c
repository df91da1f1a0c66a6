/*
 * liar.c - a member that breaks the rules: speaks with a stopped node's own keys and asks for chunks of one of its
 * transfers in a way that no honest consumer does (DS-51: beyond it, or the same one again and again), ends one that it
 * signs nothing of, sends mail that
 * is none (DS-47), or shows a witness a checkpoint of a history of its own making (SB-58). Prints each answer's reason.
 *
 *   hufu-liar DIR PEER ADDRESS TRANSFER INDEX ACKNOWLEDGED
 *   hufu-liar DIR PEER ADDRESS greedy TRANSFER INDEX COUNT
 *   hufu-liar DIR PEER ADDRESS unsigned TRANSFER REASON
 *   hufu-liar DIR PEER ADDRESS malformed COUNT UNTIL_REASON
 *   hufu-liar DIR PEER ADDRESS checkpoint SIZE HISTORY
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channel/channel.h"
#include "crypto/base64.h"
#include "crypto/crypto.h"
#include "crypto/note.h"
#include "evidence/node_keys.h"
#include "evidence/space.h"
#include "ledger.pb-c.h"
#include "proto/codec.h"
#include "proto/messages.h"
#include "transfer.pb-c.h"

struct liar {
	struct hf_base base;
	struct hf_space *space;
	struct hf_node_keys keys;
	struct hf_channel *channel;
	struct hf_call call;
	const char *until; /* the reason at which it is content */
	unsigned long more;
	int status;
};

static void descriptor(void *ctx, uint64_t *ret_number, uint8_t ret_digest[32])
{
	struct liar *l = ctx;
	struct hf_hash h;
	hf_space_digest(l->space, &h);
	*ret_number = hf_space_number(l->space);
	memcpy(ret_digest, h.b, 32);
}

static enum hf_err standing(void *ctx, const char *node, const struct hf_agree_pub *key, const char *address)
{
	(void)ctx;
	(void)node;
	(void)key;
	(void)address;
	return HF_OK;
}

static enum hf_err peer_descriptor(void *ctx, const char *node, uint64_t number, const uint8_t digest[32])
{
	(void)ctx;
	(void)node;
	(void)number;
	(void)digest;
	return HF_OK;
}

static void on_request(void *ctx, struct hf_request *take)
{
	(void)ctx;
	hf_request_reply(take, HF_E_BUSY, NULL, NULL, 0);
}

static void on_session(void *ctx, const char *node, const char *address, bool up, bool inbound)
{
	(void)ctx;
	(void)node;
	(void)address;
	(void)up;
	(void)inbound;
}

static void on_refused(void *ctx, const char *node, const char *address, enum hf_err reason)
{
	(void)ctx;
	(void)node;
	(void)address;
	(void)reason;
}

static bool locked(void *ctx, const char *address)
{
	(void)ctx;
	(void)address;
	return false;
}

static void drop_draft(void *ctx, struct hf_draft *take)
{
	(void)ctx;
	hf_draft_free(take);
}

static void on_reply(void *ctx, struct hf_reply *r)
{
	struct liar *l = ctx;
	const char *reason = r->error == HF_OK ? "ok" : hf_err_reason(r->error);
	printf("%s\n", reason);
	l->status = 0;
	if (l->more-- > 1 && strcmp(reason, l->until) != 0)
		hf_channel_call(l->channel, &l->call, on_reply, l);
	else
		uv_stop(l->base.loop);
}

static bool load(struct liar *l, const char *dir)
{
	char path[600];
	struct hf_fault f;
	struct hf_sign_pub root;
	struct hf_buf b = HF_BUF_INIT, d = HF_BUF_INIT;
	uint8_t raw[64];
	size_t n = 0;
	snprintf(path, sizeof(path), "%s/space/root.key", dir);
	if (hf_file_read(path, 4096, &b) != HF_OK || b.len < 44 ||
	    !hf_base64_decode((const char *)b.data, 44, raw, &n) || n != 32)
		return false;
	memcpy(root.b, raw, 32);
	l->space = hf_space_new(&root);
	snprintf(path, sizeof(path), "%s/space/descriptors.dsse", dir);
	bool ok = hf_file_read(path, HF_BUF_DEFAULT_MAX, &d) == HF_OK &&
	          hf_space_read_stream(l->space, d.data, d.len, &f) == HF_OK &&
	          hf_node_keys_load(dir, NULL, &l->keys, &f) == HF_OK;
	hf_buf_done(&b);
	hf_buf_done(&d);
	return ok;
}

static bool open_channel(struct liar *l, const char *self, struct hf_system_clock *clock)
{
	struct hf_fault f;
	hf_system_clock_get(clock, &l->base.clock);
	l->base.loop = uv_default_loop();
	l->base.log = hf_log_new(2, &l->base.clock, self, HF_LOG_ALARM);
	l->base.metrics = hf_metrics_new();
	l->base.audit = (struct hf_audit){drop_draft, l};
	const struct hf_channel_ops ops = {.descriptor = descriptor,
	                                   .standing = standing,
	                                   .peer_descriptor = peer_descriptor,
	                                   .on_request = on_request,
	                                   .on_session = on_session,
	                                   .on_refused = on_refused,
	                                   .locked = locked,
	                                   .ctx = l};
	const struct hf_channel_config cfg = {.space = hf_space_id(l->space), .static_key = l->keys.noise};
	return hf_name_parse(self, &l->base.self) && hf_channel_open(&l->base, &cfg, &ops, &l->channel, &f) == HF_OK;
}

static void ask_for_a_chunk(struct liar *l, const struct hf_id *id, char **argv, uint8_t body[64])
{
	Hufu__ChunkGet g = HUFU__CHUNK_GET__INIT;
	g.transfer = (ProtobufCBinaryData){16, (uint8_t *)(uintptr_t)id->b};
	g.index = strtoull(argv[5], NULL, 10);
	g.acknowledged = strtoull(argv[6], NULL, 10);
	l->call.type = HF_MSG_CHUNK_GET;
	l->call.body = (struct hf_bytes){body, hufu__chunk_get__pack(&g, body)};
	l->more = 1;
	l->until = "";
}

/* The same chunk, as fast as it comes, and never a word that it has arrived. */
static bool ask_without_end(struct liar *l, char **argv, uint8_t body[64])
{
	struct hf_id id;
	if (!hf_id_parse(argv[5], &id))
		return false;
	Hufu__ChunkGet g = HUFU__CHUNK_GET__INIT;
	g.transfer = (ProtobufCBinaryData){16, id.b};
	g.index = strtoull(argv[6], NULL, 10);
	l->call.type = HF_MSG_CHUNK_GET;
	l->call.body = (struct hf_bytes){body, hufu__chunk_get__pack(&g, body)};
	l->more = strtoul(argv[7], NULL, 10);
	l->until = "limit";
	return true;
}

/* "That was all", and no word of how much it has. */
static bool end_unsigned(struct liar *l, char **argv, struct hf_buf *out)
{
	Hufu__TransferEnd end = HUFU__TRANSFER_END__INIT;
	struct hf_id id;
	size_t len;

	if (!hf_id_parse(argv[5], &id))
		return false;
	end.transfer = (ProtobufCBinaryData){16, id.b};
	end.state = (char *)"TERMINATED";
	end.reason_code = argv[6];
	uint8_t *body = hf_encode(&end.base, &len);
	if (!body || !hf_buf_add(out, body, len))
		return false;
	free(body);
	l->call.type = HF_MSG_TRANSFER_END;
	l->call.body = (struct hf_bytes){out->data, out->len};
	l->more = 1;
	l->until = "";
	return true;
}

static void send_what_is_no_mail(struct liar *l, char **argv)
{
	l->call.type = HF_MSG_MAIL;
	l->call.body = (struct hf_bytes){(const uint8_t *)"\xff\xff", 2};
	l->more = strtoul(argv[5], NULL, 10);
	l->until = argv[6];
}

/* A checkpoint with this node's real signature, over a tree whose root is the hash of the history's name. */
static bool show_a_checkpoint(struct liar *l, const char *self, char **argv, struct hf_buf *out)
{
	Hufu__CheckpointAdd add = HUFU__CHECKPOINT_ADD__INIT;
	struct hf_checkpoint c = {.size = strtoull(argv[5], NULL, 10)};
	char text[500], line[500], note[1000];
	uint8_t *body;
	size_t len;

	hf_sha256(argv[6], strlen(argv[6]), &c.root);
	hf_space_origin(hf_space_id(l->space), self, c.origin);
	if (!hf_checkpoint_text(&c, text, sizeof(text)) ||
	    !hf_note_sign_line(l->keys.log, c.origin, text, strlen(text), line, sizeof(line)))
		return false;
	add.origin = c.origin;
	add.note.len = (size_t)snprintf(note, sizeof(note), "%s\n%s", text, line);
	add.note.data = (uint8_t *)note;
	body = hf_encode(&add.base, &len);
	if (!body || !hf_buf_add(out, body, len))
		return false;
	free(body);
	l->call.type = HF_MSG_CHECKPOINT_ADD;
	l->call.body = (struct hf_bytes){out->data, out->len};
	l->more = 1;
	l->until = "";
	return true;
}

int main(int argc, char **argv)
{
	struct liar l = {.status = 1};
	struct hf_id id;
	uint8_t body[64];
	bool greedy = argc == 8 && strcmp(argv[4], "greedy") == 0;
	struct hf_buf shown HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	if ((argc != 7 && !greedy) || !hf_crypto_init() || !load(&l, argv[1]))
		return fputs("usage: hufu-liar DIR PEER ADDRESS TRANSFER INDEX ACKNOWLEDGED\n", stderr), 2;
	const char *self = strrchr(argv[1], '/') ? strrchr(argv[1], '/') + 1 : argv[1];
	if (!open_channel(&l, self, hf_system_clock_new()))
		return fputs("hufu-liar: the channel cannot be opened\n", stderr), 2;
	l.call = (struct hf_call){.peer = argv[2], .address = argv[3]};
	if (strcmp(argv[4], "malformed") == 0)
		send_what_is_no_mail(&l, argv);
	else if (greedy && ask_without_end(&l, argv, body))
		;
	else if (strcmp(argv[4], "unsigned") == 0) {
		if (!end_unsigned(&l, argv, &shown))
			return fputs("hufu-liar: TRANSFER is no id\n", stderr), 2;
	} else if (strcmp(argv[4], "checkpoint") == 0) {
		if (!show_a_checkpoint(&l, self, argv, &shown))
			return fputs("hufu-liar: the checkpoint cannot be signed\n", stderr), 2;
	} else if (hf_id_parse(argv[4], &id))
		ask_for_a_chunk(&l, &id, argv, body);
	else
		return fputs("hufu-liar: TRANSFER is no id\n", stderr), 2;
	if (!hf_space_key(l.space, argv[2], HF_KEY_NOISE, hf_now_ms(&l.base.clock), l.call.key.b))
		return fputs("hufu-liar: the peer has no key\n", stderr), 2;
	hf_channel_call(l.channel, &l.call, on_reply, &l);
	uv_run(l.base.loop, UV_RUN_DEFAULT);
	return l.status;
}
