/* Streams of messages between two nodes: delivery by delivery, from place to place, whatever dies at which moment. */
#include "exchange/stream.h"

#include "unit/exchange/pair.h"

static unsigned said;                   /* messages of the stream */
static char stream_path[160], into[96]; /* the source's file, the consumer's folder */

static void say(unsigned count)
{
	FILE *f = fopen(stream_path, "a");

	assert_non_null(f);
	for (unsigned i = 0; i < count; i++, said++)
		fprintf(f, "{\"flight\": \"CA%u\", \"arrival\": \"2026-03-01 10:00:00\", \"delay\": %u}\n", said,
		        said % 90);
	assert_int_equal(fclose(f), 0);
}

/* The source of the entry is a stream from now on, with one message; the consumer begins with an empty folder. */
static struct pair *stream_of(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct hf_source_view v = {.name = "flights", .kind = "stream"};
	struct scanning s = {.p = p};

	snprintf(stream_path, sizeof(stream_path), "%s/flights-%u.jsonl", p->files, p->outputs);
	snprintf(into, sizeof(into), "%s/into-%u", p->files, p->outputs);
	assert_int_equal(mkdir(into, 0700), 0);
	said = 0;
	say(1);
	snprintf(v.path, sizeof(v.path), "%s", stream_path);
	hf_source_scan(p->roads->sources, &v, on_table_scanned, &s);
	world_run_until(p->w, &s.done);
	node_barrier(p->roads);
	return p;
}

static struct hf_subscription next(struct pair *p)
{
	struct hf_fetch in = {.resource = p->entry, .system = "desk"};
	struct hf_subscription s;
	struct hf_actor a;
	struct hf_unit *u = hf_unit_new();
	struct hf_draft *d = hf_draft_new(HF_EVENT_COMMAND, NULL);
	struct hf_fault f = {HF_OK, ""};

	people_back(p->health);
	a = actor_of(p->health, "wang");
	if (hf_exchange_subscribe(p->health->exchange, &a, &in, into, u, d, &s, &f) != HF_OK)
		fail_msg("%s", f.text);
	hf_unit_draft(u, d);
	hf_store_submit(p->health->store, u, NULL, NULL);
	return s;
}

/* Flights of all deliveries in order of their places: each message once, none left out. */
static void assert_all_here(unsigned want)
{
	unsigned seen = 0;
	struct dirent **names;
	int n = scandir(into, &names, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		char path[400], line[200], flight[40];
		FILE *f;

		snprintf(path, sizeof(path), "%s/%s", into, names[i]->d_name);
		f = names[i]->d_name[0] == '.' ? NULL : fopen(path, "r");
		assert_true(!f || strcmp(strrchr(path, '.'), ".csv") == 0);
		free(names[i]);
		if (!f)
			continue;
		assert_non_null(fgets(line, sizeof(line), f));
		assert_string_equal(line, "flight,arrival,delay\n");
		for (; fgets(line, sizeof(line), f); seen++) {
			snprintf(flight, sizeof(flight), "CA%u,", seen);
			assert_int_equal(strncmp(line, flight, strlen(flight)), 0);
		}
		fclose(f);
	}
	free(names);
	assert_int_equal(seen, want);
}

/* MK-1: each delivery has what came since the one before; who waits for more leaves no entry at the provider. */
static void what_comes_is_delivered_from_place_to_place(void **state)
{
	struct pair *p = stream_of(state);
	struct hf_subscription s = next(p), again;

	assert_false(s.waits);
	wait_both(p, &s.transfer, "COMPLETED");
	assert_all_here(1);
	s = next(p);
	assert_int_equal(s.deliveries, 1);
	assert_int_equal(s.messages, 1);
	until(p, retries(p, &s.transfer));
	again = next(p); /* one asks at a time */
	assert_true(again.waits && hf_id_equal(&again.transfer, &s.transfer));
	assert_int_equal(recorded(p->roads, &s.transfer, HF_EVENT_ACCESS_DECISION), 0);
	assert_int_equal(p->roads->alarms, 0);
	say(500);
	wait_both(p, &s.transfer, "COMPLETED");
	assert_all_here(501);
	assert_int_equal(recorded(p->roads, &s.transfer, HF_EVENT_ACCESS_DECISION), 1);
	assert_int_equal(recorded(p->roads, &s.transfer, HF_EVENT_TRANSFER_CLOSED), 1);
	assert_int_equal(recorded(p->health, &s.transfer, HF_EVENT_RECEIPT), 1);
	assert_true(view_of(p->roads, &s.transfer).receipt);
	assert_int_equal(view_of(p->roads, &s.transfer).rows, 500);
	say(1);
	s = next(p);
	assert_int_equal(s.messages, 501);
	wait_both(p, &s.transfer, "COMPLETED");
	assert_all_here(502);
}

static bool no_chunks(struct hf_request *r)
{
	return r->type != HF_MSG_CHUNK_GET;
}

static bool hold_mail(const struct post *m)
{
	(void)m;
	return true;
}

static bool importing(struct pair *p, const struct hf_id *id)
{
	const struct transfer *t = transfer_find(p->health->exchange, id, false);

	return t && t->importing;
}

/* Up to a moment: asked for and nothing there yet, begun, all here but without its name, named but not recorded,
 * recorded but without its receipt at the provider. */
