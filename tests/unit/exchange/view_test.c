/*
 * view_test.c - sealed data that its readers see masked by the consumer itself (DS-87): by which view each reads, what
 * comes out, and that nothing does when view, plan or keys are not as they must be.
 */
#include "authz/views.h"
#include "exchange/held.h"
#include "exchange/reading.h"
#include "identity/accounts.h"
#include "masking/plan.h"
#include "release/mask_keys.h"
#include "unit/exchange/reads.h"

#define MIB ((size_t)1 << 20)
#define TWO_PIECES (MIB + 1000)

static const char plan_text[] =
        "masking-plan: 1\nname: %s\nversion: %u\nneed: claims\npurpose: claims\nmode: %s\n"
        "people: {operator: sun, security: zhou, audit: gao}\nscope: {group: flights, epoch: 1}\n"
        "schedule: by hand\nrelations: []\nresult: {rows-least: %u, rows-most: 1000000, unreadable-most: 0}\n"
        "tables:\n  t:\n    fields:\n%s"
        "emergency:\n  source: {cause: a, solution: b, who: sun}\n  format: {cause: a, solution: b, who: sun}\n"
        "  key: {cause: a, solution: b, who: zhou}\n  result: {cause: a, solution: b, who: zhou}\n"
        "  space: {cause: a, solution: b, who: sun}\n";
static const char coarse_fields[] = "      flight: {technique: denc}\n      arrival: {technique: daterd, unit: day}\n"
                                    "      delay: {technique: 'null'}\n";
static const char fine_fields[] = "      flight: {technique: denc}\n      arrival: {technique: daterd, unit: hour}\n"
                                  "      delay: {technique: round, step: 50}\n";

/* What stands approved at the consumer: "coarse", "fine". */
static struct stored {
	const char *name, *mode, *fields; /* fields NULL: there is none */
	unsigned version, rows_least;
} plans[2];

static enum hf_err plan_here(void *ctx, const char *name, struct hf_plan **ret_plan, struct hf_fault *f)
{
	char text[4096];
	(void)ctx;
	for (const struct stored *p = plans; p < plans + 2; p++)
		if (p->fields && strcmp(p->name, name) == 0) {
			snprintf(text, sizeof(text), plan_text, p->name, p->version, p->mode, p->rows_least, p->fields);
			return hf_plan_read("plan.yaml", text, strlen(text), ret_plan, f);
		}
	return hf_fault_set(f, HF_E_NO_PLAN, "there is no masking plan '%.63s'", name);
}

static struct hf_mask_keys *mask_keys;

static void mask_up(struct pair *p)
{
	struct hf_fault f = {HF_OK, ""};
	if (!p->health->keys.mask_root) {
		p->health->keys.mask_root = hf_secret_alloc(32);
		memset(p->health->keys.mask_root, 7, 32);
	}
	assert_int_equal(hf_mask_keys_open(&p->health->base, p->health->store, &p->health->keys, &mask_keys, &f),
	                 HF_OK);
	const struct hf_exchange_masking m = {.keys = mask_keys, .plan = plan_here};
	hf_exchange_set_masking(p->health->exchange, &m);
}

/* ---- words ---- */

static enum hf_err set_view(struct pair *p, const struct hf_data_view_in *what)
{
	struct hf_data_view_in in = *what;
	struct hf_id view;
	COMMAND(c, p->health, "ma");
	in.entry = p->entry;
	return command_end(&c, hf_data_view_set(p->health->authz, &c.in, &in, &view));
}

static void view_is(struct pair *p, const struct hf_data_view_in *what)
{
	if (set_view(p, what) != HF_OK)
		fail_msg("%s", last_fault);
}

static enum hf_err remove_view(struct pair *p, const char *name)
{
	COMMAND(c, p->health, "ma");
	return command_end(&c, hf_data_view_remove(p->health->authz, &c.in, &p->entry, name));
}

struct names {
	char name[HF_DATA_VIEWS_MAX][HF_NAME_MAX + 1];
	size_t count;
};

static bool add_name(void *ctx, const Hufu__DataViewRow *row)
{
	struct names *n = ctx;
	snprintf(n->name[n->count++], HF_NAME_MAX + 1, "%s", row->name);
	return n->count < HF_DATA_VIEWS_MAX;
}

static void roles_are(struct pair *p, const char *account, const char *second)
{
	const char *const roles[] = {"operator", second};
	struct hf_actor a = actor_of(p->health, "li");
	struct hf_unit *u = hf_unit_new();
	struct hf_fault f = {HF_OK, ""};
	assert_int_equal(hf_account_roles(p->health->identity, &a, u, account, roles, second ? 2 : 1, &f), HF_OK);
	submit_wait(p->health, u);
}

