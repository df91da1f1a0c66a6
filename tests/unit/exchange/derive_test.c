/* Derivations and their lineage: what is no line of the form counts for nothing, a digest that does not agree is said,
 * and a long chain ends at its bound. */
#include "exchange/derive_text.h"
#include "unit/exchange/pair.h"

#define ID "0198a7c2-5b1e-7d44-8a51-0c1f6d2e9b10"
#define DIGEST "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

/* An opening with the fields of an entry of that event. */
struct opened {
	Hufu__EntryOpening opening;
	Hufu__FieldOpening field[6], *list[6];
	uint8_t digest[32];
};

static void put_field(struct opened *o, enum hf_field f, const void *data, size_t len)
{
	Hufu__FieldOpening *p = &o->field[o->opening.n_fields];
	hufu__field_opening__init(p);
	p->field = f;
	p->value = (ProtobufCBinaryData){len, (uint8_t *)data};
	o->list[o->opening.n_fields++] = p;
}

static Hufu__EntryOpening *open_as(struct opened *o, const char *inputs, const char *sources)
{
	memset(o, 0, sizeof(*o));
	hufu__entry_opening__init(&o->opening);
	o->opening.fields = o->list;
	put_field(o, HF_FIELD_EVENT, "derivation", 10);
	put_field(o, HF_FIELD_OBJECT, ID, strlen(ID));
	put_field(o, HF_FIELD_SYSTEM, "claims", 6);
	put_field(o, HF_FIELD_DIGEST, o->digest, 32);
	put_field(o, HF_FIELD_INPUTS, inputs, strlen(inputs));
	put_field(o, HF_FIELD_SOURCES, sources, strlen(sources));
	return &o->opening;
}

static bool reads(const char *inputs, const char *sources)
{
	struct opened o;
	struct derive_facts d;
	struct hf_id id;
	return derive_read(open_as(&o, inputs, sources), HF_EVENT_DERIVATION, &id, &d);
}

#define INPUT "transfer " ID " " DIGEST "\n"
#define SOURCE ID " roads\n"

static void only_whole_lines_count(void **state)
{
	static const char *const inputs[] = {"",
	                                     "\n",
	                                     "transfer\n",
	                                     "transfer " ID "\n",
	                                     "transfer " ID " 0011\n",
	                                     "transfer " ID " " DIGEST "0\n",
	                                     "receipt " ID " " DIGEST "\n",
	                                     "transfer 0198A7C2-5b1e-7d44-8a51-0c1f6d2e9b10 " DIGEST "\n",
	                                     "transfer " ID " " DIGEST " more\n",
	                                     INPUT "\n" INPUT,
	                                     INPUT "x"};
	static const char *const sources[] = {
	        "", ID "\n", ID " Roads\n", ID " roads health\n", "roads " ID "\n", SOURCE "\n" SOURCE};
	char many[40 * sizeof(INPUT)] = "";
	(void)state;
	assert_true(reads(INPUT, SOURCE));
	assert_true(reads("derivation " ID " " DIGEST, SOURCE ID " health"));
	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++)
		assert_false(reads(inputs[i], SOURCE));
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
		assert_false(reads(INPUT, sources[i]));
	for (unsigned i = 0; i < HF_DERIVE_INPUTS; i++)
		memcpy(many + strlen(many), INPUT, sizeof(INPUT));
	assert_true(reads(many, SOURCE));
	memcpy(many + strlen(many), INPUT, sizeof(INPUT));
	assert_false(reads(many, SOURCE));
}

struct told {
	size_t derived, received, provided, notes;
	unsigned steps;
	char note[600];
};

static void on_row(void *ctx, const struct hf_lineage_row *r)
{
	struct told *t = ctx;
	t->derived += strcmp(r->part, "derived") == 0;
	t->received += strcmp(r->part, "received") == 0;
	t->provided += strcmp(r->part, "provided") == 0;
	t->steps = r->steps;
}

static void on_note(void *ctx, const char *text)
{
	struct told *t = ctx;
	if (strstr(text, "witnessed checkpoint") || strstr(text, "not mirrored here") ||
	    strstr(text, "is not held here"))
		return; /* nobody witnesses or mirrors here */
	t->notes++;
	snprintf(t->note, sizeof(t->note), "%s", text);
}

static struct told back(struct pair *p, const struct hf_id *id, enum hf_err expected)
{
	struct told t = {0};
	const struct hf_lineage_sink sink = {on_row, on_note, &t};
	assert_int_equal(hf_lineage_back(p->health->exchange, id, &sink), expected);
	return t;
}

/* The unit and the entry that the command makes. */
static struct hf_id derive(struct pair *p, const struct hf_id *from, enum hf_err expected)
{
	const struct hf_derive_input input = {*from};
	const struct hf_system_view desk = {.name = "desk", .address = "10.3.0.5"};
	const struct hf_derive_in in = {&input, 1, &desk, "sun", "halved", NULL, {{7}}, 100};
	struct hf_fault f = {HF_OK, ""};
	struct hf_id id = {{0}};
	struct hf_unit *u = hf_unit_new();
	struct hf_draft *d = hf_draft_new(HF_EVENT_DERIVATION, NULL);
	enum hf_err e = hf_derive(p->health->exchange, &in, u, d, &id, &f);
	assert_int_equal(e, expected);
	hf_draft_outcome(d, HF_OK, NULL);
	hf_unit_draft(u, d);
	hf_store_submit(p->health->store, u, NULL, NULL);
	node_barrier(p->health);
	return id;
}

