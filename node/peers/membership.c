/*
 * membership.c - the descriptor chain: brought by the operator, kept in the store, fetched from peers, and what follows
 * from it for who may speak.
 *
 * A new descriptor is obeyed at once and told to others when it is durable: a crash does not make this node forget what
 * it has said. A unit that fails is tried again, from the first number that the store does not have.
 *
 * A peer that holds an older descriptor is still let in, so that it can fetch the newer one; after a minute of grace it
 * is answered nothing else. A peer that shows another descriptor under the same number ends the connection and raises
 * an alarm: the authority has signed two stories.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/base64.h"
#include "crypto/note.h"
#include "peers/internal.h"

#define ROOT_FILE_MAX 1024u
#define CHAIN_FILE_MAX ((size_t)64 << 20)
#define ASK_PAUSE_MS 2000
#define ASK_PAUSE_LONG_MS 60000 /* after a peer did not have what it showed */
#define STRANGER_PAUSE_MS 10000
#define EXPIRY_TICKS 20u
#define STORE_PAUSE_MS 1000 /* after descriptors could not be stored */

/* A line of base64 (32 bytes) or a verifier key "name+id+key". */
static bool parse_root(char *text, struct hf_sign_pub *ret_root)
{
	struct hf_note_verifier v;
	uint8_t key[33];
	size_t len, n = strcspn(text, "\r\n");
	text[n] = '\0';
	if (strchr(text, '+') && hf_note_vkey_parse(text, &v)) {
		*ret_root = v.pub;
		return true;
	}
	if (n != HF_BASE64_LEN(32) || !hf_base64_decode(text, n, key, &len) || len != 32)
		return false;
	memcpy(ret_root->b, key, 32);
	return true;
}

static enum hf_err load_root(struct hf_peers *p, struct hf_sign_pub *ret_root, struct hf_fault *f)
{
	char path[700];
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	snprintf(path, sizeof(path), "%s/root.key", p->cfg.space_dir);
	enum hf_err e = hf_file_read(path, ROOT_FILE_MAX, &b);
	if (e != HF_OK || !hf_buf_add(&b, "", 1))
		return hf_fault_set(f,
		                    e == HF_OK          ? HF_E_LIMIT
		                    : e == HF_E_UNKNOWN ? HF_E_STATE
		                                        : e,
		                    "cannot read %s: get the root key of the space from its authority and put it there",
		                    path);
	if (!parse_root((char *)b.data, ret_root))
		return hf_fault_set(f, HF_E_FORMAT,
		                    "%s does not hold a root key (32 bytes in base64, or a verifier key)", path);
	return HF_OK;
}

struct load {
	struct hf_space *space;
	enum hf_err e;
	struct hf_fault *f;
};

/* Up to the first number that is missing; peers are asked for the rest, which is then written over. */
static bool load_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct load *l = ctx;
	if (key.len != 8 || hf_get_u64(key.data) != hf_space_number(l->space) + 1)
		return false;
	l->e = hf_space_extend(l->space, value.data, value.len, l->f);
	return l->e == HF_OK;
}

static void keep(struct hf_peers *p, struct hf_unit *u, uint64_t number)
{
	struct hf_bytes envelope;
	struct hf_hash digest;
	uint8_t key[8];
	if (!hf_space_envelope(p->space, number, &envelope) || !hf_space_digest_at(p->space, number, &digest))
		return;
	hf_put_u64(key, number);
	hf_unit_put(u, HF_TABLE_DESCRIPTOR, key, sizeof(key), envelope.data, envelope.len);
	struct hf_draft *d = hf_draft_new(HF_EVENT_DESCRIPTOR, NULL);
	hf_draft_textf(d, HF_FIELD_OBJECT, "%s descriptor %llu", hf_space_id(p->space), (unsigned long long)number);
	hf_draft_bytes(d, HF_FIELD_DIGEST, digest.b, sizeof(digest.b));
	hf_draft_outcome(d, HF_OK, NULL);
	hf_unit_draft(u, d);
}

/* Everybody is told the new number, which this node will still know after a crash. */
static void tell(struct hf_peers *p, uint64_t number)
{
	struct hf_peer *k;
	if (number <= p->told)
		return;
	p->told = number;
	p->grown_ms = hf_peers_now(p);
	for (size_t i = 0; i < HF_PEERS_BUCKETS; i++)
		LIST_FOREACH(k, &p->buckets[i], bucket)
	k->announce = true;
}