/* No views, both plans in order; "gu" is an operator and a privacy expert. */
static void in_order(struct pair *p)
{
	struct names n = {.count = 0};
	roles_are(p, "gu", "privacy-expert");
	plans[0] = (struct stored){"coarse", "dynamic", coarse_fields, 1, 1};
	plans[1] = (struct stored){"fine", "dynamic", fine_fields, 1, 1};
	assert_int_equal(hf_data_views(p->health->authz, &p->entry, add_name, &n), HF_OK);
	for (size_t i = 0; i < n.count; i++)
		MUST(remove_view(p, n.name[i]));
}

/* And data that is kept sealed. */
static struct pair *sealed_pair(void **state, size_t bytes, struct hf_id *ret_id)
{
	struct pair *p = pair_of(state, bytes);
	if (!mask_keys) {
		mask_up(p);
		hire(p->health, "gu", "operator", "", "HR-1007");
	}
	in_order(p);
	*ret_id = delivered(p);
	return p;
}

static const struct hf_data_view_in for_operators = {.name = "rough", .role = "operator", .plan = "coarse"};
static const struct hf_data_view_in for_experts = {
        .name = "exact", .role = "privacy-expert", .system = "desk", .plan = "fine"};

static enum hf_err read_fields(struct pair *p, const char *who, const struct hf_id *id, const char *const *fields,
                               size_t count, char **ret_text)
{
	struct hf_data_read in = reading_of(id);
	struct hf_buf b = HF_BUF_INIT;
	char path[200];
	in.fields = fields;
	in.field_count = count;
	snprintf(path, sizeof(path), "%s/view.csv", p->files);
	enum hf_err e = read_whole_as(p, who, &in, path);
	if (e == HF_OK) {
		hf_buf_init(&b, 64 * MIB);
		assert_int_equal(hf_file_read(path, 64 * MIB, &b), HF_OK);
		assert_true(hf_buf_add(&b, "", 1));
		*ret_text = (char *)hf_buf_take(&b, &(size_t){0});
	}
	unlink(path);
	return e;
}

static char *seen_by(struct pair *p, const char *who, const struct hf_id *id)
{
	char *text = NULL;
	if (read_fields(p, who, id, NULL, 0, &text) != HF_OK)
		fail_msg("%s reads nothing: %s", who, last_fault);
	return text;
}

static char *delivered_text(struct pair *p)
{
	struct hf_buf b = HF_BUF_INIT;
	hf_buf_init(&b, 64 * MIB);
	assert_int_equal(hf_file_read(p->source, 64 * MIB, &b), HF_OK);
	assert_true(hf_buf_add(&b, "", 1));
	return (char *)hf_buf_take(&b, &(size_t){0});
}

static void assert_denied(struct pair *p, const char *who, const struct hf_id *id, const char *part)
{
	const struct hf_data_read in = reading_of(id);
	struct hf_id read;
	assert_int_equal(open_as(p, who, &in, &read), HF_E_MASKING);
	if (!strstr(last_fault, part))
		fail_msg("'%s' is not in '%s'", part, last_fault);
}

static void assert_as_delivered(struct pair *p, const char *who, const struct hf_id *id)
{
	char *seen = seen_by(p, who, id), *plain = delivered_text(p);
	assert_string_equal(seen, plain);
	free(seen);
	free(plain);
}

/* The row's three cells; the text goes on behind it. */
struct cells {
	char of[3][600];
};

static struct cells next_row(char **text)
{
	struct cells r;
	for (size_t i = 0; i < 3; i++) {
		size_t len = strcspn(*text, ",\n");
		assert_true(len < sizeof(r.of[i]) && (*text)[len] != '\0');
		memcpy(r.of[i], *text, len);
		r.of[i][len] = '\0';
		*text += len + 1;
	}
	return r;
}

/* ---- what is seen ---- */

static void assert_row(const struct cells *plain, const struct cells *rough, const struct cells *exact)
{
	assert_true(strcmp(plain->of[0], rough->of[0]) != 0 && strcmp(plain->of[0], exact->of[0]) != 0);
	assert_string_not_equal(rough->of[0], exact->of[0]); /* the pseudonyms of two views join nothing */
	assert_memory_equal(rough->of[1], plain->of[1], 10);
	assert_string_equal(rough->of[1] + 10, " 00:00:00");
	assert_memory_equal(exact->of[1], plain->of[1], 13);
	assert_string_equal(exact->of[1] + 13, ":00:00");
	assert_string_equal(rough->of[2], "");
	assert_int_equal(strtol(exact->of[2], NULL, 10) % 50, 0);
}

