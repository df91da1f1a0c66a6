/*
 * tally_mutations_test.c - a tally with something missing, added, in another order, altered, signed again by an
 * insider, cut off, hidden, mixed from two transactions, or of another root: is each refused, and with a reason of its
 * own? (SB-58, SB-59) One row a mutation.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/evidence/reasons.h"
#include "unit/evidence/tally_check.h"

static void make_sorted(struct tb *b, Hufu__Tally *t)
{
	assert_int_equal(hf_tally_make(b->sb->key[SB_ROADS][HF_KEY_ENVELOPE], "roads", t, &b->tally), HF_OK);
}

/* A hook that must leave its own order behind: sorts first, so that it bends what is right. */
static void sort_first(struct tb *b, Hufu__Tally *t)
{
	make_sorted(b, t);
	hf_buf_clear(&b->tally);
}

/* ---- missing ---- */

static void drop_doc(struct tb *b, Hufu__Tally *t)
{
	size_t n = 0;
	for (size_t i = 0; i < t->n_documents; i++)
		if (strcmp(t->documents[i]->payload_type, b->ctx) != 0)
			t->documents[n++] = t->documents[i];
	t->n_documents = n;
	make_sorted(b, t);
}
static void drop_first_revision(struct tb *b, Hufu__Tally *t)
{
	sort_first(b, t); /* brings revision 1 to the front of its kind */
	for (size_t i = 1; i + 1 < t->n_documents; i++)
		t->documents[i] = t->documents[i + 1];
	t->n_documents--;
	make_sorted(b, t);
}
static void drop_descriptor(struct tb *b, Hufu__Tally *t)
{
	t->n_descriptors = 0;
	make_sorted(b, t);
}
static void drop_ledger(struct tb *b, Hufu__Tally *t)
{
	t->ledgers[1] = t->ledgers[2];
	t->n_ledgers--;
	make_sorted(b, t);
}
static void drop_middle_entry(struct tb *b, Hufu__Tally *t)
{
	Hufu__TallyLedger *l = t->ledgers[2];
	for (size_t i = 3; i + 1 < l->n_entries; i++)
		l->entries[i] = l->entries[i + 1];
	l->n_entries--;
	make_sorted(b, t);
}
static void drop_first_entry(struct tb *b, Hufu__Tally *t)
{
	Hufu__TallyLedger *l = t->ledgers[1];
	for (size_t i = 0; i + 1 < l->n_entries; i++)
		l->entries[i] = l->entries[i + 1];
	l->n_entries--;
	make_sorted(b, t);
}
static void drop_cosignatures(struct tb *b)
{
	b->quorum = 2;
	tb_checkpoint(b, &b->ledger[1]);
}

/* ---- added ---- */

static void double_doc(struct tb *b, Hufu__Tally *t)
{
	sort_first(b, t);
	t->documents[t->n_documents] = t->documents[t->n_documents - 1];
	t->n_documents++;
	tb_sign_tally(b, t);
}
static void second_receipt(struct tb *b, Hufu__Tally *t)
{
	struct hf_buf other = HF_BUF_INIT;
	b->receipt.quality = tb_text("not-met");
	tb_sign(b, SB_HEALTH, HF_TYPE_RECEIPT, &b->receipt.base, &other, NULL);
	tb_add_doc(b, t, &other);
	hf_buf_done(&other);
	make_sorted(b, t);
}
static void foreign_doc(struct tb *b, Hufu__Tally *t)
{
	tb_add_doc(b, t, &b->descriptor);
	tb_sign_tally(b, t);
}
static void double_ledger(struct tb *b, Hufu__Tally *t)
{
	sort_first(b, t);
	t->ledgers[t->n_ledgers] = t->ledgers[t->n_ledgers - 1];
	t->n_ledgers++;
	tb_sign_tally(b, t);
}
static void double_entry(struct tb *b, Hufu__Tally *t)
{
	t->ledgers[0]->entries[t->ledgers[0]->n_entries++] = t->ledgers[0]->entries[4];
	make_sorted(b, t);
}
/* Of the node's start, which belongs to no transaction. */
static void entry_of_none(struct tb *b, Hufu__Tally *t)
{
	t->ledgers[1]->entries[t->ledgers[1]->n_entries++] = tb_tally_entry(b, &b->ledger[1], 1);
	make_sorted(b, t);
}
static void descriptor_twice(struct tb *b, Hufu__Tally *t)
{
	t->descriptors[t->n_descriptors++] = t->descriptors[0];
	make_sorted(b, t);
}
static void path_longer(struct tb *b, Hufu__Tally *t)
{
	Hufu__TallyEntry *e = t->ledgers[0]->entries[0];
	e->path[e->n_path] = e->path[0];
	e->n_path++;
	make_sorted(b, t);
}
static void line_of_another(struct tb *b)
{
	struct tb_ledger *l = &b->ledger[2];
	size_t len = strlen(l->note), text = (size_t)(strstr(l->note, "\n\n") - l->note) + 1;
	assert_true(hf_note_cosign_line(b->sb->key[SB_HEALTH][HF_KEY_WITNESS], SB_SPACE "/witness/health",
	                                (uint64_t)SB_T0 / 1000, l->note, text, l->note + len,
	                                sizeof(l->note) - len) > 0);
}
static void bytes_behind(struct tb *b)
{
	assert_true(hf_buf_add(&b->tally, "\0", 1));
}

