/* negotiate_base.c - see negotiate_base.h. */
#include "negotiate_base.h"

#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "contract.pb-c.h"
#include "crypto/domains.h"
#include "crypto/dsse.h"
#include "nng_base.h"
#include "peek.h"
#include "proto/codec.h"
#include "state_peers.pb-c.h"

#define ADDRESS "tcp://127.0.2.205:7400"
#define MESSAGE_BYTES 2048u
#define MAP_BYTES ((size_t)4 << 30)

/* ---- what the nodes counted ---- */

struct count {
	double signatures, verifications, documents, bytes, messages, commits;
};
struct effort_start {
	struct count count;
};
struct counting {
	const struct net_node *node;
	struct count *count;
};

static const ProtobufCMessageDescriptor *descriptor_of(const char *type)
{
	static const struct {
		const char *type;
		const ProtobufCMessageDescriptor *desc;
	} rows[] = {
	        {HF_TYPE_APPLICATION, &hufu__application__descriptor},
	        {HF_TYPE_INTAKE, &hufu__intake_record__descriptor},
	        {HF_TYPE_DECISION, &hufu__decision__descriptor},
	        {HF_TYPE_AGREEMENT, &hufu__agreement__descriptor},
	        {HF_TYPE_VERIFICATION, &hufu__verification__descriptor},
	        {HF_TYPE_NEGOTIATION_EVENT, &hufu__negotiation_event__descriptor},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(type, rows[i].type) == 0)
			return rows[i].desc;
	return NULL;
}

/* Statements, certificates and documents inside a document, each with a signature of its own. */
static unsigned signed_within(const ProtobufCMessage *m)
{
	unsigned count = 0;
	for (unsigned i = 0; i < m->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *f = &m->descriptor->fields[i];
		if (f->type != PROTOBUF_C_TYPE_MESSAGE || f->label == PROTOBUF_C_LABEL_REPEATED)
			continue;
		const ProtobufCMessage *inner =
		        *(ProtobufCMessage *const *)(const void *)((const uint8_t *)m + f->offset);
		if (inner)
			count += inner->descriptor == &hufu__envelope__descriptor ? 1 : signed_within(inner);
	}
	return count;
}

static void count_envelope(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct counting *c = ctx;
	Hufu__Envelope *e = HF_DECODE(envelope, value.data, value.len);
	const ProtobufCMessageDescriptor *desc = e ? descriptor_of(e->payload_type) : NULL;
	ProtobufCMessage *m = desc ? hf_decode(desc, e->payload.data, e->payload.len) : NULL;
	(void)key;
	if (m && e->n_signatures == 1) {
		double signatures = 1 + signed_within(m);
		if (strcmp(e->signatures[0]->keyid, c->node->id) == 0)
			c->count->signatures += signatures;
		else
			c->count->verifications += signatures;
		c->count->documents++;
		c->count->bytes += (double)value.len;
	}
	hf_decoded_free(m);
	hf_decoded_free(e);
}

/* What was received of each peer, by the marks against doubles; mail of a node to itself is no message. */
static void count_mails(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct counting *c = ctx;
	size_t own = strlen(c->node->id) + 1;
	Hufu__InboxRow *row = HF_DECODE_OWN(inbox_row, value.data, value.len);
	if (row && row->next > 0 && (key.len < own || memcmp(key.data, c->node->id, own) != 0))
		c->count->messages += (double)row->next - 1;
	hf_decoded_free(row);
}

static bool count_commits(const struct net_node *node, double *ret_commits)
{
	static const char name[] = "\nhufu_store_commits_total ";
	char *text = NULL;
	struct http *h = http_open(node, NULL);
	bool ok = h && http_text(h, "/metrics", &text) == 200;
	const char *at = ok ? strstr(text, name) : NULL;
	if (at)
		*ret_commits += strtod(at + sizeof(name) - 1, NULL);
	free(text);
	http_close(h);
	if (!at)
		fprintf(stderr, "hufu-bench: %s does not say how many commits it made\n", node->id);
	return at != NULL;
}

static bool count_node(const struct net_node *node, struct count *count)
{
	struct counting c = {node, count};
	return peek_rows(node, "envelope", NULL, 0, count_envelope, &c) &&
	       peek_rows(node, "inbox", NULL, 0, count_mails, &c) && count_commits(node, &count->commits);
}