/* DS-87: the same row, two roles of one department, two views; of the two that fit, the one that states more. */
static void each_role_sees_the_same_rows_through_its_own_view(void **state)
{
	struct hf_id id;
	struct pair *p = sealed_pair(state, TWO_PIECES, &id);
	view_is(p, &for_operators);
	view_is(p, &for_experts);
	char *rough = seen_by(p, "wang", &id), *exact = seen_by(p, "gu", &id), *plain = delivered_text(p);
	char *a = rough, *b = exact, *c = plain;
	size_t rows = 0;
	assert_memory_equal(a, "flight,arrival,delay\n", 21);
	assert_memory_equal(b, "flight,arrival,delay\n", 21);
	for (a += 21, b += 21, c += 21; strncmp(c, "CA", 2) == 0; rows++) {
		const struct cells want = next_row(&c), at_wang = next_row(&a), at_gu = next_row(&b);
		assert_row(&want, &at_wang, &at_gu);
	}
	assert_true(rows > 25000);
	char *again = seen_by(p, "wang", &id);
	assert_string_equal(again, rough);
	free(again);
	free(rough);
	free(exact);
	free(plain);
}

static bool find_read(void *ctx, const Hufu__HeldReadRow *row)
{
	Hufu__HeldReadRow **found = ctx;
	size_t len = 0;
	uint8_t *data = hf_encode(&row->base, &len);
	hf_decoded_free(*found);
	*found = HF_DECODE_OWN(held_read_row, data, len);
	free(data);
	return true;
}

/* DS-32, MK-25: view, plan and what was done to each field, with the read and at its end. */
static void each_read_names_its_view_and_plan(void **state)
{
	struct hf_id id;
	struct pair *p = sealed_pair(state, 1000, &id);
	Hufu__HeldReadRow *row = NULL;
	view_is(p, &for_operators);
	free(seen_by(p, "wang", &id));
	assert_int_equal(hf_data_reads(p->health->exchange, &id, find_read, &row), HF_OK);
	assert_non_null(row);
	assert_string_equal(row->view, "rough");
	assert_memory_equal(row->masking, "view rough: plan coarse version 1 digest ", 41);
	const char *key = strstr(row->masking, "; flight: denc key ");
	assert_non_null(key);
	assert_int_equal(strcspn(key + 19, ";"), 16);
	assert_non_null(strstr(row->masking, "; arrival: daterd; delay: null"));
	assert_int_equal(entries_with_masking(p->health, &id, row->masking),
	                 1); /* at the end, with what was measured */
	char *figures = strstr(row->masking, "; of ");
	assert_non_null(figures);
	assert_non_null(strstr(figures, " rows: k "));
	*figures = '\0';
	assert_int_equal(entries_with_masking(p->health, &id, row->masking), 2); /* and at the beginning */
	hf_decoded_free(row);
}

static void chosen_fields_are_masked_alike(void **state)
{
	static const char *const two[] = {"flight", "delay"};
	struct hf_id id;
	struct pair *p = sealed_pair(state, MIB + 1, &id);
	char *some = NULL;
	view_is(p, &for_experts);
	char *all = seen_by(p, "gu", &id);
	assert_int_equal(read_fields(p, "gu", &id, two, 2, &some), HF_OK);
	assert_memory_equal(some, "flight,delay\n", 13);
	char *a = strchr(all, '\n') + 1, *b = strchr(some, '\n') + 1;
	while (*a) {
		const struct cells r = next_row(&a);
		char line[1300];
		snprintf(line, sizeof(line), "%s,%s\n", r.of[0], r.of[2]);
		assert_memory_equal(b, line, strlen(line));
		b += strlen(line);
	}
	assert_int_equal(*b, 0);
	free(all);
	free(some);
}

/* ---- which view ---- */