/* ---- in another order ---- */

static void swap_docs(struct tb *b, Hufu__Tally *t)
{
	sort_first(b, t);
	Hufu__Envelope *e = t->documents[7];
	t->documents[7] = t->documents[8];
	t->documents[8] = e;
	tb_sign_tally(b, t);
}
static void swap_ledgers(struct tb *b, Hufu__Tally *t)
{
	sort_first(b, t);
	Hufu__TallyLedger *l = t->ledgers[0];
	t->ledgers[0] = t->ledgers[1];
	t->ledgers[1] = l;
	tb_sign_tally(b, t);
}
static void swap_entries(struct tb *b, Hufu__Tally *t)
{
	sort_first(b, t);
	Hufu__TallyEntry *e = t->ledgers[0]->entries[2];
	t->ledgers[0]->entries[2] = t->ledgers[0]->entries[3];
	t->ledgers[0]->entries[3] = e;
	tb_sign_tally(b, t);
}
/* Each bears the other's index, so that these rise. */
static void exchange_entries(struct tb *b, Hufu__Tally *t)
{
	sort_first(b, t);
	Hufu__TallyEntry **e = t->ledgers[0]->entries, *first = e[2];
	uint64_t index = first->index;
	first->index = e[3]->index;
	e[3]->index = index;
	e[2] = e[3];
	e[3] = first;
	tb_sign_tally(b, t);
}
static void swap_descriptors(struct tb *b, Hufu__Tally *t)
{
	struct hf_buf second = HF_BUF_INIT;
	sb_next(b->sb, &b->descriptor);
	sb_sign(b->sb, &second);
	t->descriptors[1] = t->descriptors[0];
	t->descriptors[0] = tb_envelope(b, &second);
	t->n_descriptors = 2;
	hf_buf_done(&second);
	make_sorted(b, t);
}
/* The log itself has the start behind the manifest. */
static void turn_around(struct tb *b, unsigned node, enum hf_event event, struct hf_draft *d)
{
	bool start = event == HF_EVENT_TRANSFER_START;
	if (node != SB_ROADS || (!start && event != HF_EVENT_TRANSFER_SENT))
		return;
	hf_draft_bytes(d, HF_FIELD_DIGEST, start ? b->h_manifest.b : b->h_start.b, 32);
	hf_draft_text(d, HF_FIELD_EVENT, hf_event_name(start ? HF_EVENT_TRANSFER_SENT : HF_EVENT_TRANSFER_START));
}
/* ... or numbers its entries in another order. */
static void misnumber(struct tb *b, unsigned node, enum hf_event event, struct hf_draft *d)
{
	(void)b;
	if (node == SB_HUB && event == HF_EVENT_APPLICATION_RECEIVE)
		hf_draft_int(d, HF_FIELD_ORDINAL, 2);
	if (node == SB_HUB && event == HF_EVENT_COMPLIANCE_REVIEW)
		hf_draft_int(d, HF_FIELD_ORDINAL, 1);
}

/* ---- altered by who has no key of those who signed ---- */

