/* peers_test.c - does a node know who is a member, keep the descriptor chain up to date, and keep everybody else out?
 */
#include "unit/peers/town.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "crypto/note.h"
#include "peers/guard.h"

static void start(struct town *t, unsigned first, unsigned count)
{
	town_init(t, NULL, town_salt());
	town_sign(t);
	town_open(t, first, count);
}

static void members_find_each_other(void **state)
{
	struct town t;
	(void)state;
	start(&t, SB_HEALTH, 2);
	struct node *health = &t.node[SB_HEALTH], *hub = &t.node[SB_HUB];
	WAIT(&t, view(health, "hub").up && view(hub, "health").up); /* by themselves */
	assert_int_equal(knock(health, "hub"), HF_OK);
	assert_int_equal(knock(hub, "health"), HF_OK);
	assert_int_equal(knock(hub, "hub"), HF_OK); /* itself */
	assert_int_equal(hub->requests, 2);
	struct hf_peer_view v = view(health, "hub");
	assert_string_equal(v.name, "市 organization");
	assert_string_equal(v.address, t.sb->address[SB_HUB]);
	assert_int_equal(v.standing, HF_OK);
	assert_true(v.last_seen_ms >= SB_T0 && v.clock_skew_ms > -1000 && v.clock_skew_ms < 1000);
	assert_false(view(health, "roads").up);
	assert_true(health->ups == 1 || health->ups == 2); /* when each dialled the other */
	assert_true(node_events(health, HF_EVENT_PEER_SESSION) >= 1);
	town_close(&t);
}

static void who_comes_back_is_noticed(void **state)
{
	struct town t;
	(void)state;
	start(&t, SB_HEALTH, 2);
	struct node *health = &t.node[SB_HEALTH];
	WAIT(&t, view(health, "hub").up);
	t.jump_ms += 20000; /* quiet for long enough: it is pinged, and stays up */
	assert_int_equal(knock(health, "hub"), HF_OK);
	assert_true(view(health, "hub").up);
	town_close(&t);
}

static void expect_refusal(struct town *t, enum hf_err e, const char *word)
{
	struct node *n = &t->node[SB_HUB];
	struct hf_fault f = {HF_OK, ""};
	node_open_store(n);
	assert_int_equal(node_open_peers(n, &f), e);
	if (!strstr(f.text, word))
		fail_msg("\"%s\" does not say \"%s\"", f.text, word);
	hf_store_close(n->store);
	hf_metrics_free(n->base.metrics);
}

static void a_node_without_its_space_does_not_start(void **state)
{
	struct town t;
	char path[300], space[160], root[80];
	(void)state;
	town_init(&t, NULL, town_salt());
	town_sign(&t);
	struct node *n = &t.node[SB_HUB];
	snprintf(space, sizeof(space), "%.120s/space", n->dir);
	expect_refusal(&t, HF_E_STATE, "descriptors.dsse");
	write_chain(&t, n, 1);
	write_text(space, "root.key", "AAAA\n", 5);
	expect_refusal(&t, HF_E_FORMAT, "root key");
	hf_base64(t.sb->next_root_pub, 32, root); /* a key that signed nothing here */
	write_text(space, "root.key", root, strlen(root));
	expect_refusal(&t, HF_E_SIGNATURE, "");
	hf_base64(t.sb->root_pub, 32, root);
	write_text(space, "root.key", root, strlen(root));
	write_text(space, "descriptors.dsse", t.chain[0].data, 50);
	expect_refusal(&t, HF_E_FORMAT, "cut off");
	write_chain(&t, n, 1);
	struct hf_agree_key *own = n->key;
	n->key = t.node[SB_ROADS].key;
	expect_refusal(&t, HF_E_WRONG_NODE, "certifies");
	n->key = own;
	t.sb->name[SB_HUB] = "nobody";
	expect_refusal(&t, HF_E_STRANGER, "nobody is not a member");
	t.sb->name[SB_HUB] = "hub";
	snprintf(path, sizeof(path), "%s/root.key", space);
	unlink(path);
	expect_refusal(&t, HF_E_STATE, "root.key");
	struct hf_note_verifier v;
	char vkey[401];
	assert_true(hf_note_verifier_init(&v, "city.example", HF_NOTE_ED25519, (struct hf_sign_pub *)t.sb->root_pub));
	hf_note_vkey(&v, vkey);
	write_text(space, "root.key", vkey, strlen(vkey));
	node_open(n);
	town_close(&t);
}

