/* Recall: two people of the provider, every recipient of the versions, the use that ends, the destruction, the answers
 * (DS-10 ... DS-12), between two nodes and over crashes. */
#include "authz/data_use.h"
#include "exchange/derive.h"
#include "exchange/recall.h"
#include "exchange/vault.h"
#include "recall.pb-c.h"
#include "unit/exchange/destroys.h"

/* ---- words ---- */

static enum hf_err ask_recall(struct node *n, const char *who, const struct hf_recall_in *in, struct hf_id *ret)
{
	n->world->now_ms++;
	COMMAND(c, n, who);
	return command_end(&c, hf_recall_ask(n->exchange, &c.actor, in, c.in.unit, c.in.draft, ret, &c.fault));
}

static enum hf_err decide_recall(struct node *n, const char *who, const struct hf_id *id, bool approve)
{
	const struct hf_recall_decision in = {*id, approve, approve ? "" : "as agreed"};
	COMMAND(c, n, who);
	return command_end(&c, hf_recall_decide(n->exchange, &c.actor, &in, c.in.unit, c.in.draft, &c.fault));
}

static struct hf_recall_in of(const struct hf_id *entry, uint32_t from, uint32_t to)
{
	return (struct hf_recall_in){*entry, from, to, "a wrong column was delivered", 24};
}

static struct hf_id recall_now(struct pair *p, const struct hf_id *entry, uint32_t from, uint32_t to)
{
	const struct hf_recall_in in = of(entry, from, to);
	struct hf_id id;
	MUST(ask_recall(p->roads, "pub", &in, &id));
	MUST(decide_recall(p->roads, "zhou", &id, true));
	return id;
}

static const char *state_of(struct pair *p, const struct hf_id *recall)
{
	static char state[16];
	HF_CLEANUP(hf_decoded_done) Hufu__RecallRow *row = NULL;
	assert_int_equal(hf_recall_get(p->roads->exchange, recall, &row), HF_OK);
	snprintf(state, sizeof(state), "%s", hf_recall_state(p->roads->exchange, row));
	return state;
}

struct parties {
	size_t count, stopped, done, unreachable;
	uint32_t objects;
	struct hf_id transfer[8];
};

static bool take_party(void *ctx, const Hufu__RecallPartyRow *r)
{
	struct parties *v = ctx;
	assert_string_equal(r->node, "health");
	assert_true(hf_id_from_bytes(r->transfer.data, r->transfer.len, &v->transfer[v->count++]));
	v->stopped += strcmp(r->state, "stopped") == 0;
	v->done += strcmp(r->state, "done") == 0;
	v->unreachable += strcmp(r->state, "unreachable") == 0;
	v->objects += r->objects;
	return true;
}

static struct parties parties_of(struct pair *p, const struct hf_id *recall)
{
	struct parties v = {.count = 0};
	assert_int_equal(hf_recall_parties(p->roads->exchange, recall, take_party, &v), HF_OK);
	return v;
}

static bool is_party(const struct parties *v, const struct hf_id *transfer)
{
	for (size_t i = 0; i < v->count; i++)
		if (hf_id_equal(&v->transfer[i], transfer))
			return true;
	return false;
}

static void wait_done(struct pair *p, const struct hf_id *recall)
{
	until(p, strcmp(state_of(p, recall), "done") == 0);
	settle(p->w);
}

static void sealed_path(struct pair *p, const struct hf_id *id, char path[VAULT_PATH])
{
	vault_path(p->health->exchange->vault, id, path);
}

/* An entry of its own for each test: what is recalled stays so. */
static struct hf_id entry_granted(struct pair *p, struct offer *o)
{
	people_back(p->s.hub);
	o->title = "召回";
	o->intake = "hub";
	o->id = publish(p->roads, o);
	struct hf_id application = granted(&p->s, &o->id);
	p->grant = grant_at(p->health, &application);
	return o->id;
}

static struct hf_id delivered_as_file(struct pair *p)
{
	snprintf(p->output, sizeof(p->output), "%s/out-%u.csv", p->files, ++p->outputs);
	struct hf_id id = begin(p);
	wait_both(p, &id, "COMPLETED");
	return id;
}