/* The last byte, so that the form stays right. */
static ProtobufCBinaryData flipped(struct tb *b, ProtobufCBinaryData was)
{
	uint8_t *copy = tb_zero(b, was.len);
	memcpy(copy, was.data, was.len);
	copy[was.len - 1] ^= 1;
	return (ProtobufCBinaryData){was.len, copy};
}
static void alter_doc(struct tb *b, Hufu__Tally *t)
{
	sort_first(b, t);
	t->documents[9]->signatures[0]->sig = flipped(b, t->documents[9]->signatures[0]->sig);
	tb_sign_tally(b, t);
}
static void alter_descriptor(struct tb *b, Hufu__Tally *t)
{
	t->descriptors[0]->signatures[0]->sig = flipped(b, t->descriptors[0]->signatures[0]->sig);
	make_sorted(b, t);
}
static void alter_entry(struct tb *b, Hufu__Tally *t)
{
	t->ledgers[0]->entries[3]->entry = flipped(b, t->ledgers[0]->entries[3]->entry);
	make_sorted(b, t);
}
static void alter_opening(struct tb *b, Hufu__Tally *t)
{
	Hufu__FieldOpening *o = t->ledgers[0]->entries[3]->opening->fields[0];
	o->salt = flipped(b, o->salt);
	make_sorted(b, t);
}
static void alter_checkpoint(struct tb *b)
{
	char *root = strchr(strchr(b->ledger[2].note, '\n') + 1, '\n') + 1;
	*root = *root == 'A' ? 'B' : 'A';
}
static void alter_cosignature(struct tb *b)
{
	char *line = strstr(b->ledger[2].note, "/witness/hub ");
	line += strlen("/witness/hub ") + 60;
	*line = *line == 'A' ? 'B' : 'A';
}
static void alter_outer(struct tb *b)
{
	b->tally.data[b->tally.len - 1] ^= 1;
}

/* ---- signed again by insiders; only the cosigned ledgers stay ---- */

static void again_manifest(struct tb *b)
{
	b->manifest.rows = 1;
	tb_sign(b, SB_ROADS, HF_TYPE_MANIFEST, &b->manifest.base, &b->e_manifest, &b->h_manifest);
	tb_make_receipt(b); /* the consumer plays along */
}
static void again_receipt(struct tb *b)
{
	b->receipt.quality = tb_text("not-met");
	tb_sign(b, SB_HEALTH, HF_TYPE_RECEIPT, &b->receipt.base, &b->e_receipt, &b->h_receipt);
}
static void again_start(struct tb *b)
{
	b->start.generation = 2;
	tb_sign(b, SB_ROADS, HF_TYPE_TRANSFER_START, &b->start.base, &b->e_start, &b->h_start);
}
static void again_decision(struct tb *b)
{
	b->decision[0].reason_code = tb_text("as-a-favour");
	tb_sign(b, SB_ROADS, HF_TYPE_DECISION, &b->decision[0].base, &b->e_decision[0], &b->h_decision[0]);
}
static void again_negotiation(struct tb *b)
{
	b->app[0].reason = tb_text("another reason");
	tb_documents(b);
}
/* ... and one side's ledger too, with witnesses who play along. */
static void again_with_provider(struct tb *b)
{
	again_manifest(b);
	tb_provider_ledger(b);
}
static void again_with_consumer(struct tb *b)
{
	again_manifest(b);
	tb_consumer_ledger(b);
}
static void again_log(struct tb *b)
{
	char cosigned[8192];
	struct tb_ledger *l = &b->ledger[2];
	snprintf(cosigned, sizeof(cosigned), "%s", l->note);
	again_manifest(b);
	tb_ledgers(b);
	/* The old cosignatures under the new text, behind the log's new line. */
	char *own_end = strchr(strstr(l->note, "\n\n") + 2, '\n') + 1,
	     *cosignatures = strchr(strstr(cosigned, "\n\n") + 2, '\n') + 1;
	memmove(own_end, cosignatures, strlen(cosignatures) + 1);
}
/* The transfer is said to have ended otherwise than it did. */
static void refuse_receipt(struct tb *b, unsigned node, enum hf_event event, struct hf_draft *d)
{
	(void)b;
	if (node == SB_ROADS && event == HF_EVENT_TRANSFER_CLOSED)
		hf_draft_text(d, HF_FIELD_OUTCOME, "refused");
}
static void add_revocation(struct tb *b, Hufu__Tally *t)
{
	Hufu__Revocation r = HUFU__REVOCATION__INIT;
	struct hf_buf out = HF_BUF_INIT;
	r.header = tb_header(b, SB_ROADS, &b->negotiation);
	r.grant = b->agreement.grant;
	r.agreement = b->agreement.id;
	r.reason = tb_text("");
	r.generation = 2;
	r.statement = tb_statement(b, TB_APPROVER, "revocation", &b->negotiation, &b->grant, 1, &b->h_agreement, NULL,
	                           0, "revoke", 0);
	tb_sign(b, SB_ROADS, HF_TYPE_REVOCATION, &r.base, &out, NULL);
	tb_add_doc(b, t, &out);
	hf_buf_done(&out);
	make_sorted(b, t);
}