static void a_newer_descriptor_reaches_everybody(void **state)
{
	struct town t;
	(void)state;
	start(&t, SB_HEALTH, 3);
	t.sb->d.not_after_ms += 1000;
	town_sign(&t);
	struct node *hub = &t.node[SB_HUB];
	WAIT(&t, view(hub, "health").up && view(hub, "port").up);
	assert_int_equal(town_import(&t, hub, 1), HF_OK);
	assert_int_equal(town_import(&t, hub, 0), HF_OK); /* older: skipped */
	assert_int_equal(hub->changes, 1);
	for (unsigned i = SB_HEALTH; i <= SB_PORT; i++)
		WAIT(&t, hf_space_number(hf_peers_space(t.node[i].peers)) == 2);
	assert_int_equal(t.node[SB_HEALTH].changes, 1);
	WAIT(&t, node_events(&t.node[SB_PORT], HF_EVENT_DESCRIPTOR) == 2); /* audited with its number */
	t.jump_ms += 61000; /* and after the grace all still speak to each other */
	WAIT(&t, knock(&t.node[SB_HEALTH], "port") == HF_OK);
	WAIT(&t, knock(&t.node[SB_PORT], "health") == HF_OK);
	node_close(&t.node[SB_PORT]); /* it is in the store: the file still has number 1 only */
	node_open(&t.node[SB_PORT]);
	assert_int_equal(hf_space_number(hf_peers_space(t.node[SB_PORT].peers)), 2);
	town_close(&t);
}

/* Starts the node as it is found on disk; the file has the first descriptor only. */
static uint64_t number_after_restart(struct town *t, unsigned i)
{
	node_close(&t->node[i]);
	node_open(&t->node[i]);
	return hf_space_number(hf_peers_space(t->node[i].peers));
}

/* A descriptor that could not be stored is obeyed, told to nobody, and stored together with what follows it. */
static void a_descriptor_that_could_not_be_stored_is_stored_later(void **state)
{
	struct town t;
	(void)state;
	start(&t, SB_HUB, 2);
	struct node *hub = &t.node[SB_HUB], *port = &t.node[SB_PORT];
	WAIT(&t, view(hub, "port").up && view(port, "hub").up && node_events(hub, HF_EVENT_DESCRIPTOR) == 1);
	node_entry_fault(hub, HF_E_IO);
	sb_revoke(t.sb, "roads", NULL, SB_T0);
	town_sign(&t);
	t.sb->d.not_after_ms += 1000;
	town_sign(&t);
	assert_int_equal(town_import(&t, hub, 1), HF_OK);
	WAIT(&t, node_events(hub, HF_EVENT_DESCRIPTOR) >= 2); /* tried, and failed */
	assert_int_equal(view(hub, "roads").standing, HF_E_MEMBER_REVOKED);
	assert_int_equal(hf_space_number(hf_peers_space(port->peers)), 1);
	assert_int_equal(town_import(&t, hub, 2), HF_OK);
	t.jump_ms += 2000;
	WAIT(&t, node_events(hub, HF_EVENT_DESCRIPTOR) >= 4); /* tried again, with both */
	assert_int_equal(hf_space_number(hf_peers_space(port->peers)), 1);
	node_entry_fault(hub, HF_OK);
	t.jump_ms += 2000;
	WAIT(&t, hf_space_number(hf_peers_space(port->peers)) == 3); /* told when it is durable */
	assert_int_equal(number_after_restart(&t, SB_HUB), 3);
	assert_int_equal(view(hub, "roads").standing, HF_E_MEMBER_REVOKED);
	town_close(&t);
}

static void drop_row(struct node *n, uint64_t number)
{
	struct hf_unit *u = hf_unit_new();
	uint8_t key[8];
	hf_put_u64(key, number);
	hf_unit_del(u, HF_TABLE_DESCRIPTOR, key, sizeof(key));
	hf_store_submit(n->store, u, NULL, NULL);
}

