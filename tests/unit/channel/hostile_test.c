/*
 * hostile_test.c - what can somebody do who speaks to a node's port by hand, without a key, with a member's key, or
 * with what he recorded of others?
 *
 * HUFU_LONG=1 runs the half-open connections with 10,000 instead of 1,000.
 */
#include "unit/channel/party.h"

#include <sys/resource.h>

static void two_open(struct world *w)
{
	world_init(w);
	for (size_t i = 0; i < 2; i++) {
		struct hf_channel_config cfg = party_config(&w->p[i]);
		party_open(&w->p[i], &cfg);
	}
}

/* DS-42: a device logs in by its certified key or not at all: there is no frame, field or configuration for a shared
 * secret. A record made from anything else than the keys of a handshake is refused. */
static void a_shared_secret_opens_nothing(void **state)
{
	struct world w;
	struct raw raw;
	uint8_t secret[32], id[HF_SESSION_ID] = {0};
	size_t len;
	(void)state;
	two_open(&w);
	assert_int_equal(knock(&w.p[0], &w.p[1]), HF_OK);
	raw_open(&raw, &w, &w.p[1], w.p[2].ip);
	memset(secret, 0x42, sizeof(secret));
	raw.session = hf_session_new(HF_AEAD_AES256GCM, id, secret, secret, 0);
	uint8_t *rec = raw_record(&raw, SAY, "let me in", 9, &len);
	struct hf_frame f;
	assert_true(raw_ask(&raw, rec, len));
	assert_true(hf_frame_parse(raw.reply, raw.len, &f));
	assert_int_equal(f.kind, HF_FRAME_HINT); /* an unknown session, nothing else */
	free(rec);
	assert_int_equal(w.p[1].requests, 1);
	raw_close(&raw);
	world_close(&w);
}

static void garbage_is_cut_off(void **state)
{
	struct world w;
	struct hf_channel_stats s;
	uint8_t junk[300];
	(void)state;
	two_open(&w);
	for (size_t n = 0; n < 12; n++) {
		struct raw raw;
		unsigned before = w.p[1].refused;
		raw_open(&raw, &w, &w.p[1], w.p[2].ip);
		hf_random(junk, sizeof(junk));
		if (n % 3 == 1)
			hf_frame_head(junk, (enum hf_frame_kind)(n % 8), junk + 4, 7, n < 6 ? 268 : 0xfffffff0u);
		assert_false(raw_ask(&raw, junk, n * 25));
		WAIT(&w, raw.gone);
		assert_int_equal(w.p[1].refused, before + 1);
		assert_int_equal(w.p[1].last_refused, HF_E_FORMAT);
		assert_string_equal(w.p[1].refused_address, w.p[2].ip);
		raw_close(&raw);
		WAIT(&w, (hf_channel_stats(w.p[1].ch, &s), s.unauthenticated == 0));
	}
	assert_int_equal(knock(&w.p[0], &w.p[1]), HF_OK);
	world_close(&w);
}

static void expect_cut_off(struct world *w, struct raw *raw, const uint8_t *frame, size_t len, enum hf_err why)
{
	unsigned before = w->p[1].refused, requests = w->p[1].requests;
	assert_false(raw_ask(raw, frame, len));
	WAIT(w, raw->gone);
	assert_int_equal(w->p[1].refused, before + 1);
	assert_int_equal(w->p[1].last_refused, why);
	assert_int_equal(w->p[1].requests, requests);
}

static uint8_t *good_request(struct world *w, struct raw *raw, size_t *ret_len)
{
	raw_open(raw, w, &w->p[1], w->p[0].ip);
	raw_as(raw, w->p[0].key, "anna", T0);
	assert_int_equal(raw_handshake(raw), HF_OK);
	uint8_t *rec = raw_record(raw, SAY, "hi", 2, ret_len);
	assert_true(raw_ask(raw, rec, *ret_len));
	free(rec);
	return raw_record(raw, SAY, "again", 5, ret_len);
}

