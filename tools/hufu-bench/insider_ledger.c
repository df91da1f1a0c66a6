/*
 * insider_ledger.c - the insider's own ledger: openings, commitments, entries, chain, inclusion proofs and the
 * checkpoint, all of them consistent again. Only the witnesses' cosignatures remain those of the true checkpoint.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/merkle.h"
#include "crypto/note.h"
#include "evidence/entry.h"
#include "evidence/space.h"
#include "insider.h"
#include "proto/codec.h"

#define NOTE_MAX 65536u

/* The tree as far as the tally shows it: the altered leaves, and the subtrees beside their paths. A subtree is [first,
 * end). */
struct subtree {
	uint64_t first, end;
	struct hf_hash hash;
};
struct forest {
	Hufu__TallyLedger *ledger;
	uint64_t size;
	struct subtree *beside;
	size_t count;
};

static uint64_t split(uint64_t first, uint64_t end)
{
	uint64_t k = 1;
	while (k * 2 < end - first)
		k *= 2;
	return first + k;
}

static bool hash_of(const ProtobufCBinaryData *b, struct hf_hash *ret_hash)
{
	if (b->len != sizeof(ret_hash->b))
		return false;
	memcpy(ret_hash->b, b->data, sizeof(ret_hash->b));
	return true;
}

/* From the root down: a path names the leaf's sibling first. */
static bool add_path(struct forest *f, const Hufu__TallyEntry *e)
{
	uint64_t first = 0, end = f->size;
	for (size_t at = e->n_path; at-- > 0;) {
		if (end - first < 2)
			return false;
		uint64_t middle = split(first, end);
		bool left = e->index < middle;
		struct subtree *s = &f->beside[f->count++];
		s->first = left ? middle : first;
		s->end = left ? end : middle;
		if (!hash_of(&e->path[at], &s->hash))
			return false;
		if (left)
			end = middle;
		else
			first = middle;
	}
	return end - first == 1;
}

static const Hufu__TallyEntry *entry_within(const struct forest *f, uint64_t first, uint64_t end)
{
	for (size_t i = 0; i < f->ledger->n_entries; i++)
		if (f->ledger->entries[i]->index >= first && f->ledger->entries[i]->index < end)
			return f->ledger->entries[i];
	return NULL;
}

static bool subtree_hash(const struct forest *f, uint64_t first, uint64_t end, struct hf_hash *ret_hash)
{
	const Hufu__TallyEntry *e = entry_within(f, first, end);
	struct hf_hash left, right;
	if (e && end - first == 1) {
		hf_merkle_leaf(e->entry.data, e->entry.len, ret_hash);
		return true;
	}
	for (size_t i = 0; i < f->count && !e; i++)
		if (f->beside[i].first == first && f->beside[i].end == end) {
			*ret_hash = f->beside[i].hash;
			return true;
		}
	if (!e || !subtree_hash(f, first, split(first, end), &left) || !subtree_hash(f, split(first, end), end, &right))
		return false;
	hf_merkle_node(&left, &right, ret_hash);
	return true;
}

static bool new_path(struct insider *x, const struct forest *f, Hufu__TallyEntry *e)
{
	uint64_t first = 0, end = f->size;
	for (size_t at = e->n_path; at-- > 0;) {
		uint64_t middle = split(first, end);
		bool left = e->index < middle;
		struct hf_hash h;
		if (!subtree_hash(f, left ? middle : first, left ? end : middle, &h))
			return false;
		e->path[at].data = insider_copy(x, h.b, sizeof(h.b));
		if (left)
			end = middle;
		else
			first = middle;
	}
	return true;
}

/* ---- entries ---- */

static void commit_again(struct insider *x, Hufu__EntryOpening *o, const Hufu__FieldOpening *field)
{
	struct hf_hash h;
	hf_entry_commit_field(field->salt.data, (enum hf_field)field->field, field->value.data, field->value.len, &h);
	for (size_t i = 0; i < o->n_hashes; i++)
		if (o->hashes[i]->field == field->field)
			o->hashes[i]->hash = (ProtobufCBinaryData){sizeof(h.b), insider_copy(x, h.b, sizeof(h.b))};
}

/* What the entry says of the receipt must say the same. */
static bool alter_quality(struct insider *x, Hufu__FieldOpening *f)
{
	size_t len = x->quality[0] ? strlen(x->quality[0]) : 0;
	if (f->field != HF_FIELD_QUALITY || len == 0 || f->value.len != len ||
	    memcmp(f->value.data, x->quality[0], len) != 0)
		return false;
	len = strlen(x->quality[1]);
	f->value = (ProtobufCBinaryData){len, insider_copy(x, x->quality[1], len)};
	return true;
}

static bool alter_opening(struct insider *x, Hufu__EntryOpening *o)
{
	bool any = false;
	for (size_t i = 0; o && i < o->n_fields; i++) {
		if (o->fields[i]->salt.len != 32 ||
		    (!insider_replace(x, &o->fields[i]->value) && !alter_quality(x, o->fields[i])))
			continue;
		commit_again(x, o, o->fields[i]);
		any = true;
	}
	return any;
}