/* A store with a gap is read up to it; the rest comes from the peers again. */
static void a_gap_in_the_stored_descriptors_is_filled_by_the_peers(void **state)
{
	struct town t;
	(void)state;
	start(&t, SB_HUB, 2);
	struct node *hub = &t.node[SB_HUB], *port = &t.node[SB_PORT];
	for (unsigned i = 1; i < 3; i++) {
		t.sb->d.not_after_ms += 1000;
		town_sign(&t);
		assert_int_equal(town_import(&t, hub, i), HF_OK);
	}
	WAIT(&t, hf_space_number(hf_peers_space(port->peers)) == 3);
	WAIT(&t, node_events(port, HF_EVENT_DESCRIPTOR) == 3);
	drop_row(port, 2);
	assert_int_equal(number_after_restart(&t, SB_PORT), 1);
	WAIT(&t, hf_space_number(hf_peers_space(port->peers)) == 3);
	WAIT(&t, node_events(port, HF_EVENT_DESCRIPTOR) == 5);
	node_close(hub);
	assert_int_equal(number_after_restart(&t, SB_PORT), 3);
	town_close(&t);
}

static void on_durable(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	(void)info;
	assert_int_equal(e, HF_OK);
	*(bool *)ctx = true;
}

/* Until everything that was submitted is durable. */
static void settle(struct node *n)
{
	bool done = false;
	hf_store_submit(n->store, hf_unit_new(), on_durable, &done);
	WAIT(n->t, done);
}

/* Nobody can be held on an old descriptor: one who has it may fetch the newer one, nothing else. */
static void an_old_descriptor_is_good_for_fetching_the_new_one_only(void **state)
{
	struct town t;
	struct result r;
	(void)state;
	start(&t, SB_HUB, 1);
	t.sb->d.not_after_ms += 1000;
	town_sign(&t);
	settle(&t.node[SB_HUB]);
	assert_int_equal(town_import(&t, &t.node[SB_HUB], 1), HF_OK);
	settle(&t.node[SB_HUB]);
	t.jump_ms += 61000;
	struct node *port = &t.node[SB_PORT];
	write_chain(&t, port, 1);
	node_open(port);
	assert_int_equal(ask(port, "hub", HF_MSG_CATALOG_SYNC, &r), HF_E_OLD_DESCRIPTOR);
	assert_int_equal(t.node[SB_HUB].requests, 0);
	assert_int_equal(node_events(&t.node[SB_HUB], HF_EVENT_PEER_REFUSED), 1); /* once a minute */
	WAIT(&t, hf_space_number(hf_peers_space(port->peers)) == 2);
	WAIT(&t, knock(port, "hub") == HF_OK);
	town_close(&t);
}

static void a_revoked_member_is_out_at_once(void **state)
{
	struct town t;
	(void)state;
	start(&t, SB_HUB, 2);
	struct node *hub = &t.node[SB_HUB], *port = &t.node[SB_PORT];
	assert_int_equal(knock(hub, "port"), HF_OK);
	assert_int_equal(knock(port, "hub"), HF_OK);
	sb_revoke(t.sb, "port", NULL, SB_T0);
	town_sign(&t);
	assert_int_equal(town_import(&t, hub, 1), HF_OK);
	assert_int_equal(knock(hub, "port"), HF_E_MEMBER_REVOKED);
	struct result r;
	enum hf_err e = ask(port, "hub", HF_MSG_CATALOG_SYNC, &r);
	for (unsigned i = 0; i < 3 && hf_err_class(e) == HF_CLASS_RETRY; i++) /* on a connection that is just going */
		e = ask(port, "hub", HF_MSG_CATALOG_SYNC, &r);
	assert_string_equal(r.text, "hub refuses this node: the membership was revoked");
	assert_int_equal(e, HF_E_MEMBER_REVOKED);
	assert_int_equal(hub->requests, 1);
	assert_int_equal(view(hub, "port").standing, HF_E_MEMBER_REVOKED);
	WAIT(&t, node_events(hub, HF_EVENT_PEER_REFUSED) >= 1);
	town_close(&t);
}

static void an_expired_member_is_out(void **state)
{
	struct town t;
	(void)state;
	town_init(&t, NULL, town_salt());
	t.sb->member[SB_PORT].not_after_ms = SB_T0 + 60000;
	town_sign(&t);
	town_open(&t, SB_HUB, 2);
	assert_int_equal(knock(&t.node[SB_PORT], "hub"), HF_OK);
	t.jump_ms += 61000;
	struct node *hub = &t.node[SB_HUB], *port = &t.node[SB_PORT];
	WAIT(&t, knock(port, "hub") == HF_E_MEMBER_EXPIRED); /* on a session that is still there, mostly */
	assert_int_equal(knock(hub, "port"), HF_E_MEMBER_EXPIRED);
	WAIT(&t, !view(hub, "port").up); /* and then the session ends */
	WAIT(&t, knock(port, "hub") == HF_E_MEMBER_EXPIRED);
	assert_int_equal(hub->requests, 1);
	assert_true(node_events(hub, HF_EVENT_PEER_REFUSED) >= 1);
	town_close(&t);
}