static void store_missing(struct hf_peers *p);

static void on_stored(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct hf_peers_ref *ref = ctx;
	struct hf_peers *p = ref->p;
	(void)info;
	if (p) {
		if (e == HF_OK)
			p->stored = p->storing;
		else
			HF_LOG(p->base.log, HF_LOG_ERROR, "peers", "descriptor-unstored", NULL,
			       HF_LOG_I("number", p->storing), HF_LOG_E(e));
		p->storing = 0;
		p->store_ms = hf_peers_now(p) + (e == HF_OK ? 0 : STORE_PAUSE_MS);
		if (e == HF_OK) {
			tell(p, p->stored);
			store_missing(p); /* what came meanwhile */
		}
	}
	hf_peers_unref(ref);
}

/* One unit at a time, always from the first number that the store lacks: its rows have no gap. */
static void store_missing(struct hf_peers *p)
{
	uint64_t number = hf_space_number(p->space);
	if (p->storing || p->stored == number || hf_peers_now(p) < p->store_ms)
		return;
	struct hf_unit *u = hf_unit_new();
	for (uint64_t n = p->stored + 1; n <= number; n++)
		keep(p, u, n);
	p->storing = number;
	hf_store_submit(p->store, u, on_stored, hf_peers_ref(p));
}

/* Sessions made under a key or a standing that is gone end at once. */
static void review_members(struct hf_peers *p)
{
	int64_t now = hf_now_ms(&p->base.clock);
	for (size_t i = 0; i < HF_PEERS_BUCKETS; i++) {
		struct hf_peer *k;
		LIST_FOREACH(k, &p->buckets[i], bucket)
		{
			uint8_t key[32] = {0};
			bool has = hf_space_key(p->space, k->id, HF_KEY_NOISE, now, key);
			bool same = has && memcmp(key, k->key, sizeof(key)) == 0;
			memcpy(k->key, key, sizeof(key));
			if (p->channel && (!same || hf_space_standing(p->space, k->id, now) != HF_OK))
				hf_channel_drop(p->channel, k->id);
		}
	}
}

static void adopt_members(struct hf_peers *p)
{
	const Hufu__Descriptor *d = hf_space_current(p->space);
	const Hufu__Member *self = hf_space_member(p->space, p->base.self.s);
	for (size_t i = 0; i < d->n_members; i++)
		if (strcmp(d->members[i]->id, p->base.self.s) != 0)
			hf_peer_get(p, d->members[i]->id);
	p->undialable = !self || self->n_addresses == 0;
	review_members(p);
}

static void grown(struct hf_peers *p)
{
	p->store_ms = 0;
	store_missing(p);
	adopt_members(p);
	HF_LOG(p->base.log, HF_LOG_INFO, "peers", "descriptor", NULL, HF_LOG_I("number", hf_space_number(p->space)));
	for (size_t i = 0; i < p->change_count; i++)
		p->change[i](p->change_ctx[i]);
}

enum hf_err hf_peers_import(struct hf_peers *p, const void *data, size_t len, struct hf_fault *f)
{
	const uint8_t *at = data, *end = at + len;
	uint64_t before = hf_space_number(p->space);
	enum hf_err e = HF_OK;
	while (e == HF_OK && at < end) {
		size_t n = end - at < 4 ? 0 : hf_get_u32(at);
		if (n == 0 || n > (size_t)(end - at) - 4)
			e = hf_fault_set(
			        f, HF_E_FORMAT,
			        "the descriptors are cut off or damaged; get the file from the authority again");
		else
			e = hf_space_extend(p->space, at + 4, n, f);
		at += 4 + n;
	}
	if (hf_space_number(p->space) > before)
		grown(p);
	return e;
}

static enum hf_err load_file(struct hf_peers *p, struct hf_fault *f)
{
	char path[700];
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	snprintf(path, sizeof(path), "%s/descriptors.dsse", p->cfg.space_dir);
	b.max = CHAIN_FILE_MAX;
	enum hf_err e = hf_file_read(path, CHAIN_FILE_MAX, &b);
	if (e == HF_OK)
		return hf_peers_import(p, b.data, b.len, f);
	if (hf_space_number(p->space) > 0)
		return HF_OK; /* the store has what was imported before */
	return hf_fault_set(f, e == HF_E_UNKNOWN ? HF_E_STATE : e,
	                    "cannot read %s: get the space descriptors from the authority and put them there", path);
}