/* DS-97 */
static void a_chain_is_followed_to_its_bound_and_no_further(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct hf_id transfer = begin(p);
	wait_both(p, &transfer, "COMPLETED");
	struct hf_id id = derive(p, &transfer, HF_OK), first = id;
	struct told t = back(p, &id, HF_OK);
	assert_int_equal(t.derived, 1);
	assert_int_equal(t.received, 1);
	assert_int_equal(t.steps, 1);
	for (unsigned i = 0; i < HF_LINEAGE_STEPS + 3; i++)
		id = derive(p, &id, HF_OK);
	t = back(p, &id, HF_OK);
	assert_int_equal(t.derived, HF_LINEAGE_STEPS + 1);
	assert_int_equal(t.received, 0);
	assert_int_equal(t.notes, 1);
	assert_non_null(strstr(t.note, "goes back further"));
	assert_int_equal(back(p, &first, HF_OK).received, 1);
	assert_int_equal(back(p, &p->entry, HF_E_UNKNOWN).derived, 0);
}

/* DS-97: what was worked on is held against what was delivered. */
static void a_digest_that_does_not_agree_is_said(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct hf_id transfer = begin(p), lie = hf_id_new(p->w->now_ms);
	char text[HF_ID_TEXT], name[HF_ID_TEXT];
	wait_both(p, &transfer, "COMPLETED");
	hf_id_text(&transfer, text);
	hf_id_text(&lie, name);
	struct hf_unit *u = hf_unit_new();
	struct hf_draft *d = hf_draft_new(HF_EVENT_DERIVATION, &lie);
	hf_draft_text(d, HF_FIELD_OBJECT, name);
	hf_draft_text(d, HF_FIELD_SYSTEM, "desk");
	hf_draft_bytes(d, HF_FIELD_DIGEST, &lie, 16);
	hf_draft_textf(d, HF_FIELD_INPUTS, "transfer %s " DIGEST "\n", text);
	hf_draft_text(d, HF_FIELD_SOURCES, SOURCE);
	hf_unit_draft(u, d);
	hf_store_submit(p->health->store, u, NULL, NULL);
	node_barrier(p->health);
	back(p, &lie, HF_E_UNKNOWN); /* a digest of 16 bytes is none */
	u = hf_unit_new();
	d = hf_draft_new(HF_EVENT_DERIVATION, &lie);
	hf_draft_text(d, HF_FIELD_OBJECT, name);
	hf_draft_text(d, HF_FIELD_SYSTEM, "desk");
	hf_draft_bytes(d, HF_FIELD_DIGEST, p->w, 32);
	hf_draft_textf(d, HF_FIELD_INPUTS, "transfer %s " DIGEST "\n", text);
	hf_draft_text(d, HF_FIELD_SOURCES, SOURCE);
	hf_unit_draft(u, d);
	hf_store_submit(p->health->store, u, NULL, NULL);
	node_barrier(p->health);
	struct told t = back(p, &lie, HF_OK);
	assert_int_equal(t.received, 1);
	assert_int_equal(t.notes, 1);
	assert_non_null(strstr(t.note, "another digest"));
}

/* The provider's source says that it is what was derived under an id that nothing is on record of. */
static void link_source(struct pair *p)
{
	struct hf_source_view v;
	struct hf_fault f = {HF_OK, ""};
	struct hf_unit *u = hf_unit_new();
	assert_int_equal(hf_source_get(p->roads->sources, "flights", &v), HF_OK);
	v.derivation = hf_id_new(p->w->now_ms);
	assert_int_equal(hf_source_put(p->roads->sources, u, &v, &f), HF_OK);
	hf_source_view_done(&v);
	hf_store_submit(p->roads->store, u, NULL, NULL);
	node_barrier(p->roads);
}

/* DS-65: who cannot be told is not passed over. When the source goes before anything was sent, there is nothing to
 * tell. */
static void publishers_that_cannot_be_told_are_an_alarm(void **state)
{
	for (int removed = 0; removed < 2; removed++) {
		struct pair *p = pair_of(state, 1000);
		struct hf_fault f = {HF_OK, ""};
		link_source(p);
		struct hf_id id = begin(p);
		until(p, transfer_find(p->roads->exchange, &id, true));
		assert_int_equal(p->roads->alarms, 0);
		if (removed) {
			struct hf_unit *u = hf_unit_new();
			assert_int_equal(hf_source_remove(p->roads->sources, u, "flights", &f), HF_OK);
			hf_store_submit(p->roads->store, u, NULL, NULL);
		}
		wait_both(p, &id, removed ? "TERMINATED" : "COMPLETED");
		assert_int_equal(p->roads->alarms, removed ? 0 : 1);
	}
	/* What is not derived has nobody to be told. */
	struct pair *p = pair_of(state, 1000);
	struct hf_id id = begin(p);
	wait_both(p, &id, "COMPLETED");
	assert_int_equal(p->roads->alarms, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(only_whole_lines_count),
	        cmocka_unit_test(a_chain_is_followed_to_its_bound_and_no_further),
	        cmocka_unit_test(a_digest_that_does_not_agree_is_said),
	        cmocka_unit_test(publishers_that_cannot_be_told_are_an_alarm),
	};
	return cmocka_run_group_tests(tests, pair_up, pair_down);
}