/* A record is carried out once, on its own connection and on any other. */
static void a_replayed_record_is_refused(void **state)
{
	struct world w;
	struct raw raw, other;
	size_t len;
	(void)state;
	two_open(&w);
	uint8_t *rec = good_request(&w, &raw, &len);
	assert_true(raw_ask(&raw, rec, len));
	assert_int_equal(w.p[1].requests, 2);
	raw_open(&other, &w, &w.p[1], w.p[2].ip);
	expect_cut_off(&w, &other, rec, len, HF_E_REPLAY);
	expect_cut_off(&w, &raw, rec, len, HF_E_REPLAY);
	free(rec);
	raw_close(&raw);
	raw_close(&other);
	world_close(&w);
}

/* DS-50: a tampered record is detected, cut off and reported. */
static void an_altered_record_is_refused(void **state)
{
	static const size_t at[] = {4, 20, 27, 32, 40};
	struct world w;
	(void)state;
	two_open(&w);
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		struct raw raw;
		struct hf_frame f;
		size_t len;
		uint8_t *rec = good_request(&w, &raw, &len);
		rec[at[i]] ^= 0x10;
		if (at[i] == 4) { /* another session: unknown, in the clear */
			assert_true(raw_ask(&raw, rec, len));
			assert_true(hf_frame_parse(raw.reply, raw.len, &f) && f.kind == HF_FRAME_HINT);
		} else {
			expect_cut_off(&w, &raw, rec, len, HF_E_SIGNATURE);
		}
		free(rec);
		raw_close(&raw);
	}
	world_close(&w);
}

/* What the answerer sends back is bound to its request: exchanged replies, bent tags of bulk bytes are noticed by the
 * dialler. */
static void an_altered_reply_is_noticed(void **state)
{
	struct world w;
	struct raw raw;
	uint8_t size[4];
	size_t len;
	struct hf_frame f;
	(void)state;
	two_open(&w);
	free(good_request(&w, &raw, &len));
	hf_put_u32(size, 3000);
	uint8_t *rec = raw_record(&raw, SEND_BULK, size, 4, &len);
	uint64_t counter = hf_get_u64(rec + 20);
	assert_true(raw_ask(&raw, rec, len));
	assert_true(hf_frame_parse(raw.reply, raw.len, &f));
	assert_int_equal(f.kind, HF_FRAME_REPLY);
	assert_int_equal(f.bulk_len, 3000);
	for (size_t i = 0; i < HF_FRAME_HEAD + f.len; i++) { /* head, bulk tag, body: all of the record */
		uint8_t *copy = malloc(raw.len);
		struct hf_frame bent;
		size_t plain;
		memcpy(copy, raw.reply, raw.len);
		copy[i] ^= 1;
		if (hf_frame_parse(copy, raw.len, &bent))
			assert_int_not_equal(hf_session_open(raw.session, &bent, &counter, &plain), HF_OK);
		free(copy);
	}
	uint64_t other = counter - 1;
	uint8_t *copy = malloc(raw.len);
	memcpy(copy, raw.reply, raw.len);
	struct hf_frame again;
	size_t plain;
	assert_true(hf_frame_parse(copy, raw.len, &again));
	assert_int_equal(hf_session_open(raw.session, &again, &other, &plain), HF_E_SIGNATURE);
	assert_int_equal(hf_session_open(raw.session, &f, &counter, &plain), HF_OK);
	free(copy);
	free(rec);
	raw_close(&raw);
	world_close(&w);
}

static void handshakes_are_limited_on_one_connection(void **state)
{
	struct world w;
	struct raw raw;
	(void)state;
	two_open(&w);
	raw_open(&raw, &w, &w.p[1], w.p[2].ip);
	raw_as(&raw, w.p[2].key, "cora", T0);
	w.p[2].standing = HF_E_MEMBER_REVOKED;
	for (int i = 0; i < 3; i++)
		assert_int_equal(raw_handshake(&raw), HF_E_MEMBER_REVOKED);
	assert_int_equal(raw_handshake(&raw), HF_E_UNREACHABLE);
	WAIT(&w, raw.gone);
	assert_int_equal(w.p[1].last_refused, HF_E_RATE);
	raw_close(&raw);
	world_close(&w);
}

