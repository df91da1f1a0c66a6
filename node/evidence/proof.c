/* proof.c - one entry's proof as a file (c2sp.org/tlog-proof): written and checked. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/base64.h"
#include "crypto/merkle.h"
#include "evidence/checkpoint.h"
#include "evidence/tally.h"

#define HEAD "c2sp.org/tlog-proof@v1\n"
#define EXTRA "extra "
#define INDEX "index "
#define HASH_TEXT 44 /* base64 of 32 bytes */
#define CHAIN_MAX ((size_t)256 << 20)

/* ---- writing ---- */

static bool add_base64(struct hf_buf *out, const void *data, size_t len)
{
	size_t n = HF_BASE64_LEN(len);
	if (!hf_buf_reserve(out, n + 1))
		return false;
	out->len += hf_base64(data, len, (char *)out->data + out->len);
	return true;
}

static bool is_shown(const Hufu__EntryOpening *o, uint32_t field)
{
	for (size_t i = 0; i < o->n_fields; i++)
		if (o->fields[i]->field == field)
			return true;
	return false;
}

/* The extra line's message; NULL when memory is gone. */
static uint8_t *make_extra(const Hufu__TallyEntry *e, size_t *ret_len)
{
	Hufu__ProofEntry p = HUFU__PROOF_ENTRY__INIT;
	p.index = e->index;
	p.entry = e->entry;
	p.n_shown = e->opening->n_fields;
	p.shown = e->opening->fields;
	p.hidden = hf_alloc((e->opening->n_hashes + 1) * sizeof(*p.hidden));
	for (size_t i = 0; i < e->opening->n_hashes; i++)
		if (!is_shown(e->opening, e->opening->hashes[i]->field))
			p.hidden[p.n_hidden++] = e->opening->hashes[i];
	uint8_t *extra = hf_encode(&p.base, ret_len);
	free(p.hidden);
	return extra;
}

enum hf_err hf_proof_make(const Hufu__TallyEntry *e, const char *note, struct hf_buf *out)
{
	size_t len = 0;
	if (e->opening == NULL || e->entry.len == 0)
		return HF_E_FORMAT;
	uint8_t *extra = make_extra(e, &len);
	if (extra == NULL)
		return HF_E_MEMORY;
	bool ok = hf_buf_addf(out, HEAD EXTRA) && add_base64(out, extra, len) &&
	          hf_buf_addf(out, "\n" INDEX "%" PRIu64 "\n", e->index);
	free(extra);
	for (size_t i = 0; ok && i < e->n_path; i++)
		ok = add_base64(out, e->path[i].data, e->path[i].len) && hf_buf_addf(out, "\n");
	return ok && hf_buf_addf(out, "\n") && hf_buf_add(out, note, strlen(note)) ? HF_OK : HF_E_LIMIT;
}

/* ---- reading ---- */

struct text {
	const char *at, *end;
};

/* One line without its LF. */
static bool next_line(struct text *t, struct text *ret_line)
{
	const char *lf = memchr(t->at, '\n', (size_t)(t->end - t->at));
	if (lf == NULL)
		return false;
	*ret_line = (struct text){t->at, lf};
	t->at = lf + 1;
	return true;
}

static bool skip_word(struct text *t, const char *word)
{
	size_t n = strlen(word);
	if ((size_t)(t->end - t->at) < n || memcmp(t->at, word, n) != 0)
		return false;
	t->at += n;
	return true;
}

static bool read_index(struct text line, uint64_t *ret_index)
{
	uint64_t n = 0;
	size_t len = (size_t)(line.end - line.at);
	if (len == 0 || len > 18 || (len > 1 && line.at[0] == '0'))
		return false;
	for (; line.at < line.end; line.at++) {
		if (*line.at < '0' || *line.at > '9')
			return false;
		n = n * 10 + (uint64_t)(*line.at - '0');
	}
	*ret_index = n;
	return true;
}