/* ---- cut off ---- */

static void cut_to(struct tb *b, size_t len)
{
	b->tally.len = len;
}
static void cut_by_one(struct tb *b)
{
	cut_to(b, b->tally.len - 1);
}
/* Behind the payload: its length stands in three bytes after type and tag. */
static void cut_signatures(struct tb *b)
{
	size_t type = 2 + strlen(HF_TYPE_TALLY);
	const uint8_t *n = b->tally.data + type + 1;
	assert_true(n[0] >= 0x80 && n[1] >= 0x80 && n[2] < 0x80);
	cut_to(b, type + 4 + ((size_t)(n[0] & 0x7f) | (size_t)(n[1] & 0x7f) << 7 | (size_t)n[2] << 14));
}
static void cut_all(struct tb *b)
{
	cut_to(b, 0);
}
static void drop_last_entry(struct tb *b, Hufu__Tally *t)
{
	t->ledgers[0]->n_entries--; /* the receipt's */
	make_sorted(b, t);
}
/* ... after what both transactions have in common: nothing of the transfer is shown. */
static void drop_transfer(struct tb *b, Hufu__Tally *t)
{
	t->ledgers[2]->n_entries -= 4;
	make_sorted(b, t);
}
static void cut_checkpoint(struct tb *b)
{
	b->ledger[0].note[strlen(b->ledger[0].note) - 1] = 0;
}
static void cut_text(struct tb *b)
{
	strstr(b->ledger[0].note, "\n\n")[1] = 0;
}
static void older_checkpoint(struct tb *b)
{
	struct tb_ledger *l = &b->ledger[0];
	l->count -= 2;
	tb_checkpoint(b, l);
	l->count += 2;
}
static void path_shorter(struct tb *b, Hufu__Tally *t)
{
	t->ledgers[0]->entries[0]->n_path = 0;
	make_sorted(b, t);
}

/* ---- hidden ---- */

static void hide_field(Hufu__EntryOpening *o, uint32_t field)
{
	size_t n = 0;
	for (size_t i = 0; i < o->n_fields; i++)
		if (o->fields[i]->field != field)
			o->fields[n++] = o->fields[i];
	o->n_fields = n;
}
static void hide_transaction(struct tb *b, Hufu__Tally *t)
{
	hide_field(t->ledgers[0]->entries[1]->opening, HF_FIELD_TRANSACTION);
	make_sorted(b, t);
}
static void hide_event(struct tb *b, Hufu__Tally *t)
{
	hide_field(t->ledgers[0]->entries[1]->opening, HF_FIELD_EVENT);
	make_sorted(b, t);
}
static void hide_ordinal(struct tb *b, Hufu__Tally *t)
{
	hide_field(t->ledgers[0]->entries[1]->opening, HF_FIELD_ORDINAL);
	make_sorted(b, t);
}
static void hide_back_link(struct tb *b, Hufu__Tally *t)
{
	hide_field(t->ledgers[0]->entries[1]->opening, HF_FIELD_BACK_LINK);
	make_sorted(b, t);
}
static Hufu__EntryOpening *last_opening(Hufu__Tally *t)
{
	return t->ledgers[0]->entries[t->ledgers[0]->n_entries - 1]->opening;
}
static void hide_count(struct tb *b, Hufu__Tally *t)
{
	hide_field(last_opening(t), HF_FIELD_COUNT);
	make_sorted(b, t);
}
static void hide_digest(struct tb *b, Hufu__Tally *t)
{
	hide_field(last_opening(t), HF_FIELD_DIGEST);
	make_sorted(b, t);
}
static void hide_outcome(struct tb *b, Hufu__Tally *t)
{
	hide_field(last_opening(t), HF_FIELD_OUTCOME);
	make_sorted(b, t);
}
/* Who did it may stay hidden. */
static void hide_actor(struct tb *b, Hufu__Tally *t)
{
	hide_field(t->ledgers[0]->entries[1]->opening, HF_FIELD_ACTOR);
	make_sorted(b, t);
}