static void a_clock_hours_off_raises_an_alarm(void **state)
{
	struct town t;
	(void)state;
	town_init(&t, NULL, town_salt());
	town_sign(&t);
	t.node[SB_PORT].clock_off_ms = 7 * 3600 * 1000;
	town_open(&t, SB_HUB, 2);
	assert_int_equal(knock(&t.node[SB_HUB], "port"), HF_E_STALE);
	WAIT(&t, node_events(&t.node[SB_HUB], HF_EVENT_ALARM) == 1);
	int64_t skew = view(&t.node[SB_HUB], "port").clock_skew_ms;
	assert_true(skew > 7 * 3600 * 1000 - 5000 && skew < 7 * 3600 * 1000 + 5000);
	town_close(&t);
}

/* A channel by hand, whatever it claims. */
struct impostor {
	struct hf_base base;
	struct hf_channel *ch;
	struct town *t;
	uint64_t number;
	uint8_t digest[32];
};

static void imp_descriptor(void *ctx, uint64_t *ret_number, uint8_t ret_digest[32])
{
	struct impostor *i = ctx;
	*ret_number = i->number;
	memcpy(ret_digest, i->digest, 32);
}

static enum hf_err imp_standing(void *ctx, const char *node, const struct hf_agree_pub *key, const char *address)
{
	(void)ctx, (void)node, (void)key, (void)address;
	return HF_OK;
}

static enum hf_err imp_peer_descriptor(void *ctx, const char *node, uint64_t number, const uint8_t digest[32])
{
	(void)ctx, (void)node, (void)number, (void)digest;
	return HF_OK;
}

static void imp_request(void *ctx, struct hf_request *take)
{
	(void)ctx;
	hf_request_reply(take, HF_E_UNSUPPORTED, NULL, NULL, 0);
}

static void imp_session(void *ctx, const char *node, const char *address, bool up, bool inbound)
{
	(void)ctx, (void)node, (void)address, (void)up, (void)inbound;
}

static void imp_refused(void *ctx, const char *node, const char *address, enum hf_err reason)
{
	(void)ctx, (void)node, (void)address, (void)reason;
}

static void imp_open(struct impostor *i, struct town *t, const char *name, const struct hf_agree_key *key,
                     const char *listen)
{
	struct hf_fault f = {HF_OK, ""};
	struct hf_channel_ops ops = {.descriptor = imp_descriptor,
	                             .standing = imp_standing,
	                             .peer_descriptor = imp_peer_descriptor,
	                             .on_request = imp_request,
	                             .on_session = imp_session,
	                             .on_refused = imp_refused,
	                             .ctx = i};
	struct hf_channel_config cfg = {.space = SB_SPACE, .static_key = key, .listen = {listen}};
	struct hf_hash digest;
	memset(i, 0, sizeof(*i));
	i->t = t;
	i->number = 1;
	hf_envelope_digest(t->chain[0].data, t->chain[0].len, &digest);
	memcpy(i->digest, digest.b, 32);
	i->base = t->node[SB_AUDIT].base;
	i->base = (struct hf_base){.loop = &t->loop,
	                           .clock = {node_now, node_mono, &t->node[SB_AUDIT]},
	                           .audit = {node_emit, &t->node[SB_AUDIT]}};
	assert_true(hf_name_parse(name, &i->base.self));
	if (hf_channel_open(&i->base, &cfg, &ops, &i->ch, &f) != HF_OK)
		fail_msg("%s", f.text);
}

static enum hf_err imp_knock(struct impostor *i, unsigned to)
{
	struct result r = {0};
	struct hf_call call = {
	        .peer = i->t->sb->name[to], .address = i->t->sb->address[to], .type = HF_MSG_CATALOG_SYNC};
	memcpy(call.key.b, i->t->sb->pub[to][HF_KEY_NOISE], 32);
	hf_channel_call(i->ch, &call, result_fn, &r);
	WAIT(i->t, r.done);
	return r.error;
}