static void where_there_are_views_nobody_reads_without_one(void **state)
{
	struct hf_id id;
	struct pair *p = sealed_pair(state, 1000, &id);
	assert_as_delivered(p, "wang", &id);
	view_is(p, &for_experts);
	assert_denied(p, "wang", &id, "none for 'wang'");
	view_is(p, &(struct hf_data_view_in){.name = "whole", .role = "operator", .plan = ""});
	assert_as_delivered(p, "wang", &id);
	MUST(remove_view(p, "whole"));
	assert_denied(p, "wang", &id, "none for 'wang'");
	assert_int_equal(remove_view(p, "whole"), HF_E_UNKNOWN);
	hf_mask_keys_close(mask_keys);
	pair_restart(p->health);
	mask_up(p);
	people_back(p->health);
	assert_denied(p, "wang", &id, "none for 'wang'"); /* also after a restart */
}

static struct hf_id id_of_view(struct pair *p, const struct hf_data_view_in *what)
{
	struct hf_data_view_in in = *what;
	struct hf_id view;
	COMMAND(c, p->health, "ma");
	in.entry = p->entry;
	MUST(command_end(&c, hf_data_view_set(p->health->authz, &c.in, &in, &view)));
	return view;
}

/* DS-87: the id is the key's: those who come to read by a name of before do not join with those who went. */
static void a_view_for_others_has_other_pseudonyms(void **state)
{
	struct hf_id id;
	struct pair *p = sealed_pair(state, 1000, &id);
	struct hf_data_view_in v = {.name = "one", .role = "operator", .system = "desk", .plan = "fine"};
	const struct hf_id first = id_of_view(p, &v);
	char *fine = seen_by(p, "wang", &id);
	v.system = "";
	const struct hf_id wider = id_of_view(p, &v);
	char *other = seen_by(p, "wang", &id);
	assert_false(hf_id_equal(&first, &wider));
	assert_string_not_equal(other, fine);
	v.plan = "coarse";
	const struct hf_id replaced = id_of_view(p, &v);
	assert_true(hf_id_equal(&wider, &replaced)); /* for the same readers it goes on */
	v.plan = "fine";
	(void)id_of_view(p, &v);
	char *again = seen_by(p, "wang", &id);
	assert_string_equal(again, other);
	free(fine);
	free(other);
	free(again);
}

static void of_two_that_state_as_much_neither_is_chosen(void **state)
{
	struct hf_id id;
	struct pair *p = sealed_pair(state, 1000, &id);
	view_is(p, &(struct hf_data_view_in){.name = "a", .role = "operator", .plan = "coarse"});
	view_is(p, &(struct hf_data_view_in){.name = "b", .purpose = "claims-check", .plan = "fine"});
	assert_denied(p, "wang", &id, "the views 'a' and 'b' of this data name two masking plans");
	view_is(p, &(struct hf_data_view_in){.name = "b", .purpose = "claims-check", .plan = "coarse"});
	free(seen_by(p, "wang", &id));
	view_is(p, &(struct hf_data_view_in){.name = "c", .system = "desk", .plan = ""});
	assert_denied(p, "wang", &id, "name two masking plans"); /* also against none */
}

/* DS-87: by business, application, department, and by role and purpose; each is asked for itself. */
static void every_condition_counts(void **state)
{
	static const struct {
		struct hf_data_view_in fits, misses;
	} cases[] = {
	        {{.department = "pricing"}, {.department = "claims"}},
	        {{.role = "operator"}, {.role = "privacy-expert"}},
	        {{.system = "price-desk"}, {.system = "desk"}},
	        {{.business = "理赔"}, {.business = "定价"}},
	        {{.purpose = "claims-check"}, {.purpose = "statistics"}},
	};
	struct hf_id id;
	struct pair *p = sealed_pair(state, 1000, &id);
	Hufu__HeldRow held = HUFU__HELD_ROW__INIT;
	install(p->health, "price-desk", "pricing", "10.1.0.9");
	held.resource = (ProtobufCBinaryData){16, p->entry.b};
	held.system = (char *)"price-desk";
	held.purpose = (char *)"claims-check";
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		Hufu__DataViewRow *row = NULL;
		struct hf_fault f = {HF_OK, ""};
		struct hf_data_view_in v = cases[i].misses;
		v.name = "one";
		v.plan = "fine";
		view_is(p, &v);
		assert_int_equal(hf_data_view_for(p->health->authz, &held, "wang", "pricing", &row, &f), HF_E_MASKING);
		v = cases[i].fits;
		v.name = "one";
		v.plan = "fine";
		view_is(p, &v);
		assert_int_equal(hf_data_view_for(p->health->authz, &held, "wang", "pricing", &row, &f), HF_OK);
		assert_string_equal(row->name, "one");
		hf_decoded_free(row);
	}
}