static enum hf_err check_self(struct hf_peers *p, struct hf_fault *f)
{
	struct hf_agree_pub own;
	const char *space = hf_space_id(p->space);
	int64_t now = hf_now_ms(&p->base.clock);
	uint8_t key[32];
	if (p->cfg.channel.space && *p->cfg.channel.space && strcmp(p->cfg.channel.space, space) != 0)
		return hf_fault_set(f, HF_E_WRONG_SPACE,
		                    "the descriptors are of the space %s, this node is set up for %s", space,
		                    p->cfg.channel.space);
	if (!hf_space_member(p->space, p->base.self.s))
		return hf_fault_set(f, HF_E_STRANGER,
		                    "%s is not a member of the space %s; bring its request to the authority and import "
		                    "the new descriptor",
		                    p->base.self.s, space);
	hf_agree_key_pub(p->cfg.channel.static_key, &own);
	if (hf_space_key(p->space, p->base.self.s, HF_KEY_NOISE, now, key) && memcmp(key, own.b, sizeof(key)) != 0)
		return hf_fault_set(f, HF_E_WRONG_NODE,
		                    "the channel key in this folder is not the one that the space %s certifies for %s",
		                    space, p->base.self.s);
	return HF_OK;
}

enum hf_err hf_membership_open(struct hf_peers *p, struct hf_fault *f)
{
	struct hf_sign_pub root;
	HF_TRY(load_root(p, &root, f));
	p->space = hf_space_new(&root);
	struct load l = {p->space, HF_OK, f};
	HF_TRY(hf_fault_default(f, hf_store_scan(p->store, HF_TABLE_DESCRIPTOR, "", 0, NULL, 0, load_row, &l)));
	HF_TRY(hf_fault_default(f, l.e));
	p->stored = hf_space_number(p->space);
	HF_TRY(load_file(p, f));
	if (hf_space_number(p->space) == 0)
		return hf_fault_set(f, HF_E_STATE,
		                    "%s/descriptors.dsse is empty; get the descriptors from the authority",
		                    p->cfg.space_dir);
	adopt_members(p);
	tell(p, hf_space_number(p->space)); /* what is not in the store is in the file */
	return check_self(p, f);
}

/* What the channel asks. */

static void on_descriptor(void *ctx, uint64_t *ret_number, uint8_t ret_digest[32])
{
	const struct hf_peers *p = ctx;
	struct hf_hash digest = {{0}};
	*ret_number = hf_space_digest_at(p->space, p->told, &digest) ? p->told : 0;
	memcpy(ret_digest, digest.b, sizeof(digest.b));
}

static bool host_is(const char *url, const char *host)
{
	const char *at = strstr(url, "://");
	size_t n = strlen(host);
	at = at ? at + 3 + (at[3] == '[') : url;
	return strncmp(at, host, n) == 0 && (at[n] == ':' || at[n] == ']' || at[n] == '\0');
}

static bool has_address(const Hufu__Member *m, const char *host)
{
	for (size_t i = 0; i < m->n_addresses; i++)
		if (host_is(m->addresses[i], host))
			return true;
	return false;
}

/* A node with an address of its own does not come from the address of another organization. Others may: they have none,
 * or several share one. */
static bool comes_from_another(const struct hf_peers *p, const Hufu__Member *m, const char *address)
{
	if (strchr(address, '/') || m->n_addresses == 0 || has_address(m, address))
		return false;
	const Hufu__Descriptor *d = hf_space_current(p->space);
	for (size_t i = 0; i < d->n_members; i++)
		if (strcmp(d->members[i]->organization, m->organization) != 0 && has_address(d->members[i], address))
			return true;
	return false;
}