/* ---- mixed ---- */

static const struct sb_id wrong_id = {{1, 2, 3, 4, 5, 6, 0x77, 8, 0x99}};
static void other_receipt(struct tb *b, struct tb *o)
{
	hf_buf_clear(&b->e_receipt);
	assert_true(hf_buf_add(&b->e_receipt, o->e_receipt.data, o->e_receipt.len));
}
static void other_ledgers(struct tb *b, struct tb *o)
{
	for (unsigned i = 0; i < TB_LEDGERS; i++) {
		struct tb_ledger keep = b->ledger[i];
		b->ledger[i] = o->ledger[i];
		o->ledger[i] = keep;
	}
}
static void other_negotiation(struct tb *b, struct tb *o)
{
	struct hf_buf *to[] = {&b->e_entry,       &b->e_app[0],       &b->e_intake[0],
	                       &b->e_decision[0], &b->e_verification, &b->e_event};
	struct hf_buf *from[] = {&o->e_entry,       &o->e_app[0],       &o->e_intake[0],
	                         &o->e_decision[0], &o->e_verification, &o->e_event};
	for (size_t i = 0; i < sizeof(to) / sizeof(to[0]); i++) {
		hf_buf_clear(to[i]);
		assert_true(hf_buf_add(to[i], from[i]->data, from[i]->len));
	}
}
static void other_transaction(struct tb *b, Hufu__Tally *t)
{
	t->header->transaction = sb_bytes((uint8_t *)(uintptr_t)wrong_id.b, 16);
	make_sorted(b, t);
}
static void no_transaction(struct tb *b, Hufu__Tally *t)
{
	t->header->transaction.len = 0;
	make_sorted(b, t);
}
static void note_of_another(struct tb *b, Hufu__Tally *t)
{
	t->ledgers[0]->checkpoint = b->ledger[2].note;
	make_sorted(b, t);
}
static void opening_of_another(struct tb *b, Hufu__Tally *t)
{
	t->ledgers[0]->entries[1]->opening = t->ledgers[0]->entries[2]->opening;
	make_sorted(b, t);
}
static void other_descriptor(struct tb *b, struct tb *o)
{
	hf_buf_clear(&b->descriptor);
	assert_true(hf_buf_add(&b->descriptor, o->descriptor.data, o->descriptor.len));
}

/* ---- the table ---- */

enum kind { MISSING, ADDED, REORDERED, ALTERED, SIGNED_AGAIN, CUT_OFF, HIDDEN, MIXED, OTHER_ROOT };