static void a_view_that_cannot_be_is_not_set(void **state)
{
	struct hf_id id;
	struct pair *p = sealed_pair(state, 1000, &id);
	assert_int_equal(set_view(p, &(struct hf_data_view_in){.name = "no name", .plan = "fine"}), HF_E_ARGUMENT);
	assert_int_equal(set_view(p, &(struct hf_data_view_in){.name = "a", .role = "king", .plan = "fine"}),
	                 HF_E_UNKNOWN);
	assert_int_equal(set_view(p, &(struct hf_data_view_in){.name = "a", .system = "none", .plan = "fine"}),
	                 HF_E_WRONG_SYSTEM);
	p->entry.b[15] ^= 1;
	assert_int_equal(set_view(p, &for_experts), HF_E_UNKNOWN);
	p->entry.b[15] ^= 1;
	assert_as_delivered(p, "wang", &id);
}

/* DS-85: what readers see masked here lies in no file in plain. */
static void what_has_views_is_fetched_sealed_only(void **state)
{
	struct hf_id id;
	struct pair *p = sealed_pair(state, 1000, &id);
	view_is(p, &for_operators);
	snprintf(p->output, sizeof(p->output), "%s/plain.csv", p->files);
	struct fetching r = fetch_fields(p, NULL, 0);
	assert_int_equal(r.e, HF_E_MUST_SEAL);
	assert_non_null(strstr(r.fault.text, "hufu data view list"));
	assert_false(is_there(p->output));
}

/* ---- plans that are not as they must be ---- */

static void without_a_plan_that_fits_nothing_is_read(void **state)
{
	static const struct {
		struct stored coarse;
		const char *part;
	} cases[] = {
	        {{"coarse", "dynamic", NULL, 1, 1}, "there is no masking plan 'coarse'"},
	        {{"coarse", "static", coarse_fields, 1, 1}, "static"},
	        {{"coarse", "dynamic", "      flight: {technique: denc}\n      delay: keep\n", 1, 1}, "arrival"},
	        {{"coarse", "dynamic", "      flight: keep\n      arrival: keep\n      delay: keep\n      gate: keep\n",
	          1, 1},
	         "gate"},
	        {{"coarse", "dynamic", "      flight: {technique: limc}\n      arrival: keep\n      delay: keep\n", 1,
	          1},
	         "leaves out the field 'flight'"},
	        {{"coarse", "dynamic", "      flight: {technique: shuf}\n      arrival: keep\n      delay: keep\n", 1,
	          1},
	         "needs the whole table"},
	        {{"coarse", "dynamic",
	          "      flight: keep\n      arrival: keep\n      delay: keep\n  u:\n    fields:\n      x: keep\n", 1,
	          1},
	         "2 tables"},
	};
	struct hf_id id;
	struct pair *p = sealed_pair(state, 1000, &id);
	view_is(p, &for_operators);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		plans[0] = cases[i].coarse;
		assert_denied(p, "wang", &id, cases[i].part);
		if (!strstr(last_fault, "the view 'rough'"))
			fail_msg("%s", last_fault);
	}
	assert_int_equal(with_outcome(p->health, &id, HF_EVENT_DATA_READ_END, "ok"), 0);
	plans[0] = (struct stored){"coarse", "dynamic", coarse_fields, 2, 1};
	free(seen_by(p, "wang", &id)); /* and again, when it is in order */
}

/* MK-47 */
static void a_result_that_fails_the_plans_check_ends_the_read(void **state)
{
	struct hf_id id;
	struct pair *p = sealed_pair(state, 1000, &id);
	char *text = NULL;
	view_is(p, &for_operators);
	plans[0].rows_least = 900000;
	assert_int_equal(read_fields(p, "wang", &id, NULL, 0, &text), HF_E_MASKING);
	assert_non_null(strstr(last_fault, "fails its check"));
	plans[0].rows_least = 1;
	plans[0].fields = "      flight: {technique: round, step: 5}\n      arrival: keep\n      delay: keep\n";
	assert_int_equal(read_fields(p, "wang", &id, NULL, 0, &text), HF_E_MASKING);
	assert_non_null(strstr(last_fault, "not of the type"));
	assert_null(text);
}

/* ---- while it is read ---- */