static enum hf_err on_standing(void *ctx, const char *node, const struct hf_agree_pub *key, const char *address)
{
	struct hf_peers *p = ctx;
	int64_t now = hf_now_ms(&p->base.clock);
	const Hufu__Member *m = hf_space_by_noise_key(p->space, key->b, now);
	enum hf_err e = hf_space_standing(p->space, node, now);
	if (!m) { /* also the key of a member that was revoked: then that is what is said */
		if (p->check_ms > p->checked_ms + STRANGER_PAUSE_MS) /* perhaps a newer descriptor knows it */
			p->check_ms = p->checked_ms + STRANGER_PAUSE_MS;
		return e == HF_OK ? HF_E_STRANGER : e;
	}
	bool inbound = !strchr(address, '/');
	if (strcmp(m->id, node) != 0 || strcmp(node, p->base.self.s) == 0 ||
	    (e == HF_OK && comes_from_another(p, m, address))) {
		if (inbound) /* its key is proved, whatever it says */
			hf_suspect(p, hf_peer_find(p, m->id), HF_RISK_POSING, address);
		return HF_E_WRONG_NODE;
	}
	return e == HF_OK && inbound && hf_suspicion_locked(p, node) ? HF_E_LOCKED : e;
}

static enum hf_err conflict(struct hf_peers *p, const char *node, uint64_t number)
{
	hf_alarm(&p->base, "descriptor-conflict", NULL,
	         "%s shows another space descriptor number %llu than this node holds: the authority has signed two; "
	         "ask it at once",
	         node, (unsigned long long)number);
	return HF_E_CONFLICT;
}

static enum hf_err on_peer_descriptor(void *ctx, const char *node, uint64_t number, const uint8_t digest[32])
{
	struct hf_peers *p = ctx;
	struct hf_peer *k = hf_peer_get(p, node);
	uint64_t own = hf_space_number(p->space);
	struct hf_hash known;
	if (number == 0)
		return HF_E_OLD_DESCRIPTOR;
	if (number <= own && hf_space_digest_at(p->space, number, &known) &&
	    memcmp(known.b, digest, sizeof(known.b)) != 0)
		return conflict(p, node, number);
	k->shown = number;
	if (number > own)
		k->announce = true; /* asks for it as soon as a session is there */
	return HF_OK;
}

static void on_refused(void *ctx, const char *node, const char *address, enum hf_err reason)
{
	struct hf_peers *p = ctx;
	if (reason == HF_E_LOCKED) { /* on record since the lock */
		hf_metrics_add(p->base.metrics, "peer_refused", 1);
		return;
	}
	hf_guard_refused(p->guard, node, address, reason);
	hf_suspicion_refused(p, node, address, reason);
}

static bool on_locked(void *ctx, const char *address)
{
	struct hf_peers *p = ctx;
	return hf_guard_locked(p->guard, address);
}

void hf_membership_ops(struct hf_channel_ops *ops)
{
	ops->descriptor = on_descriptor;
	ops->standing = on_standing;
	ops->peer_descriptor = on_peer_descriptor;
	ops->on_refused = on_refused;
	ops->locked = on_locked;
	ops->on_answered = hf_suspicion_answered;
	ops->renew_ms = hf_suspicion_renew_ms;
}

bool hf_membership_behind(const struct hf_peers *p, const struct hf_peer *k)
{
	return k->shown < p->told && hf_peers_now(p) - p->grown_ms >= HF_DESCRIPTOR_GRACE_MS;
}

/* Fetching. `from` says at the same time what the asking node has. */

void hf_membership_get(struct hf_peers *p, struct hf_peer *k, struct hf_request *take)
{
	struct hf_bytes body = hf_request_body(take), envelope;
	Hufu__DescriptorGet *get = HF_DECODE(descriptor_get, body.data, body.len);
	if (!get || get->from == 0) {
		hf_decoded_free(get);
		hf_request_reply(take, HF_E_FORMAT, NULL, NULL, 0);
		return;
	}
	uint64_t own = p->told, n = get->from;
	k->shown = get->from - 1;
	if (k->shown > hf_space_number(p->space))
		k->announce = true;
	hf_decoded_free(get);
	Hufu__DescriptorReply reply = HUFU__DESCRIPTOR_REPLY__INIT;
	ProtobufCBinaryData envelopes[64];
	size_t total = 0, len = 0;
	reply.envelopes = envelopes;
	while (n <= own && reply.n_envelopes < 64 && hf_space_envelope(p->space, n++, &envelope)) {
		if (total > 0 && total + envelope.len > HF_MAX_BODY - 4096)
			break;
		total += envelope.len + 8;
		envelopes[reply.n_envelopes++] =
		        (ProtobufCBinaryData){envelope.len, (uint8_t *)(uintptr_t)envelope.data};
	}
	uint8_t *out = hf_encode(&reply.base, &len);
	hf_request_reply(take, out ? HF_OK : HF_E_BUSY, NULL, out, len);
	free(out);
}