/* ---- the tests ---- */

/* DS-10, DS-12: one asks, another approves; every recipient is found, exchange is denied from then on; DS-11: the use
 * ends, what was delivered is destroyed, sealed or a file, and the signed answer says so. */
static void what_was_delivered_is_taken_back(void **state)
{
	struct pair *p = pair_of(state, 3000);
	struct offer o = {.title = ""};
	struct hf_id entry = entry_granted(p, &o), sealed = delivered(p), file = delivered_as_file(p), id, read;
	const struct hf_recall_in in = of(&entry, 0, 0);
	const struct hf_data_read reading = reading_of(&sealed);
	char path[VAULT_PATH], output[sizeof(p->output)];
	sealed_path(p, &sealed, path);
	memcpy(output, p->output, sizeof(output));
	assert_int_equal(ask_recall(p->roads, "zhou", &in, &id), HF_E_PERMISSION);
	MUST(ask_recall(p->roads, "pub", &in, &id));
	assert_int_equal(decide_recall(p->roads, "pub", &id, true), HF_E_SEPARATION);
	assert_int_equal(open_as(p, "wang", &reading, &read), HF_OK); /* nothing happens before */
	MUST(decide_recall(p->roads, "zhou", &id, true));
	wait_done(p, &id);
	struct parties v = parties_of(p, &id);
	assert_int_equal(v.count, 2);
	assert_true(is_party(&v, &sealed) && is_party(&v, &file));
	assert_int_equal(v.objects, 2);
	assert_false(is_there(path));
	assert_false(is_there(output));
	assert_int_equal(open_as(p, "wang", &reading, &read), HF_E_RECALLED);
	struct hf_id again = begin_sealed(p);
	until(p, has_ended(p->health, &again));
	assert_reason(p->health, &again, HF_E_RECALLED, "a wrong column was delivered");
	assert_int_equal(recorded(p->health, &sealed, HF_EVENT_RECALLED), 1);
	assert_int_equal(recorded(p->health, &sealed, HF_EVENT_DATA_DESTROYED), 1);
	assert_int_equal(recorded(p->roads, &sealed, HF_EVENT_DESTRUCTION_RECORD), 1);
	assert_int_equal(recorded(p->roads, &sealed, HF_EVENT_RECALL_ANSWER), 2); /* stopped, done */
	assert_int_equal(recorded(p->roads, &id, HF_EVENT_RECALL_DONE), 1);
}

/* Versions that are not named go on; what was delivered of them stays. */
static void other_versions_go_on(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct offer o = {.title = ""};
	struct hf_id entry = entry_granted(p, &o), first = delivered(p);
	publish(p->roads, &o);
	settle(p->w);
	struct hf_id second = delivered(p), third;
	const struct hf_recall_in wrong = of(&entry, 2, 3);
	char path[VAULT_PATH];
	struct hf_id id;
	assert_int_equal(ask_recall(p->roads, "pub", &wrong, &id), HF_E_ARGUMENT);
	id = recall_now(p, &entry, 1, 1);
	wait_done(p, &id);
	struct parties v = parties_of(p, &id);
	assert_int_equal(v.count, 1);
	assert_true(is_party(&v, &first));
	sealed_path(p, &first, path);
	assert_false(is_there(path));
	sealed_path(p, &second, path);
	assert_true(is_there(path));
	third = delivered(p);
	sealed_path(p, &third, path);
	assert_true(is_there(path));
	id = recall_now(p, &entry, 2, 2);
	wait_done(p, &id);
	assert_int_equal(parties_of(p, &id).count, 2);
	assert_false(is_there(path));
	id = recall_now(p, &entry, 0, 0); /* once more: what is gone already is answered for */
	wait_done(p, &id);
	v = parties_of(p, &id);
	assert_int_equal(v.count, 3);
	assert_int_equal(v.done, 3);
	assert_int_equal(v.objects, 3);
}

/* ---- what was made of it ---- */