/* DS-39, DS-43: a key outside the descriptor, the good key of another organization's device, and the right key at the
 * wrong place. */
static void impostors_are_refused(void **state)
{
	struct town t;
	struct impostor i;
	(void)state;
	start(&t, SB_HUB, 1);
	struct node *hub = &t.node[SB_HUB];
	struct hf_agree_key *foreign = hf_agree_key_new();
	imp_open(&i, &t, "roads", foreign, t.sb->address[SB_ROADS]);
	assert_int_equal(imp_knock(&i, SB_HUB), HF_E_STRANGER);
	hf_channel_close(i.ch);
	imp_open(&i, &t, "roads", t.node[SB_PORT].key, NULL); /* port's device says it is roads */
	assert_int_equal(imp_knock(&i, SB_HUB), HF_E_WRONG_NODE);
	hf_channel_close(i.ch);
	imp_open(&i, &t, "port", t.node[SB_PORT].key, t.sb->address[SB_HEALTH]); /* port, from the address of health */
	assert_int_equal(imp_knock(&i, SB_HUB), HF_E_WRONG_NODE);
	hf_channel_close(i.ch);
	imp_open(&i, &t, "port", t.node[SB_PORT].key, NULL);
	assert_int_equal(imp_knock(&i, SB_HUB), HF_OK); /* so that the test tests something */
	hf_channel_close(i.ch);
	hf_agree_key_free(foreign);
	assert_int_equal(hub->requests, 1);
	assert_int_equal(node_events(hub, HF_EVENT_PEER_REFUSED), 3);
	town_close(&t);
}

/* An authority that signs two descriptors under one number is found out. */
static void two_descriptors_of_one_number_raise_an_alarm(void **state)
{
	struct town t;
	struct impostor i;
	(void)state;
	start(&t, SB_HUB, 1);
	imp_open(&i, &t, "port", t.node[SB_PORT].key, NULL);
	i.digest[0] ^= 1;
	assert_int_equal(imp_knock(&i, SB_HUB), HF_E_CONFLICT);
	assert_int_equal(node_events(&t.node[SB_HUB], HF_EVENT_ALARM), 1);
	hf_channel_close(i.ch);
	town_close(&t);
}

static int connection(struct town *t, unsigned from, unsigned to, const uint8_t *first, size_t len)
{
	struct sockaddr_in a = {.sin_family = AF_INET}, b = {.sin_family = AF_INET, .sin_port = htons(7400)};
	char host[40];
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(host, sizeof(host), "%.*s", (int)strcspn(t->sb->address[from] + 6, ":"), t->sb->address[from] + 6);
	inet_pton(AF_INET, host, &a.sin_addr);
	snprintf(host, sizeof(host), "%.*s", (int)strcspn(t->sb->address[to] + 6, ":"), t->sb->address[to] + 6);
	inet_pton(AF_INET, host, &b.sin_addr);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&b, sizeof(b)), 0);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	assert_int_equal(write(fd, first, len), len);
	return fd;
}

static int junk_connection(struct town *t, unsigned from, unsigned to)
{
	static const uint8_t junk[] = {0, 'S', 'P', 0, 0,    0x30, 0, 0, 0,   0,   0,   0,
	                               0, 0,   0,   8, 0x80, 0,    0, 1, 'j', 'u', 'n', 'k'};
	return connection(t, from, to, junk, sizeof(junk));
}

static bool is_closed(int fd)
{
	uint8_t buf[64];
	ssize_t n;
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		;
	return n == 0 || errno != EAGAIN;
}

/* DS-46: failures lock the address and raise one alarm; others are served meanwhile; after the lock it may try again.
 */
static void an_address_that_keeps_failing_is_locked(void **state)
{
	struct town t;
	struct impostor i;
	(void)state;
	start(&t, SB_HUB, 2);
	struct node *hub = &t.node[SB_HUB];
	for (unsigned n = 0; node_events(hub, HF_EVENT_PEER_LOCKED) == 0; n++) {
		int fd = junk_connection(&t, SB_ROADS, SB_HUB);
		WAIT(&t, is_closed(fd));
		close(fd);
		assert_true(n < 100);
	}
	assert_int_equal(node_events(hub, HF_EVENT_ALARM), 1);
	assert_true(node_events(hub, HF_EVENT_PEER_REFUSED) >= HF_GUARD_FAILURES);
	imp_open(&i, &t, "roads", t.node[SB_ROADS].key, t.sb->address[SB_ROADS]); /* even with the right key now */
	assert_int_equal(imp_knock(&i, SB_HUB), HF_E_UNREACHABLE);
	assert_int_equal(knock(&t.node[SB_PORT], "hub"), HF_OK);
	assert_int_equal(node_events(hub, HF_EVENT_ALARM), 1);
	t.jump_ms += 61000;
	WAIT(&t, imp_knock(&i, SB_HUB) == HF_OK);
	hf_channel_close(i.ch);
	town_close(&t);
}