static void commitment_of(const Hufu__EntryOpening *o, struct hf_hash *ret_root)
{
	struct hf_hash hashes[HF_FIELD_LIMIT];
	uint32_t fields[HF_FIELD_LIMIT];
	size_t count = 0;
	for (size_t i = 0; i < o->n_hashes && count < HF_FIELD_LIMIT; i++)
		if (hash_of(&o->hashes[i]->hash, &hashes[count]))
			fields[count++] = o->hashes[i]->field;
	hf_entry_commit_root(hashes, fields, count, ret_root);
}

/* prev: the leaf hash of the entry before, when that was made anew; else NULL. */
static bool remake_entry(struct insider *x, Hufu__TallyEntry *t, struct hf_hash *prev)
{
	bool opened = alter_opening(x, t->opening);
	struct hf_hash root;
	size_t len = 0;
	if (!opened && !prev)
		return true;
	Hufu__LedgerEntry *e = HF_DECODE(ledger_entry, t->entry.data, t->entry.len);
	if (!e)
		return false;
	if (opened) {
		commitment_of(t->opening, &root);
		e->commitment.data = root.b;
	}
	if (prev)
		e->prev.data = prev->b;
	uint8_t *bytes = hf_encode(&e->base, &len);
	if (bytes)
		t->entry = (ProtobufCBinaryData){len, insider_copy(x, bytes, len)};
	free(bytes);
	hf_decoded_free(e);
	x->entries++;
	return bytes != NULL;
}

static bool remake_entries(struct insider *x, Hufu__TallyLedger *l)
{
	struct hf_hash leaf;
	bool changed = false; /* the entry before, which stands right before this one */
	for (size_t i = 0; i < l->n_entries; i++) {
		size_t made = x->entries;
		bool follows = changed && l->entries[i]->index == l->entries[i - 1]->index + 1;
		if (!remake_entry(x, l->entries[i], follows ? &leaf : NULL))
			return false;
		changed = x->entries > made;
		hf_merkle_leaf(l->entries[i]->entry.data, l->entries[i]->entry.len, &leaf);
	}
	return true;
}

/* ---- checkpoint ---- */

static bool add(char *out, size_t *at, const char *text, size_t len)
{
	if (*at + len + 1 > NOTE_MAX)
		return false;
	memcpy(out + *at, text, len);
	*at += len;
	out[*at] = '\0';
	return true;
}

/* The true cosignatures go with the false checkpoint: there are no others. */
static bool add_cosignatures(const struct hf_note *n, const char *origin, char *out, size_t *at)
{
	const char *line = n->sigs, *end = n->sigs + n->sigs_len;
	for (size_t i = 0; i < n->count; i++) {
		const char *next = memchr(line, '\n', (size_t)(end - line));
		if (!next)
			return false;
		if (strcmp(n->sig[i].name, origin) != 0 && !add(out, at, line, (size_t)(next + 1 - line)))
			return false;
		line = next + 1;
	}
	return true;
}

static bool sign_checkpoint(struct insider *x, Hufu__TallyLedger *l, const struct hf_note *n,
                            const struct hf_checkpoint *c)
{
	char text[1024], line[400], *out = hf_arena_get(&x->arena, NOTE_MAX);
	size_t at = 0, len = hf_checkpoint_text(c, text, sizeof(text));
	size_t line_len = len ? hf_note_sign_line(x->keys.log, c->origin, text, len, line, sizeof(line)) : 0;
	bool ok = line_len && add(out, &at, text, len) && add(out, &at, "\n", 1) && add(out, &at, line, line_len) &&
	          add_cosignatures(n, c->origin, out, &at);
	if (!ok)
		return false;
	l->checkpoint = out;
	x->checkpoints++;
	return true;
}

static bool remake_tree(struct insider *x, Hufu__TallyLedger *l, const struct hf_note *n)
{
	struct hf_checkpoint c;
	struct forest f = {.ledger = l};
	if (!hf_checkpoint_parse(n->text, n->text_len, &c))
		return false;
	f.size = c.size;
	f.beside = hf_alloc_zero((l->n_entries * HF_MERKLE_PATH_MAX + 1) * sizeof(*f.beside));
	bool ok = true;
	for (size_t i = 0; i < l->n_entries && ok; i++)
		ok = l->entries[i]->n_path <= HF_MERKLE_PATH_MAX && add_path(&f, l->entries[i]);
	ok = ok && remake_entries(x, l) && subtree_hash(&f, 0, f.size, &c.root);
	for (size_t i = 0; i < l->n_entries && ok; i++)
		ok = new_path(x, &f, l->entries[i]);
	free(f.beside);
	return ok && sign_checkpoint(x, l, n, &c);
}

bool insider_remake_ledger(struct insider *x)
{
	char origin[HF_ORIGIN_MAX + 1];
	struct hf_note *n = hf_alloc_zero(sizeof(*n));
	bool ok = false;
	hf_space_origin(x->tally->header->space, x->node, origin);
	for (size_t i = 0; i < x->tally->n_ledgers; i++) {
		Hufu__TallyLedger *l = x->tally->ledgers[i];
		if (strcmp(l->origin, origin) == 0 && hf_note_parse(l->checkpoint, strlen(l->checkpoint), n))
			ok = remake_tree(x, l, n);
	}
	free(n);
	return ok;
}