struct effort_start *effort_begin(const struct pair *p)
{
	struct effort_start *s = hf_alloc_zero(sizeof(*s));
	if (count_node(p->provider, &s->count) && count_node(p->consumer, &s->count))
		return s;
	free(s);
	return NULL;
}

bool effort_end(struct effort_start *start, const struct pair *p, unsigned negotiations, struct effort *ret_effort)
{
	struct count c = {0}, before = start->count;
	free(start);
	if (!count_node(p->provider, &c) || !count_node(p->consumer, &c) || c.documents <= before.documents ||
	    negotiations == 0)
		return false;
	*ret_effort = (struct effort){
	        .signatures = (c.signatures - before.signatures) / negotiations,
	        .verifications = (c.verifications - before.verifications) / negotiations,
	        .messages = (c.messages - before.messages) / negotiations,
	        .commits = (c.commits - before.commits) / negotiations,
	        .document_bytes = (c.bytes - before.bytes) / (c.documents - before.documents),
	};
	return true;
}

/* ---- the same alone ---- */

struct alone {
	struct nng_base *nng;
	struct hf_sign_key *key;
	struct hf_sign_pub pub;
	MDB_env *env;
	MDB_dbi dbi;
	uint64_t rows;
};

static int open_store(struct alone *a, const char *dir)
{
	MDB_txn *txn;
	int rc = mkdir(dir, 0700);
	if (rc == 0)
		rc = mdb_env_create(&a->env);
	if (rc == 0)
		rc = mdb_env_set_mapsize(a->env, MAP_BYTES);
	if (rc == 0)
		rc = mdb_env_open(a->env, dir, MDB_NOTLS, 0600);
	if (rc == 0)
		rc = mdb_txn_begin(a->env, NULL, 0, &txn);
	if (rc == 0)
		rc = mdb_dbi_open(txn, NULL, 0, &a->dbi);
	return rc == 0 ? mdb_txn_commit(txn) : rc;
}

struct alone *alone_open(const char *dir)
{
	struct alone *a = hf_alloc_zero(sizeof(*a));
	a->nng = nng_base_open(ADDRESS, 1, MESSAGE_BYTES, 64);
	a->key = hf_sign_key_new();
	if (a->nng && a->key && open_store(a, dir) == 0) {
		hf_sign_key_pub(a->key, &a->pub);
		return a;
	}
	fprintf(stderr, "hufu-bench: the baseline cannot be set up in %s\n", dir);
	alone_close(a);
	return NULL;
}

void alone_close(struct alone *a)
{
	if (!a)
		return;
	nng_base_close(a->nng);
	hf_sign_key_free(a->key);
	if (a->env)
		mdb_env_close(a->env);
	free(a);
}

static bool commit(struct alone *a, const void *data, size_t len)
{
	uint8_t key[8];
	MDB_txn *txn;
	hf_put_u64(key, a->rows++);
	if (mdb_txn_begin(a->env, NULL, 0, &txn) != 0)
		return false;
	if (mdb_put(txn, a->dbi, &(MDB_val){sizeof(key), key}, &(MDB_val){len, (void *)data}, MDB_APPEND) != 0) {
		mdb_txn_abort(txn);
		return false;
	}
	return mdb_txn_commit(txn) == 0;
}

static unsigned whole(double v)
{
	return v > 0 ? (unsigned)(v + 0.5) : 0;
}

double alone_once(struct alone *a, const struct effort *e)
{
	size_t len = whole(e->document_bytes);
	uint8_t *document = hf_alloc_zero(len);
	struct hf_sig sig;
	int64_t begin = bench_now_us();
	bool ok = hf_dsse_sign(a->key, HF_TYPE_APPLICATION, document, len, &sig);
	for (unsigned i = 1; i < whole(e->signatures) && ok; i++)
		ok = hf_dsse_sign(a->key, HF_TYPE_APPLICATION, document, len, &sig);
	for (unsigned i = 0; i < whole(e->verifications) && ok; i++)
		ok = hf_dsse_verify(&a->pub, HF_TYPE_APPLICATION, document, len, &sig);
	if (ok && whole(e->messages))
		ok = nng_base_window(a->nng, INT64_C(10000000), whole(e->messages), NULL) > 0;
	for (unsigned i = 0; i < whole(e->commits) && ok; i++)
		ok = commit(a, document, len);
	free(document);
	return ok ? (double)(bench_now_us() - begin) / 1000 : -1;
}