static size_t import_reply(struct hf_peers *p, const char *from, struct hf_bytes body)
{
	struct hf_fault f = {HF_OK, ""};
	uint64_t before = hf_space_number(p->space);
	Hufu__DescriptorReply *r = HF_DECODE(descriptor_reply, body.data, body.len);
	enum hf_err e = r ? HF_OK : HF_E_FORMAT;
	for (size_t i = 0; e == HF_OK && i < r->n_envelopes; i++)
		e = hf_space_extend(p->space, r->envelopes[i].data, r->envelopes[i].len, &f);
	hf_decoded_free(r);
	if (e == HF_E_CONFLICT)
		conflict(p, from, hf_space_number(p->space));
	else if (e != HF_OK)
		HF_LOG(p->base.log, HF_LOG_WARN, "peers", "descriptor-refused", NULL, HF_LOG_S("peer", from),
		       HF_LOG_E(e));
	size_t count = hf_space_number(p->space) - before;
	if (count > 0)
		grown(p);
	return count;
}

static void on_descriptors(void *ctx, struct hf_reply *r)
{
	struct hf_peer *k = ctx;
	struct hf_peers *p = k->owner;
	k->asking = false;
	k->ask_after_ms = hf_peers_now(p) + ASK_PAUSE_MS;
	if (r->error != HF_OK)
		return;
	k->announce = import_reply(p, k->id, r->body) > 0; /* there may be more; and it learns what we have now */
	if (k->announce)
		k->ask_after_ms = 0;
	else if (k->shown > hf_space_number(p->space))
		k->ask_after_ms = hf_peers_now(p) + ASK_PAUSE_LONG_MS;
}

void hf_membership_ask(struct hf_peers *p, struct hf_peer *k)
{
	Hufu__DescriptorGet get = HUFU__DESCRIPTOR_GET__INIT;
	size_t len = 0;
	get.from = p->told + 1;
	uint8_t *body = hf_encode(&get.base, &len);
	k->asking = true;
	hf_peers_call(p, k->id, HF_MSG_DESCRIPTOR_GET, NULL, body, len, 0, on_descriptors, k);
	free(body);
}

/* A peer that cannot be dialled hears of it when it asks. */
static void ask_if_due(struct hf_peers *p, struct hf_peer *k)
{
	bool newer = k->shown > hf_space_number(p->space);
	if (k->asking || !(k->announce || newer) || !k->up || !hf_peer_dialable(p, k) ||
	    hf_peers_now(p) < k->ask_after_ms)
		return;
	if (hf_space_standing(p->space, k->id, hf_now_ms(&p->base.clock)) == HF_OK)
		hf_membership_ask(p, k);
}

/* A membership ends by the clock too: within a few seconds its sessions do, and the next handshake is refused. */
static void end_expired(struct hf_peers *p)
{
	int64_t now = hf_now_ms(&p->base.clock);
	struct hf_peer *k;
	if (++p->ticks % EXPIRY_TICKS != 0)
		return;
	for (size_t i = 0; i < HF_PEERS_BUCKETS; i++)
		LIST_FOREACH(k, &p->buckets[i], bucket)
	if (k->up && hf_space_standing(p->space, k->id, now) != HF_OK)
		hf_channel_drop(p->channel, k->id);
}

void hf_membership_tick(struct hf_peers *p)
{
	struct hf_peer *k;
	int64_t now = hf_peers_now(p);
	store_missing(p);
	end_expired(p);
	for (size_t i = 0; (k = hf_peer_at(p, i)); i++)
		ask_if_due(p, k);
	if (now < p->check_ms)
		return;
	p->checked_ms = now;
	p->check_ms = now + HF_DESCRIPTOR_CHECK_MS;
	for (size_t i = 0; i < 3; i++) /* a few at a time, in turn */
		if ((k = hf_peer_at(p, p->check_at++)))
			k->announce = true;
		else
			p->check_at = 0;
}