/* DS-46: an address that the owner has locked is refused before any work, until it is let in again. */
static void a_locked_address_is_refused_at_once(void **state)
{
	struct world w;
	struct raw raw;
	struct hf_channel_stats s;
	(void)state;
	two_open(&w);
	w.p[1].lock_all = true;
	raw_open(&raw, &w, &w.p[1], w.p[2].ip);
	assert_false(raw_ask(&raw, "junk", 4)); /* the refusal after which the owner says: locked */
	WAIT(&w, raw.gone);
	raw_close(&raw);
	hf_channel_stats(w.p[1].ch, &s);
	uint64_t before = s.refused;
	raw_open(&raw, &w, &w.p[1], w.p[2].ip);
	WAIT(&w, raw.gone);
	WAIT(&w, (hf_channel_stats(w.p[1].ch, &s), s.refused == before + 1));
	assert_int_equal(w.p[1].refused, 1); /* no work, no report */
	raw_close(&raw);
	assert_int_equal(knock(&w.p[0], &w.p[1]), HF_OK); /* other addresses */
	w.p[1].lock_all = false;
	w.p[1].asked = 0;
	WAIT(&w, w.p[1].asked > 0);
	raw_open(&raw, &w, &w.p[1], w.p[2].ip);
	raw_as(&raw, w.p[2].key, "cora", T0);
	assert_int_equal(raw_handshake(&raw), HF_OK);
	raw_close(&raw);
	world_close(&w);
}

static bool is_closed(int fd)
{
	uint8_t buf[64];
	ssize_t n;
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		;
	return n == 0 || errno != EAGAIN;
}

static void silent_connections_are_few_and_short(void **state)
{
	struct world w;
	struct hf_channel_stats s;
	int fd[8];
	size_t closed = 0;
	(void)state;
	two_open(&w);
	for (size_t i = 0; i < 8; i++)
		fd[i] = connect_from(w.p[2].ip, &w.p[1], true);
	WAIT(&w, (hf_channel_stats(w.p[1].ch, &s), s.refused == 4));
	assert_int_equal(s.unauthenticated, HF_PIPES_UNAUTHENTICATED_PER_ADDRESS);
	assert_int_equal(knock(&w.p[0], &w.p[1]), HF_OK);
	w.mono_ms += HF_HANDSHAKE_MS + 1;
	WAIT(&w, (hf_channel_stats(w.p[1].ch, &s), s.unauthenticated == 0) || (w.mono_ms += 1000, false));
	assert_int_equal(w.p[1].refused, 4);
	assert_int_equal(w.p[1].last_refused, HF_E_TIMEOUT);
	for (size_t i = 0; i < 8; i++) {
		closed += is_closed(fd[i]);
		close(fd[i]);
	}
	assert_int_equal(closed, 8);
	assert_int_equal(knock(&w.p[0], &w.p[1]), HF_OK); /* who has shown himself stays */
	world_close(&w);
}