static const struct mutation {
	enum kind kind;
	const char *name, *reason;
	const char *type;                            /* for drop_doc */
	unsigned revisions;                          /* 0: one */
	uint8_t other;                               /* the space of which `mix` gets a transaction; 0: the same */
	void (*alter)(struct tb *b);                 /* documents and ledgers */
	void (*mix)(struct tb *b, struct tb *other); /* the same, with those of another transaction */
	void (*tally)(struct tb *b, Hufu__Tally *t); /* before it is signed */
	void (*file)(struct tb *b);                  /* the bytes */
	void (*entry)(struct tb *b, unsigned node, enum hf_event event, struct hf_draft *d);
} mutations[] = {
#define DROP(t, text)                                                                                                  \
	{                                                                                                              \
		MISSING, "no " text, "the tally holds no " text, .tally = drop_doc, .type = (t)                        \
	}
        DROP(HF_TYPE_CATALOG_ENTRY, "catalog entry"),
        DROP(HF_TYPE_APPLICATION, "application"),
        DROP(HF_TYPE_INTAKE, "intake record"),
        DROP(HF_TYPE_DECISION, "decision"),
        DROP(HF_TYPE_VERIFICATION, "verification"),
        DROP(HF_TYPE_NEGOTIATION_EVENT, "negotiation event"),
        DROP(HF_TYPE_TRANSFER_REQUEST, "transfer request"),
        DROP(HF_TYPE_TRANSFER_START, "transfer start"),
        DROP(HF_TYPE_MANIFEST, "manifest"),
        DROP(HF_TYPE_RECEIPT, "receipt"),
        {MISSING, "no first revision", "the revision before revision 2 of the application is missing",
         .tally = drop_first_revision, .revisions = 2},
        {MISSING, "no descriptor", "the tally is not of the required form", .tally = drop_descriptor},
        {MISSING, "no ledger", "the tally holds no ledger of hub", .tally = drop_ledger},
        {MISSING, "no entry", "entry number 4 of transaction", .tally = drop_middle_entry},
        {MISSING, "no first entry", "entry number 1 of transaction", .tally = drop_first_entry},
        {MISSING, "no quorum", "has 2 cosignatures; the quorum is 3", .alter = drop_cosignatures},

        {ADDED, "document twice", "the tally holds the same receipt twice", .tally = double_doc},
        {ADDED, "two receipts", "the tally holds more than one receipt", .tally = second_receipt},
        {ADDED, "foreign document", "does not belong into a tally", .tally = foreign_doc},
        {ADDED, "ledger twice", "the tally holds the ledger city.example/ledger/roads twice", .tally = double_ledger},
        {ADDED, "entry twice", "of health twice", .tally = double_entry},
        {ADDED, "entry of no transaction", "entry 1 of hub is neither of the tally's", .tally = entry_of_none},
        {ADDED, "descriptor twice", "the descriptor in place 2 has another number", .tally = descriptor_twice},
        {ADDED, "long proof", "goes on after its 4 steps", .tally = path_longer},
        {ADDED, "line of no witness", "which is no witness of it", .alter = line_of_another},
        {ADDED, "bytes behind it", "bytes that are not of the tally follow it", .file = bytes_behind},
        {ADDED, "unrecorded revocation", "no entry of health records the revocation", .tally = add_revocation},

        {REORDERED, "documents", "the documents are not in the required order", .tally = swap_docs},
        {REORDERED, "ledgers", "the ledgers are not in order", .tally = swap_ledgers},
        {REORDERED, "entries", "the entries of health are not in order", .tally = swap_entries},
        {REORDERED, "entries under each other's index", "is of another ledger or place", .tally = exchange_entries},
        {REORDERED, "descriptors", "descriptor 2 came before number 1", .tally = swap_descriptors},
        {REORDERED, "log", "the manifest stands before the transfer start", .entry = turn_around},
        {REORDERED, "numbers", "stands before number 1", .entry = misnumber},

        {ALTERED, "document", "the signature of health on the receipt does not verify", .tally = alter_doc},
        {ALTERED, "descriptor", "the signature of the space descriptor does not verify", .tally = alter_descriptor},
        {ALTERED, "entry", "it or its proof was altered", .tally = alter_entry},
        {ALTERED, "opening", "does not fit its commitment", .tally = alter_opening},
        {ALTERED, "checkpoint", "neither the log's signature nor a cosignature", .alter = alter_checkpoint},
        {ALTERED, "cosignature", "the cosignature of the witness hub", .alter = alter_cosignature},
        {ALTERED, "signature of the tally", "the signature of roads on the tally", .file = alter_outer},

        {SIGNED_AGAIN, "manifest", "another manifest than the tally's, whose", .alter = again_manifest},
        {SIGNED_AGAIN, "receipt", "another receipt than the tally's, whose", .alter = again_receipt},
        {SIGNED_AGAIN, "start", "another transfer start than the tally's, whose", .alter = again_start},
        {SIGNED_AGAIN, "decision", "another decision than the tally's, whose", .alter = again_decision},
        {SIGNED_AGAIN, "negotiation", "another application than the tally's, whose", .alter = again_negotiation},
        {SIGNED_AGAIN, "provider's ledger", "the ledgers disagree: entry 12 of health", .alter = again_with_provider},
        {SIGNED_AGAIN, "consumer's ledger", "the ledgers disagree: entry 10 of roads", .alter = again_with_consumer},
        {SIGNED_AGAIN, "log", "the log of roads signed this checkpoint, but no cosignature", .alter = again_log},
        {SIGNED_AGAIN, "outcome", "with another outcome than \"ok\"", .entry = refuse_receipt},

        {CUT_OFF, "file", "the file ends within the part that begins at byte", .file = cut_by_one},
        {CUT_OFF, "signatures", "no signature follows what it holds", .file = cut_signatures},
        {CUT_OFF, "all", "the file is empty", .file = cut_all},
        {CUT_OFF, "ledger", "up to entry 12, not to its end", .tally = drop_last_entry},
        {CUT_OFF, "transfer", "the ledger of roads shows no entry of the transfer", .tally = drop_transfer},
        {CUT_OFF, "checkpoint", "the checkpoint was cut off within a signature line", .alter = cut_checkpoint},
        {CUT_OFF, "checkpoint's text", "the checkpoint was cut off before its signatures", .alter = cut_text},
        {CUT_OFF, "older checkpoint", "lies behind the 12 entries", .alter = older_checkpoint},
        {CUT_OFF, "proof", "is cut off after 0 of its 4 steps", .tally = path_shorter},

        {HIDDEN, "transaction", "does not show its transaction", .tally = hide_transaction},
        {HIDDEN, "event", "does not show its event", .tally = hide_event},
        {HIDDEN, "ordinal", "does not show its place", .tally = hide_ordinal},
        {HIDDEN, "back-link", "does not show its link", .tally = hide_back_link},
        {HIDDEN, "count", "does not show its count", .tally = hide_count},
        {HIDDEN, "digest", "does not show its digest", .tally = hide_digest},
        {HIDDEN, "outcome", "does not show its outcome", .tally = hide_outcome},

        {MIXED, "receipt", "the receipt belongs to another transaction", .mix = other_receipt},
        {MIXED, "ledgers", "entry 2 of health is neither of the tally's", .mix = other_ledgers},
        {MIXED, "negotiation", "the transfer request names another agreement", .mix = other_negotiation},
        {MIXED, "transaction", "of which it holds no document", .tally = other_transaction},
        {MIXED, "no transaction", "the tally names no transaction", .tally = no_transaction},
        {MIXED, "checkpoint", "bears the checkpoint of", .tally = note_of_another},
        {MIXED, "opening", "entry 3 of health bears the opening of entry 4", .tally = opening_of_another},

        {OTHER_ROOT, "descriptor", "another root key", .mix = other_descriptor, .other = 2},
};