static struct hf_id derive(struct pair *p, const struct hf_id *from)
{
	const struct hf_derive_input input = {*from};
	const struct hf_system_view desk = {.name = "desk", .address = "10.3.0.5"};
	const struct hf_derive_in in = {&input, 1, &desk, "sun", "halved", NULL, {{7}}, 100};
	struct hf_fault f = {HF_OK, ""};
	struct hf_id id = {{0}};
	struct hf_unit *u = hf_unit_new();
	struct hf_draft *d = hf_draft_new(HF_EVENT_DERIVATION, NULL);
	assert_int_equal(hf_derive(p->health->exchange, &in, u, d, &id, &f), HF_OK);
	hf_draft_outcome(d, HF_OK, NULL);
	hf_unit_draft(u, d);
	submit_wait(p->health, u);
	return id;
}

struct registering {
	struct pair *p;
	bool done;
};

static void on_registered(void *ctx, enum hf_err e, struct hf_source_view *v, const struct hf_fault *f)
{
	struct registering *r = ctx;
	struct hf_unit *u = hf_unit_new();
	struct hf_fault fault = {HF_OK, ""};
	if (e != HF_OK)
		fail_msg("%s", f->text);
	assert_int_equal(hf_source_put(r->p->health->sources, u, v, &fault), HF_OK);
	hf_store_submit(r->p->health->store, u, NULL, NULL);
	r->done = true;
}

static void register_derived(struct pair *p, const char *name, const struct hf_id *derivation, char path[200])
{
	struct hf_source_view v = {.enabled = true, .derivation = *derivation};
	struct registering r = {.p = p};
	snprintf(path, 200, "%s/%s.csv", p->files, name);
	FILE *out = fopen(path, "w");
	assert_non_null(out);
	fprintf(out, "name,sum\n%s,2\n", name);
	assert_int_equal(fclose(out), 0);
	snprintf(v.name, sizeof(v.name), "%s", name);
	snprintf(v.kind, sizeof(v.kind), "csv");
	snprintf(v.path, sizeof(v.path), "%s", path);
	hf_source_scan(p->health->sources, &v, on_registered, &r);
	world_run_until(p->w, &r.done);
	node_barrier(p->health);
}

/* Many derivations of one moment, whose ids stand in any order: those that go back to what was recalled go, however
 * many steps back, and no other. */
static void what_was_derived_in_many_steps_is_found(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct offer o = {.title = ""}, other = {.title = ""};
	char path[200], stays[200];
	entry_granted(p, &other);
	struct hf_id kept = delivered_as_file(p), apart = kept;
	struct hf_id entry = entry_granted(p, &o), made = delivered_as_file(p), id;
	for (unsigned i = 0; i < 12; i++) {
		made = derive(p, &made);
		apart = derive(p, &apart);
		derive(p, &kept);
	}
	register_derived(p, "made-of-it", &made, path);
	register_derived(p, "made-apart", &apart, stays);
	const struct hf_recall_in in = of(&entry, 0, 0);
	MUST(ask_recall(p->roads, "pub", &in, &id));
	MUST(decide_recall(p->roads, "zhou", &id, true));
	wait_done(p, &id);
	assert_false(is_there(path));
	assert_true(is_there(stays));
	assert_int_equal(parties_of(p, &id).objects, 2); /* the delivery and the table */
}