static bool read_hash(struct text line, struct hf_hash *ret_hash)
{
	uint8_t raw[HASH_TEXT / 4 * 3];
	size_t len;
	if (line.end - line.at != HASH_TEXT || !hf_base64_decode(line.at, HASH_TEXT, raw, &len) ||
	    len != sizeof(ret_hash->b))
		return false;
	memcpy(ret_hash->b, raw, sizeof(ret_hash->b));
	return true;
}

static Hufu__ProofEntry *read_extra(struct text line)
{
	size_t n = (size_t)(line.end - line.at), len = 0;
	uint8_t *raw = hf_alloc(n / 4 * 3 + 1);
	Hufu__ProofEntry *e = NULL;
	if (hf_base64_decode(line.at, n, raw, &len))
		e = hf_decode_limit(&hufu__proof_entry__descriptor, raw, len, HF_PROOF_MAX);
	free(raw);
	return e;
}

struct proof {
	Hufu__ProofEntry *file;  /* owned */
	Hufu__TallyEntry *entry; /* owned; with the opening made whole */
	uint64_t index;
	struct hf_merkle_path path;
	struct text note;
};

/* All commitments in rising order: those of the hidden fields, and between them those of the shown ones. Lists that do
 * not rise make one that does not rise either, which the check of the opening refuses. */
static size_t merge(const Hufu__ProofEntry *p, struct hf_hash *hashes, Hufu__FieldHash *rows)
{
	size_t shown = 0, hidden = 0, n = 0;
	while (shown < p->n_shown || hidden < p->n_hidden) {
		if (shown == p->n_shown ||
		    (hidden < p->n_hidden && p->hidden[hidden]->field < p->shown[shown]->field)) {
			rows[n++] = *p->hidden[hidden++];
			continue;
		}
		const Hufu__FieldOpening *f = p->shown[shown++];
		hf_entry_commit_field(f->salt.data, (enum hf_field)f->field, f->value.data, f->value.len, &hashes[n]);
		hufu__field_hash__init(&rows[n]);
		rows[n].field = f->field;
		rows[n].hash = (ProtobufCBinaryData){sizeof(hashes[n].b), hashes[n].b};
		n++;
	}
	return n;
}

/* NULL when the fields are more than an entry can have. */
static Hufu__TallyEntry *make_whole(const Hufu__ProofEntry *p, char *origin)
{
	size_t count = p->n_shown + p->n_hidden, len = 0;
	Hufu__TallyEntry e = HUFU__TALLY_ENTRY__INIT, *whole = NULL;
	Hufu__EntryOpening o = HUFU__ENTRY_OPENING__INIT;
	struct hf_hash *hashes = hf_alloc((count + 1) * sizeof(*hashes));
	Hufu__FieldHash *rows = hf_alloc((count + 1) * sizeof(*rows)),
	                **list = hf_alloc((count + 1) * sizeof(Hufu__FieldHash *));
	o.origin = origin;
	o.index = e.index = p->index;
	o.n_fields = p->n_shown;
	o.fields = p->shown;
	o.n_hashes = merge(p, hashes, rows);
	o.hashes = list;
	for (size_t i = 0; i < o.n_hashes; i++)
		list[i] = &rows[i];
	e.entry = p->entry;
	e.opening = &o;
	uint8_t *bytes = hf_encode(&e.base, &len);
	if (bytes != NULL)
		whole = hf_decode_limit(&hufu__tally_entry__descriptor, bytes, len, HF_PROOF_MAX);
	free(bytes);
	free(hashes);
	free(rows);
	free(list);
	return whole;
}

static enum hf_err parse_path(struct text *t, struct hf_merkle_path *path, struct hf_fault *f)
{
	struct text line;
	path->count = 0;
	while (next_line(t, &line)) {
		if (line.at == line.end)
			return HF_OK;
		if (path->count == HF_MERKLE_PATH_MAX || !read_hash(line, &path->node[path->count]))
			return hf_fault_set(f, HF_E_FORMAT,
			                    "line %u after the proof's index is not the base64 of one hash",
			                    path->count + 1);
		path->count++;
	}
	return hf_fault_set(f, HF_E_FORMAT,
	                    "the proof is cut off: its hashes end without an empty line and a checkpoint");
}