static long rss_kib(void)
{
	char line[200];
	long kib = 0;
	FILE *f = fopen("/proc/self/status", "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "RssAnon: %ld", &kib) == 1)
			break;
	fclose(f);
	return kib;
}

static void flood(struct world *w, int *fd, size_t count, bool hello)
{
	for (size_t i = 0; i < count; i++) {
		char from[40];
		snprintf(from, sizeof(from), "127.200.%zu.%zu", i / 200 + 1, i % 200 + 1);
		fd[i] = connect_from(from, &w->p[1], hello);
		if (i % 64 == 0)
			uv_run(&w->loop, UV_RUN_NOWAIT);
	}
}

/* Many half-open connections, from as many addresses, with and without nng's hello: bounded memory, others are served.
 */
static void half_open_connections_do_no_harm(void **state)
{
	size_t count = getenv("HUFU_LONG") ? 10000 : 1000;
	struct rlimit limit;
	struct world w;
	struct hf_channel_stats s;
	(void)state;
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (count * 2 + 200 > limit.rlim_cur)
		count = (limit.rlim_cur - 200) / 2; /* both ends are in this process */
	two_open(&w);
	assert_int_equal(knock(&w.p[0], &w.p[1]), HF_OK);
	int *fd = calloc(count, sizeof(int));
	for (int hello = 0; hello < 2; hello++) {
		long before = rss_kib();
		flood(&w, fd, count, hello);
		for (int i = 0; i < 20; i++)
			assert_int_equal(knock(&w.p[0], &w.p[1]), HF_OK);
		hf_channel_stats(w.p[1].ch, &s);
		assert_true(s.unauthenticated <= HF_PIPES_UNAUTHENTICATED);
		print_message("%zu half-open connections %s hello: %ld KiB more\n", count, hello ? "with" : "without",
		              rss_kib() - before);
		assert_true(rss_kib() - before < 8192 + (long)count * 16);
		for (size_t i = 0; i < count; i++)
			close(fd[i]);
	}
	w.mono_ms += HF_HANDSHAKE_MS + 1;
	WAIT(&w, (hf_channel_stats(w.p[1].ch, &s), s.unauthenticated == 0) || (w.mono_ms += 1000, false));
	assert_int_equal(knock(&w.p[1], &w.p[0]), HF_OK);
	assert_int_equal(knock(&w.p[0], &w.p[1]), HF_OK);
	free(fd);
	world_close(&w);
}

/* A length in nng's own framing beyond what requests may have closes the connection before anything is allocated. */
static void a_huge_claimed_length_is_not_believed(void **state)
{
	static const uint8_t huge[8] = {0, 0, 0, 1, 0x80, 0, 0, 0};
	struct world w;
	(void)state;
	two_open(&w);
	int fd = connect_from(w.p[2].ip, &w.p[1], true);
	(void)!write(fd, huge, sizeof(huge));
	WAIT(&w, is_closed(fd));
	close(fd);
	assert_int_equal(knock(&w.p[0], &w.p[1]), HF_OK);
	world_close(&w);
}

/* Who sends junk and is gone at once has no address any more: no work is done for it, and what is reported names an
 * address that can be locked. */
static void a_connection_that_was_reset_costs_no_work(void **state)
{
	static const uint8_t junk[] = {0, 0, 0, 0, 0, 0, 0, 8, 0x80, 0, 0, 1, 'j', 'u', 'n', 'k'};
	struct world w;
	struct hf_channel_stats s;
	(void)state;
	two_open(&w);
	for (unsigned n = 0; n < 400; n++) {
		int fd = connect_from(w.p[2].ip, &w.p[1], true);
		(void)!write(fd, junk, sizeof(junk));
		close(fd); /* nng's hello is not read: a reset */
		uv_run(&w.loop, UV_RUN_NOWAIT);
		if (w.p[1].refused > 0)
			assert_string_equal(w.p[1].refused_address, w.p[2].ip);
	}
	WAIT(&w, (hf_channel_stats(w.p[1].ch, &s), s.unauthenticated == 0));
	assert_int_equal(knock(&w.p[0], &w.p[1]), HF_OK);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_shared_secret_opens_nothing),
	        cmocka_unit_test(garbage_is_cut_off),
	        cmocka_unit_test(a_replayed_record_is_refused),
	        cmocka_unit_test(an_altered_record_is_refused),
	        cmocka_unit_test(an_altered_reply_is_noticed),
	        cmocka_unit_test(handshakes_are_limited_on_one_connection),
	        cmocka_unit_test(a_locked_address_is_refused_at_once),
	        cmocka_unit_test(silent_connections_are_few_and_short),
	        cmocka_unit_test(half_open_connections_do_no_harm),
	        cmocka_unit_test(a_huge_claimed_length_is_not_believed),
	        cmocka_unit_test(a_connection_that_was_reset_costs_no_work),
	};
	if (!hf_crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