/* The same for connections that say nothing, and for lengths that nng does not take: each costs a lock and one alarm
 * beyond a rate. */
static bool later(struct town *t, int64_t ms)
{
	t->jump_ms += ms;
	return false;
}

static void half_open_and_oversized_connections_lock_their_address(void **state)
{
	static const uint8_t bad[] = {0, 'S', 'P', 0, 0, 0x30, 0, 0, 0, 0, 0, 1, 0x80, 0, 0, 0};
	struct town t;
	(void)state;
	start(&t, SB_HUB, 2);
	struct node *hub = &t.node[SB_HUB];
	for (unsigned n = 0; node_events(hub, HF_EVENT_PEER_LOCKED) == 0; n++) {
		int fd[4];
		for (unsigned i = 0; i < 4; i++)
			fd[i] = connection(&t, SB_ROADS, SB_HUB, bad, 8); /* the hello of nng, and nothing more */
		for (unsigned i = 0; i < 4; i++) {
			WAIT(&t, is_closed(fd[i]) || later(&t, 1000));
			close(fd[i]);
		}
		assert_true(n < 10);
	}
	assert_int_equal(node_events(hub, HF_EVENT_ALARM), 1);
	for (unsigned n = 0; node_events(hub, HF_EVENT_PEER_LOCKED) == 1; n++) {
		int fd = connection(&t, SB_HEALTH, SB_HUB, bad, sizeof(bad));
		WAIT(&t, is_closed(fd));
		close(fd);
		assert_true(n < 1000);
	}
	assert_int_equal(node_events(hub, HF_EVENT_ALARM), 2);
	assert_true(node_events(hub, HF_EVENT_PEER_REFUSED) > HF_GUARD_FAILURES);
	assert_int_equal(knock(&t.node[SB_PORT], "hub"), HF_OK);
	town_close(&t);
}

/* DS-44: what three do together needs each pair; a node that has not authenticated with one of them is refused by that
 * one. */
static void each_of_three_authenticates_with_each(void **state)
{
	struct town t;
	(void)state;
	start(&t, SB_HEALTH, 3);
	static const char *const ids[] = {"health", "hub", "port"};
	for (unsigned a = 0; a < 3; a++)
		for (unsigned b = 0; b < 3; b++)
			if (a != b)
				assert_int_equal(knock(&t.node[SB_HEALTH + a], ids[b]), HF_OK);
	sb_revoke(t.sb, "health", NULL, SB_T0);
	town_sign(&t);
	assert_int_equal(town_import(&t, &t.node[SB_PORT], 1), HF_OK); /* one pair is broken */
	assert_int_equal(knock(&t.node[SB_PORT], "health"), HF_E_MEMBER_REVOKED);
	town_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(members_find_each_other),
	        cmocka_unit_test(who_comes_back_is_noticed),
	        cmocka_unit_test(a_node_without_its_space_does_not_start),
	        cmocka_unit_test(a_newer_descriptor_reaches_everybody),
	        cmocka_unit_test(a_descriptor_that_could_not_be_stored_is_stored_later),
	        cmocka_unit_test(a_gap_in_the_stored_descriptors_is_filled_by_the_peers),
	        cmocka_unit_test(an_old_descriptor_is_good_for_fetching_the_new_one_only),
	        cmocka_unit_test(a_revoked_member_is_out_at_once),
	        cmocka_unit_test(an_expired_member_is_out),
	        cmocka_unit_test(a_clock_hours_off_raises_an_alarm),
	        cmocka_unit_test(impostors_are_refused),
	        cmocka_unit_test(two_descriptors_of_one_number_raise_an_alarm),
	        cmocka_unit_test(an_address_that_keeps_failing_is_locked),
	        cmocka_unit_test(half_open_and_oversized_connections_lock_their_address),
	        cmocka_unit_test(each_of_three_authenticates_with_each),
	};
	if (!hf_crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