static struct hf_id up_to(struct pair *p, unsigned moment, char kept[80])
{
	struct node *v = p->health;
	struct hf_subscription s;

	p->w->pass = moment == 1 ? no_chunks : NULL;
	p->w->hold = moment == 4 ? hold_mail : NULL;
	if (moment > 0)
		say(40);
	s = next(p);
	if (moment == 0)
		until(p, retries(p, &s.transfer));
	else if (moment == 1)
		until(p, is_state(v, &s.transfer, "STARTED"));
	else if (moment == 4)
		until(p, is_state(v, &s.transfer, "COMPLETED"));
	else
		until(p, importing(p, &s.transfer));
	node_barrier(v);
	keep_folder(v, kept);
	if (moment == 3)
		until(p, is_state(v, &s.transfer, "COMPLETED"));
	return s.transfer;
}

/* DS-70, DS-71: a crash of either side at each moment; more comes meanwhile. */
static void a_crash_loses_and_doubles_nothing(void **state)
{
	for (int provider = 0; provider < 2; provider++)
		for (unsigned moment = 0; moment < 5; moment++) {
			struct pair *p = stream_of(state);
			struct hf_subscription s = next(p);
			struct hf_id id;
			char kept[80];

			wait_both(p, &s.transfer, "COMPLETED");
			id = up_to(p, moment, kept);
			say(7);
			if (provider || moment == 4) /* the mail on its way is kept by the world */
				pair_restart(provider ? p->roads : p->health);
			else
				die_then_start(p->health, kept);
			p->w->pass = NULL;
			p->w->hold = NULL;
			wait_both(p, &id, "COMPLETED");
			assert_int_equal(view_of(p->roads, &id).served_after_ack, 0);
			s = next(p);
			if (s.messages < said)
				wait_both(p, &s.transfer, "COMPLETED");
			assert_all_here(said);
			if (s.messages == said) { /* it waits for more */
				say(1);
				wait_both(p, &s.transfer, "COMPLETED");
				assert_all_here(said);
			}
		}
}

/* The bytes that were sealed once are sealed again, or nothing is: never two texts under one key. */
static void what_was_begun_and_is_other_now_is_not_sent(void **state)
{
	struct pair *p = stream_of(state);
	struct hf_subscription s;
	FILE *f;

	say(20);
	p->w->pass = no_chunks;
	s = next(p);
	until(p, is_state(p->health, &s.transfer, "STARTED"));
	pair_restart(p->roads);
	f = fopen(stream_path, "r+");
	assert_non_null(f);
	fprintf(f, "{\"flight\": \"XX");
	assert_int_equal(fclose(f), 0);
	p->w->pass = NULL;
	wait_both(p, &s.transfer, "TERMINATED");
	assert_reason(p->health, &s.transfer, HF_E_SOURCE_CHANGED, NULL);
	assert_all_here(0);
}

/* ---- who lies about places ---- */

static struct pair *now;
static uint64_t ends_at;

static bool with_bent_start(struct hf_request *r)
{
	if (r->type != HF_MSG_TRANSFER_REQUEST || !r->answered || r->error != HF_OK)
		return true;
	Hufu__Envelope *honest = HF_DECODE(envelope, r->reply.data, r->reply.len);
	Hufu__TransferStart *s = HF_DECODE(transfer_start, honest->payload.data, honest->payload.len);
	Hufu__StreamPlace place = *s->stream, *was = s->stream;
	place.at = ends_at;
	s->stream = ends_at == UINT64_MAX ? NULL : &place;
	Hufu__Envelope *e = sign_as(now->roads, "roads", HF_TYPE_TRANSFER_START, &s->base);
	replace_body(&r->reply, &e->base);
	s->stream = was;
	hf_decoded_free(e);
	hf_decoded_free(s);
	hf_decoded_free(honest);
	return true;
}

/* A provider that would keep its consumer at one place, or says none. */
static void a_delivery_that_leads_nowhere_is_refused(void **state)
{
	static const uint64_t lies[] = {0, UINT64_MAX};

	for (size_t i = 0; i < 2; i++) {
		struct hf_subscription s;

		now = stream_of(state);
		ends_at = lies[i];
		now->w->pass = with_bent_start;
		s = next(now);
		wait_both(now, &s.transfer, "TERMINATED");
		assert_reason(now->health, &s.transfer, HF_E_FORMAT, "up to where it sends the stream");
		now->w->pass = NULL;
		assert_all_here(0);
	}
}

/* The entry and the request are of one kind. */
static void a_stream_is_no_table(void **state)
{
	struct pair *p = stream_of(state);
	struct hf_id id = begin(p);

	until(p, has_ended(p->health, &id));
	assert_reason(p->health, &id, HF_E_ARGUMENT, "hufu subscribe");
	write_table(p, 1000);
	id = next(p).transfer;
	until(p, has_ended(p->health, &id));
	assert_reason(p->health, &id, HF_E_ARGUMENT, "hufu fetch");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_comes_is_delivered_from_place_to_place),
	        cmocka_unit_test(a_crash_loses_and_doubles_nothing),
	        cmocka_unit_test(what_was_begun_and_is_other_now_is_not_sent),
	        cmocka_unit_test(a_delivery_that_leads_nowhere_is_refused),
	        cmocka_unit_test(a_stream_is_no_table),
	};

	return cmocka_run_group_tests(tests, pair_up, pair_down);
}