static void plan_changes(struct pair *p)
{
	(void)p;
	plans[0].version = 2;
}
static void plan_goes(struct pair *p)
{
	(void)p;
	plans[0].fields = NULL;
}
static void view_goes(struct pair *p)
{
	MUST(remove_view(p, "rough"));
}
static void view_turns_to_another_plan(struct pair *p)
{
	view_is(p, &(struct hf_data_view_in){.name = "rough", .role = "operator", .plan = "fine"});
}
static void a_closer_view_comes(struct pair *p)
{
	view_is(p, &for_experts);
}
static void on_erased(void *ctx, enum hf_err e)
{
	assert_int_equal(e, HF_OK);
	*(bool *)ctx = true;
}
static bool take_id(void *ctx, const Hufu__DataViewRow *row)
{
	return !hf_id_from_bytes(row->view.data, row->view.len, ctx);
}
static void seed_goes(struct pair *p)
{
	bool done = false;
	struct hf_fault f = {HF_OK, ""};
	struct hf_mask_erasure in = {.reason = "the end", .by = "zhou", .fn = on_erased, .ctx = &done};
	assert_int_equal(hf_data_views(p->health->authz, &p->entry, take_id, &in.contract), HF_OK);
	if (hf_mask_seed_erase(mask_keys, &in, &f) != HF_OK)
		fail_msg("%s", f.text);
	until(p, done);
}

/* In front of the next piece, and, when nobody asks for one, when it is looked at again. */
static void what_changes_under_way_ends_the_read(void **state)
{
	static const struct {
		void (*change)(struct pair *p);
		const char *part;
	} cases[] = {
	        {plan_changes, "has changed since"},
	        {plan_goes, "there is no masking plan 'coarse'"},
	        {view_goes, "sees this data through has changed"},
	        {view_turns_to_another_plan, "sees this data through has changed"},
	        {a_closer_view_comes, "sees this data through has changed"},
	        {seed_goes, "seed was erased"},
	};
	struct hf_id id, read;
	struct got g;
	struct pair *p = sealed_pair(state, TWO_PIECES, &id);
	const struct hf_data_read in = reading_of(&id);
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		in_order(p);
		view_is(p, &for_operators);
		MUST(open_as(p, "gu", &in, &read));
		assert_false(next_piece(p, "gu", &read, &g));
		assert_int_equal(g.e, HF_OK);
		free(g.bytes);
		cases[i / 2].change(p);
		if (i % 2)
			reading_watch(p->health->exchange);
		assert_false(next_piece(p, "gu", &read, &g));
		assert_int_equal(g.e, HF_E_MASKING);
		if (!strstr(g.text, cases[i / 2].part))
			fail_msg("'%s' is not in '%s'", cases[i / 2].part, g.text);
		assert_int_equal(recorded(p->health, &id, HF_EVENT_DATA_READ_END), i + 1);
	}
}

/* A right that is taken away counts at the very next piece. */
static void a_role_that_is_taken_away_ends_the_read(void **state)
{
	struct hf_id id, read;
	struct got g;
	struct pair *p = sealed_pair(state, TWO_PIECES, &id);
	const struct hf_data_read in = reading_of(&id);
	view_is(p, &for_operators);
	view_is(p, &for_experts);
	MUST(open_as(p, "gu", &in, &read));
	assert_false(next_piece(p, "gu", &read, &g));
	assert_int_equal(g.e, HF_OK);
	free(g.bytes);
	roles_are(p, "gu", NULL);
	assert_false(next_piece(p, "gu", &read, &g));
	assert_int_equal(g.e, HF_E_MASKING);
}

static int view_down(void **state)
{
	struct pair *p = *state;
	hf_mask_keys_close(mask_keys);
	uint8_t *root = p->health->keys.mask_root;
	int r = pair_down(state);
	hf_secret_free(root);
	return r;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_role_sees_the_same_rows_through_its_own_view),
	        cmocka_unit_test(each_read_names_its_view_and_plan),
	        cmocka_unit_test(chosen_fields_are_masked_alike),
	        cmocka_unit_test(where_there_are_views_nobody_reads_without_one),
	        cmocka_unit_test(a_view_for_others_has_other_pseudonyms),
	        cmocka_unit_test(of_two_that_state_as_much_neither_is_chosen),
	        cmocka_unit_test(every_condition_counts),
	        cmocka_unit_test(a_view_that_cannot_be_is_not_set),
	        cmocka_unit_test(what_has_views_is_fetched_sealed_only),
	        cmocka_unit_test(without_a_plan_that_fits_nothing_is_read),
	        cmocka_unit_test(a_result_that_fails_the_plans_check_ends_the_read),
	        cmocka_unit_test(what_changes_under_way_ends_the_read),
	        cmocka_unit_test(a_role_that_is_taken_away_ends_the_read),
	};
	return cmocka_run_group_tests(tests, pair_up, view_down);
}