/* A delivery that two recalls cover, while it waits for its recipient's people: both are answered. */
static void a_second_recall_is_answered(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct offer o = {.title = ""};
	struct hf_id entry = entry_granted(p, &o), file = delivered_as_file(p);
	int fd = open(p->output, O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(write(fd, "x", 1), 1); /* the node will not touch it */
	close(fd);
	struct hf_id first = recall_now(p, &entry, 1, 1), second = recall_now(p, &entry, 0, 0);
	until(p, parties_of(p, &first).stopped == 1 && parties_of(p, &second).stopped == 1);
	settle(p->w);
	assert_string_equal(state_of(p, &first), "running");
	assert_string_equal(state_of(p, &second), "running");
	people_back(p->health);
	assert_int_equal(unlink(p->output), 0);
	MUST(destroy_as(p->health, &file)); /* two people there see to it */
	wait_done(p, &first);
	wait_done(p, &second);
	assert_int_equal(parties_of(p, &second).objects, 1);
	assert_int_equal(recorded(p->health, &file, HF_EVENT_RECALLED), 2);
}

/* A delivery on its way ends, and its recipient answers for what it has received of it. */
static void a_delivery_on_its_way_ends(void **state)
{
	struct pair *p = pair_of(state, 70 * ((size_t)1 << 20));
	struct offer o = {.title = ""};
	struct hf_id entry = entry_granted(p, &o), running = begin_sealed(p);
	char path[VAULT_PATH];
	until(p, view_of(p->health, &running).bytes_done > 0);
	struct hf_id id = recall_now(p, &entry, 0, 0);
	wait_done(p, &id);
	assert_reason(p->health, &running, HF_E_RECALLED, NULL);
	sealed_path(p, &running, path);
	assert_false(is_there(path));
	assert_int_equal(parties_of(p, &id).count, 1);
}

/* The consumer dies when it has been told, and when it has destroyed: the rest follows. */
static void a_crash_of_the_consumer_is_made_good(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct offer o = {.title = ""};
	struct hf_id entry = entry_granted(p, &o), sealed = delivered(p);
	char path[VAULT_PATH];
	sealed_path(p, &sealed, path);
	const struct hf_recall_in in = of(&entry, 0, 0);
	struct hf_id id;
	MUST(ask_recall(p->roads, "pub", &in, &id));
	set_store_fails(p->health, true); /* nothing of it can be recorded here */
	COMMAND(c, p->roads, "zhou");
	const struct hf_recall_decision yes = {id, true, ""};
	assert_int_equal(hf_recall_decide(p->roads->exchange, &c.actor, &yes, c.in.unit, c.in.draft, &c.fault), HF_OK);
	hf_unit_draft(c.in.unit, c.in.draft);
	submit_wait(p->roads, c.in.unit);
	assert_string_equal(state_of(p, &id), "running");
	pair_restart(p->health);
	install_fallible(p->health);
	wait_done(p, &id);
	assert_false(is_there(path));
	people_back(p->health);
}

/* DS-11: what is not answered for is shown as open after the deadline, with an alarm, until it is. */
static void missing_answers_escalate(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct offer o = {.title = ""};
	struct hf_id entry = entry_granted(p, &o), file = delivered_as_file(p);
	int fd = open(p->output, O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(write(fd, "x", 1), 1); /* the node will not touch it */
	close(fd);
	struct hf_id id = recall_now(p, &entry, 0, 0);
	until(p, !p->health->exchange->destroying && !p->health->exchange->recalling);
	settle(p->w);
	assert_string_equal(state_of(p, &id), "running");
	assert_int_equal(parties_of(p, &id).stopped, 1);
	recall_watch(p->roads->exchange);
	assert_int_equal(recorded(p->roads, &id, HF_EVENT_RECALL_OPEN), 0);
	p->w->now_ms += (int64_t)24 * 3600 * 1000;
	unsigned before = p->roads->alarms;
	recall_watch(p->roads->exchange);
	settle(p->w);
	recall_watch(p->roads->exchange); /* not each time */
	settle(p->w);
	assert_string_equal(state_of(p, &id), "overdue");
	assert_int_equal(recorded(p->roads, &id, HF_EVENT_RECALL_OPEN), 1);
	assert_int_equal(p->roads->alarms, before + 1);
	people_back(p->health);
	assert_int_equal(unlink(p->output), 0);
	MUST(destroy_as(p->health, &file)); /* two people there see to it */
	wait_done(p, &id);
	assert_int_equal(parties_of(p, &id).objects, 1);
}

static bool count_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	(void)key, (void)value;
	++*(size_t *)ctx;
	return true;
}

static size_t envelopes(struct node *n)
{
	size_t count = 0;
	assert_int_equal(hf_store_scan(n->store, HF_TABLE_ENVELOPE, NULL, 0, NULL, 0, count_row, &count), HF_OK);
	return count;
}

/* Who could not be told is told when that is possible: also after a restart, and after the deadline. */
static void one_that_was_outside_is_told_when_it_is_back(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct offer o = {.title = ""};
	struct hf_id entry = entry_granted(p, &o), sealed = delivered(p);
	char path[VAULT_PATH];
	sealed_path(p, &sealed, path);
	p->health->outside = true;
	struct hf_id id = recall_now(p, &entry, 0, 0);
	assert_int_equal(parties_of(p, &id).unreachable, 1);
	size_t kept = envelopes(p->roads);
	for (unsigned i = 0; i < 3; i++) {
		p->w->now_ms += (int64_t)24 * 3600 * 1000;
		recall_watch(p->roads->exchange);
		settle(p->w);
	}
	assert_int_equal(parties_of(p, &id).unreachable, 1);
	assert_string_equal(state_of(p, &id), "overdue");
	assert_int_equal(envelopes(p->roads), kept); /* a try leaves nothing behind */
	pair_restart(p->roads);
	p->health->outside = false;
	recall_watch(p->roads->exchange); /* not each time */
	settle(p->w);
	assert_int_equal(parties_of(p, &id).unreachable, 1);
	p->w->now_ms += (int64_t)61 * 1000;
	recall_watch(p->roads->exchange);
	settle(p->w);
	assert_int_equal(parties_of(p, &id).unreachable, 0);
	wait_done(p, &id);
	assert_false(is_there(path));
	people_back(p->roads);
	people_back(p->health);
}

/* Only who delivered it recalls it. */
static void another_node_recalls_nothing(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct offer o = {.title = ""};
	(void)entry_granted(p, &o);
	struct hf_id sealed = delivered(p), read;
	const struct hf_data_read reading = reading_of(&sealed);
	Hufu__Recall m = HUFU__RECALL__INIT;
	Hufu__RecallMail mail = HUFU__RECALL_MAIL__INIT;
	struct recall_head head;
	struct hf_id recall = hf_id_new(p->w->now_ms);
	size_t len = 0;
	recall_head_init(p->health->exchange, &head, &sealed, "health");
	head.header.issuer = (char *)"hub";
	m.header = &head.header;
	m.recall = bytes_of(recall.b, 16);
	m.transfer = bytes_of(sealed.b, 16);
	m.resource = bytes_of(o.id.b, 16);
	m.reason = (char *)"not mine";
	m.deadline_ms = p->w->now_ms + 1000;
	HF_CLEANUP(hf_decoded_done) Hufu__Envelope *e = sign_as(p->s.hub, "hub", HF_TYPE_RECALL, &m.base);
	mail.recall = e;
	uint8_t *body = hf_encode(&mail.base, &len);
	assert_int_equal(deliver(p->health, "hub", HF_MAIL_RECALL, &sealed, body, len), HF_E_UNKNOWN);
	assert_int_equal(deliver(p->health, "roads", HF_MAIL_RECALL, &sealed, body, len), HF_E_SIGNATURE);
	free(body);
	assert_int_equal(open_as(p, "wang", &reading, &read), HF_OK);
	p->health->refused_count = 0;
}

static int recall_up(void **state)
{
	destroys_up(state);
	hire(((struct pair *)*state)->roads, "pub", "publisher", "", "HR-3009");
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_was_delivered_is_taken_back),
	        cmocka_unit_test(other_versions_go_on),
	        cmocka_unit_test(what_was_derived_in_many_steps_is_found),
	        cmocka_unit_test(a_second_recall_is_answered),
	        cmocka_unit_test(a_delivery_on_its_way_ends),
	        cmocka_unit_test(a_crash_of_the_consumer_is_made_good),
	        cmocka_unit_test(missing_answers_escalate),
	        cmocka_unit_test(one_that_was_outside_is_told_when_it_is_back),
	        cmocka_unit_test(another_node_recalls_nothing),
	};
	return cmocka_run_group_tests(tests, recall_up, pair_down);
}