static enum hf_err parse_extra(struct text *t, struct proof *p, struct hf_fault *f)
{
	struct text line;
	if (!next_line(t, &line) || !skip_word(&line, EXTRA))
		return hf_fault_set(f, HF_E_FORMAT, "the proof has no extra line, which would hold the entry");
	p->file = read_extra(line);
	if (p->file == NULL)
		return hf_fault_set(f, HF_E_FORMAT, "the proof's extra line does not hold an entry and its opening");
	return HF_OK;
}

static enum hf_err parse(struct text t, struct proof *p, struct hf_fault *f)
{
	struct text line;
	if (!skip_word(&t, HEAD))
		return hf_fault_set(f, HF_E_FORMAT, "the file does not begin with the line c2sp.org/tlog-proof@v1");
	HF_TRY(parse_extra(&t, p, f));
	if (!next_line(&t, &line) || !skip_word(&line, INDEX) || !read_index(line, &p->index))
		return hf_fault_set(f, HF_E_FORMAT, "the proof has no line with its entry's index");
	if (p->index != p->file->index)
		return hf_fault_set(f, HF_E_CONFLICT, "the proof is for entry %llu, but holds entry %llu",
		                    (unsigned long long)p->index, (unsigned long long)p->file->index);
	HF_TRY(parse_path(&t, &p->path, f));
	p->note = t;
	return HF_OK;
}

static enum hf_err check_length(const struct proof *p, const struct hf_checked *c, struct hf_fault *f)
{
	unsigned long long index = p->index, size = c->checkpoint.size;
	if (p->index >= c->checkpoint.size)
		return hf_fault_set(f, HF_E_CONFLICT, "there is no entry %llu in a ledger of %llu entries", index,
		                    size);
	const unsigned steps = hf_merkle_path_length(p->index, c->checkpoint.size);
	if (p->path.count < steps)
		return hf_fault_set(f, HF_E_CONFLICT,
		                    "%u of the %u hashes that lead from entry %llu of %llu are missing from the proof",
		                    steps - p->path.count, steps, index, size);
	if (p->path.count > steps)
		return hf_fault_set(f, HF_E_CONFLICT,
		                    "the proof goes on after the %u hashes that lead from entry %llu of %llu", steps,
		                    index, size);
	return HF_OK;
}

static void entry_done(Hufu__LedgerEntry **e)
{
	hf_decoded_free(*e);
}

/* The event may stay hidden; a shown one is known and of the entry's class. */
static bool event_fits(const Hufu__LedgerEntry *e, const Hufu__EntryOpening *o)
{
	struct hf_bytes v;
	char name[64];
	if (!hf_opening_get(o, HF_FIELD_EVENT, &v))
		return true;
	snprintf(name, sizeof(name), "%.*s", (int)(v.len < sizeof(name) ? v.len : 0), (const char *)v.data);
	enum hf_event event = hf_event_from_name(name);
	return strlen(name) == v.len && event != HF_EVENT_INVALID && (uint32_t)hf_event_class(event) == e->event_class;
}

static enum hf_err check_entry(struct proof *p, const struct hf_checked *c, struct hf_fault *f)
{
	HF_CLEANUP(entry_done) Hufu__LedgerEntry *e = NULL;
	const Hufu__ProofEntry *t = p->file;
	unsigned long long index = p->index;
	struct hf_hash leaf;
	if (hf_entry_decode(t->entry.data, t->entry.len, &e) != HF_OK)
		return hf_fault_set(f, HF_E_FORMAT, "entry %llu is not of the required form", index);
	if (strcmp(e->origin, c->checkpoint.origin) != 0 || e->index != p->index)
		return hf_fault_set(f, HF_E_CONFLICT, "entry %llu is of another ledger or place than the proof", index);
	HF_TRY(check_length(p, c, f));
	hf_merkle_leaf(t->entry.data, t->entry.len, &leaf);
	if (!hf_merkle_verify_inclusion(&leaf, p->index, c->checkpoint.size, &p->path, &c->checkpoint.root))
		return hf_fault_set(f, HF_E_DIGEST, "entry %llu is not in the ledger of %s that the witnesses cosigned",
		                    index, c->node.s);
	p->entry = make_whole(t, e->origin);
	if (p->entry == NULL || !hf_entry_check_opening(e, p->entry->opening))
		return hf_fault_set(f, HF_E_DIGEST, "the opening of entry %llu does not fit its commitment", index);
	if (!event_fits(e, p->entry->opening))
		return hf_fault_set(f, HF_E_CONFLICT, "entry %llu is of another class than its event", index);
	return HF_OK;
}