/* The text of the refusal. */
static void refusal_of(const struct mutation *m, char out[REASON_TEXT])
{
	struct tb *b = tb_new(1, 1), *o = tb_new(m->other == 0 ? 1 : m->other, 2);
	struct hf_tally_report r;
	struct hf_fault f;
	b->revisions = m->revisions == 0 ? 1 : m->revisions;
	b->entry_hook = m->entry;
	b->tally_hook = m->tally;
	b->ctx = (void *)(uintptr_t)m->type;
	tb_documents(b);
	tb_ledgers(b);
	if (m->mix != NULL) {
		tb_documents(o);
		tb_ledgers(o);
		m->mix(b, o);
	}
	if (m->alter != NULL)
		m->alter(b);
	tb_tally(b);
	if (m->file != NULL)
		m->file(b);
	if (verify(b, &r, &f) == HF_OK)
		fail_msg("%s: accepted", m->name);
	snprintf(out, REASON_TEXT, "%s", f.text);
	tb_free(o);
	tb_free(b);
}

static void test_sb58_each_mutation_has_its_reason(void **state)
{
	(void)state;
	struct reasons *r = calloc(1, sizeof(*r));
	char text[REASON_TEXT];
	for (size_t i = 0; i < sizeof(mutations) / sizeof(mutations[0]); i++) {
		refusal_of(&mutations[i], text);
		reason_take(r, mutations[i].kind, mutations[i].name, mutations[i].reason, text);
	}
	reasons_differ(r);
	free(r);
}

static void test_what_may_be_hidden(void **state)
{
	(void)state;
	struct tb *b = tb_new(1, 1);
	struct hf_tally_report r;
	b->tally_hook = hide_actor;
	tb_build(b);
	assert_good(b, &r);
	tb_free(b);
}

/* Wherever the file ends, the reason says that it was cut off. */
static void test_sb58_cut_off_anywhere(void **state)
{
	(void)state;
	struct tb *b = tb_new(1, 1);
	struct hf_tally_report r;
	struct hf_fault f;
	tb_build(b);
	size_t whole = b->tally.len;
	for (b->tally.len = 1; b->tally.len < whole; b->tally.len += 61)
		assert_refused(b, "cut off", "was cut off at byte");
	b->tally.len = whole;
	assert_int_equal(verify(b, &r, &f), HF_OK);
	tb_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_sb58_each_mutation_has_its_reason),
	        cmocka_unit_test(test_what_may_be_hidden),
	        cmocka_unit_test(test_sb58_cut_off_anywhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