static void proof_done(struct proof *p)
{
	hf_decoded_free(p->file);
	hf_decoded_free(p->entry);
}

enum hf_err hf_proof_check(const struct hf_space *s, const void *data, size_t len, struct hf_proof_report *ret_report,
                           struct hf_fault *f)
{
	struct hf_checked c;
	HF_CLEANUP(proof_done) struct proof p = {.file = NULL, .entry = NULL};
	if (len > HF_PROOF_MAX)
		return hf_fault_set(f, HF_E_LIMIT, "the file is larger than a proof may be");
	HF_TRY(parse((struct text){data, (const char *)data + len}, &p, f));
	HF_TRY(hf_checkpoint_check(s, p.note.at, (size_t)(p.note.end - p.note.at), &c, f));
	HF_TRY(check_entry(&p, &c, f));
	*ret_report =
	        (struct hf_proof_report){.index = p.index, .size = c.checkpoint.size, .cosignatures = c.cosignatures};
	snprintf(ret_report->node, sizeof(ret_report->node), "%s", c.node.s);
	hf_space_mark(s, &ret_report->descriptor);
	ret_report->entry = HF_TAKE(p.entry);
	return HF_OK;
}

static enum hf_err load_beside(struct hf_space *s, const char *path, struct hf_fault *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf chain;
	char name[1200];
	const char *slash = strrchr(path, '/');
	hf_buf_init(&chain, CHAIN_MAX);
	int n = snprintf(name, sizeof(name), "%.*sdescriptors.dsse", slash == NULL ? 0 : (int)(slash + 1 - path), path);
	if (n >= (int)sizeof(name))
		return hf_fault_set(f, HF_E_LIMIT, "the path is too long");
	enum hf_err e = hf_file_read(name, CHAIN_MAX, &chain);
	if (e != HF_OK)
		return hf_fault_set(f, e, "%s cannot be read; a proof needs the space's descriptors beside it", name);
	return hf_space_read_stream(s, chain.data, chain.len, f);
}

static enum hf_err open_with(struct hf_space *s, const struct hf_trust *trust, const char *path,
                             struct hf_proof_report *ret_report, struct hf_fault *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf data = HF_BUF_INIT;
	enum hf_err e = hf_file_read(path, HF_PROOF_MAX, &data);
	if (e != HF_OK)
		return hf_fault_set(f, e, "%s cannot be read, or is larger than a proof may be", path);
	HF_TRY(load_beside(s, path, f));
	HF_TRY(hf_space_reaches(s, trust, f));
	return hf_proof_check(s, data.data, data.len, ret_report, f);
}

enum hf_err hf_proof_open(const struct hf_trust *trust, const char *path, struct hf_proof_report *ret_report,
                          struct hf_fault *f)
{
	struct hf_proof_report r;
	struct hf_space *s = hf_space_new(&trust->root);
	enum hf_err e = open_with(s, trust, path, &r, f);
	hf_space_free(s);
	if (e != HF_OK)
		return e;
	if (ret_report != NULL)
		*ret_report = r;
	else
		hf_decoded_free(r.entry);
	return HF_OK;
}

enum hf_err hf_proof_verify(const struct hf_trust *trust, const char *path, struct hf_fault *f)
{
	return hf_proof_open(trust, path, NULL, f);
}
