/*
 * gateway.c - AuthZEN over HTTP: libmicrohttpd without threads, its epoll descriptor watched by the loop, which owns
 * the rules. A request is answered from memory at once, but for what has to be on record first (gateway_firm.c).
 */
#include "api/gateway.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "api/gateway_firm.h"
#include "api/listen.h"
#include "base/mem.h"
#include "crypto/base64.h"
#include "crypto/crypto.h"

#define CONNECTIONS_MAX 256u
#define CONNECTIONS_PER_ADDRESS 128u
#define IDLE_SECONDS 60u
#define STRANGER_MS 10000u /* to show a token, however slowly the bytes come */
#define REQUEST_MS 60000u  /* from one answer to the next */
#define SWEEP_MS 1000u
#define ALARM_MS 60000 /* wrong tokens are one alarm in that time */
#define BODY_MAX (256u << 10)
#define TOKENS_MAX 64u
#define FILE_MAX (64u << 10)
#define REQUEST_ID_MAX 256u
#define FIRM_LOOK_MS 20u /* while an answer waits for its record */
#define STORE_MS 10u     /* nobody waits for the entries of answers: */
#define STORE_COUNT 512u /* that many, or those of that time, are one commit */
#define METADATA "/.well-known/authzen-configuration"

struct token {
	char name[HF_NAME_MAX + 1];
	uint8_t digest[32];
};
/* Somebody at the door, from the connection to its end. */
struct guest {
	struct guest *next, **before;
	struct MHD_Connection *connection;
	int64_t since_ms; /* it came, or had its last answer */
	bool known;       /* has shown a token */
};
struct hf_gateway {
	const struct hf_modules *m;
	struct MHD_Daemon *daemon;
	uv_poll_t *poll;
	uv_timer_t *timer, *sweep;
	struct guest *guests;
	int64_t alarm_ms; /* of the last alarm about tokens; 0: none */
	struct token tokens[TOKENS_MAX];
	size_t token_count;
	char *metadata;
	size_t metadata_len;
	struct hf_buf certificate, key;
	struct hf_unit *entries; /* of the answers since the last commit; NULL: none */
	unsigned answers;        /* with entries among them */
	uv_timer_t *store_timer, *firm_timer;
	struct firm_list firm;
};
/* One request, from its head to its answer. */
struct ask {
	struct hf_buf body; /* nothing is kept of who shows no token */
	const char *name;   /* of the gateway; NULL: no token */
	bool too_large;
	struct firm firm;
};

/* ---- the loop ---- */

static void run(struct hf_gateway *g);

static void on_stored(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	const struct hf_base *base = ctx; /* lives longer than the listener */
	(void)info;
	if (e != HF_OK)
		hf_alarm(base, "decision-unrecorded", NULL, "decisions for gateways could not be recorded: %s",
		         hf_err_text(e));
}

static void store_entries(struct hf_gateway *g)
{
	struct hf_unit *u = HF_TAKE(g->entries);
	g->answers = 0;
	if (u && !hf_unit_empty(u))
		hf_store_submit(g->m->store, u, on_stored, (void *)(uintptr_t)g->m->base);
	else
		hf_unit_free(u);
}

static void on_timer(uv_timer_t *t)
{
	run(t->data);
}

static void on_store_timer(uv_timer_t *t)
{
	store_entries(t->data);
}

static void run(struct hf_gateway *g)
{
	MHD_UNSIGNED_LONG_LONG ms = 0;
	MHD_run(g->daemon);
	if (g->answers >= STORE_COUNT)
		store_entries(g);
	if (MHD_get_timeout(g->daemon, &ms) == MHD_YES)
		uv_timer_start(g->timer, on_timer, ms, 0);
	else
		uv_timer_stop(g->timer);
}

static void on_poll(uv_poll_t *p, int status, int events)
{
	(void)status;
	(void)events;
	run(p->data);
}

static void on_firm_timer(uv_timer_t *t)
{
	struct hf_gateway *g = t->data;
	bool resumed;
	if (!firm_look(&g->firm, &resumed))
		uv_timer_stop(t);
	if (resumed)
		run(g);
}

/* ---- who is at the door ---- */

static int64_t mono_ms(const struct hf_gateway *g)
{
	return hf_mono_ms(&g->m->base->clock);
}

static void on_guest(void *ctx, struct MHD_Connection *c, void **per_connection,
                     enum MHD_ConnectionNotificationCode code)
{
	struct hf_gateway *g = ctx;
	struct guest *x = *per_connection;
	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		x = hf_alloc_zero(sizeof(*x));
		*x = (struct guest){g->guests, &g->guests, c, mono_ms(g), false};
		if (x->next)
			x->next->before = &x->next;
		g->guests = x;
		*per_connection = x;
	} else if (x) {
		*x->before = x->next;
		if (x->next)
			x->next->before = x->before;
		free(x);
		*per_connection = NULL;
	}
}

static struct guest *guest_of(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	return info ? info->socket_context : NULL;
}

/* libmicrohttpd's own limit is for silence; this one is for bytes that trickle. */
static void on_sweep(uv_timer_t *t)
{
	struct hf_gateway *g = t->data;
	int64_t now = mono_ms(g);
	for (struct guest *x = g->guests; x; x = x->next) {
		const union MHD_ConnectionInfo *info =
		        MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
		if (info && now - x->since_ms >= (x->known ? REQUEST_MS : STRANGER_MS))
			shutdown(info->connect_fd, SHUT_RDWR); /* the daemon finds its end */
	}
}

/* A token that is not shown is a mistake of somebody's; a wrong one may be an attempt. */
static void alarm_token(struct hf_gateway *g, struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	char from[64] = "unknown";
	if (g->alarm_ms && mono_ms(g) - g->alarm_ms < ALARM_MS)
		return;
	g->alarm_ms = mono_ms(g);
	if (info && info->client_addr)
		(void)uv_ip_name(info->client_addr, from, sizeof(from));
	hf_alarm(
	        g->m->base, "access-denied", NULL,
	        "a request at the gateways' interface, from %s, showed a token that is none of gateway.tokens; more of "
	        "them within a minute are not told",
	        from);
}

/* ---- answers ---- */

static const char *header(struct MHD_Connection *c, const char *name)
{
	return MHD_lookup_connection_value(c, MHD_HEADER_KIND, name);
}

/* Echoed as it came (a long one is not); libmicrohttpd refuses line ends in headers. */
static void echo_id(struct MHD_Connection *c, struct MHD_Response *r)
{
	const char *id = header(c, "X-Request-ID");
	if (id && *id && strlen(id) <= REQUEST_ID_MAX)
		MHD_add_response_header(r, "X-Request-ID", id);
}

static enum MHD_Result send_response(struct MHD_Connection *c, unsigned status, const char *type,
                                     struct MHD_Response *r)
{
	if (!r)
		return MHD_NO;
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	if (status == MHD_HTTP_UNAUTHORIZED)
		MHD_add_response_header(r, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "POST");
	echo_id(c, r);
	enum MHD_Result ok = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return ok;
}

static enum MHD_Result send_text(struct MHD_Connection *c, unsigned status, const char *type, const char *text)
{
	return send_response(
	        c, status, type,
	        MHD_create_response_from_buffer(strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY));
}

static enum MHD_Result refuse(struct MHD_Connection *c, unsigned status, const char *text)
{
	return send_text(c, status, "text/plain; charset=utf-8", text);
}

/* Compared as digests and in constant time; every name is looked at. */
static const char *who(struct hf_gateway *g, struct MHD_Connection *c)
{
	const char *given = header(c, MHD_HTTP_HEADER_AUTHORIZATION), *name = NULL;
	struct hf_hash h;
	if (!given || strncmp(given, "Bearer ", 7) != 0)
		return NULL;
	hf_sha256(given + 7, strlen(given + 7), &h);
	for (size_t i = 0; i < g->token_count; i++)
		if (hf_equal_ct(g->tokens[i].digest, h.b, sizeof(h.b)))
			name = g->tokens[i].name;
	if (!name)
		alarm_token(g, c);
	return name;
}

static void put_question(struct hf_gateway *g, const char *path, const json_t *in, const struct authzen_asker *asker,
                         struct authzen_answer *ret)
{
	*ret = (struct authzen_answer){.status = 200};
	(void)authzen_answer(g->m, asker, path, in, ret);
}

/* It has waited for its record: the answer that goes out is that of now, and the one on record. */
static bool is_on_record(struct hf_gateway *g, const char *path, const json_t *in, const struct ask *k,
                         struct authzen_answer *ret)
{
	struct hf_unit *not_again = hf_unit_new();
	const struct authzen_asker asker = {k->name, not_again, false};
	put_question(g, path, in, &asker, ret);
	hf_unit_free(not_again);
	if (firm_same(&k->firm, ret))
		return true;
	hf_buf_done(&ret->body);
	return false;
}

static void put_and_record(struct hf_gateway *g, const char *path, const json_t *in, const struct ask *k,
                           struct authzen_answer *ret)
{
	if (!g->entries) {
		g->entries = hf_unit_new();
		uv_timer_start(g->store_timer, on_store_timer, STORE_MS, 0);
	}
	g->answers++;
	const struct authzen_asker asker = {k->name, g->entries, k->firm.until_ms && !firm_reached(&g->firm, &k->firm)};
	put_question(g, path, in, &asker, ret);
}

static enum MHD_Result wait_for_record(struct hf_gateway *g, struct MHD_Connection *c, struct ask *k,
                                       struct authzen_answer *take)
{
	firm_begin(&g->firm, &k->firm, c, take, HF_TAKE(g->entries));
	g->answers = 0;
	if (!uv_is_active((uv_handle_t *)g->firm_timer))
		uv_timer_start(g->firm_timer, on_firm_timer, FIRM_LOOK_MS, FIRM_LOOK_MS);
	return MHD_YES;
}

static enum MHD_Result answer(struct hf_gateway *g, struct MHD_Connection *c, const char *path, struct ask *k)
{
	struct authzen_answer a = {.status = 200};
	json_error_t why;
	char text[400];
	json_t *in =
	        json_loadb(k->body.data ? (const char *)k->body.data : "", k->body.len, JSON_REJECT_DUPLICATES, &why);
	if (!in || !json_is_object(in)) {
		snprintf(text, sizeof(text), "the body is no JSON object%s%.200s", in ? "" : ": ", in ? "" : why.text);
		json_decref(in);
		return refuse(c, MHD_HTTP_BAD_REQUEST, text);
	}
	bool on_record = firm_reached(&g->firm, &k->firm) && is_on_record(g, path, in, k, &a);
	if (!on_record)
		put_and_record(g, path, in, k, &a);
	json_decref(in);
	if (a.status != 200)
		return refuse(c, a.status, a.text);
	if (!on_record && a.demands > HF_ENTRY_DURABLE)
		return wait_for_record(g, c, k, &a);
	size_t len;
	uint8_t *body = hf_buf_take(&a.body, &len);
	return send_response(c, MHD_HTTP_OK, "application/json",
	                     MHD_create_response_from_buffer(len, body, MHD_RESPMEM_MUST_FREE));
}

static bool is_json(struct MHD_Connection *c)
{
	const char *type = header(c, MHD_HTTP_HEADER_CONTENT_TYPE);
	size_t len = type ? strcspn(type, "; ") : 0;
	return len == strlen("application/json") && strncasecmp(type, "application/json", len) == 0;
}

static enum MHD_Result serve(struct hf_gateway *g, struct MHD_Connection *c, const char *path, const char *method,
                             struct ask *k)
{
	struct authzen_answer none;
	if (strcmp(path, METADATA) == 0 && strcmp(method, "GET") == 0)
		return send_text(c, MHD_HTTP_OK, "application/json", g->metadata);
	if (!k->name)
		return refuse(c, MHD_HTTP_UNAUTHORIZED,
		              "show a token of this node's file gateway.tokens as a bearer token");
	if (!authzen_answer(g->m, NULL, path, NULL, &none))
		return refuse(c, MHD_HTTP_NOT_FOUND, "there is no such endpoint; " METADATA " lists them");
	if (strcmp(method, "POST") != 0)
		return refuse(c, MHD_HTTP_METHOD_NOT_ALLOWED, "questions are asked with POST");
	if (k->too_large)
		return refuse(c, MHD_HTTP_CONTENT_TOO_LARGE, "the body is larger than 256 KiB");
	if (!is_json(c))
		return refuse(c, MHD_HTTP_BAD_REQUEST, "the content type is not application/json");
	return answer(g, c, path, k);
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *c, const char *url, const char *method,
                                  const char *version, const char *data, size_t *len, void **per_request)
{
	struct ask *k = *per_request;
	(void)version;
	if (!k) {
		k = hf_alloc_zero(sizeof(*k));
		hf_buf_init(&k->body, BODY_MAX);
		k->name = who(ctx, c);
		*per_request = k;
		struct guest *x = guest_of(c);
		if (x)
			x->known = x->known || k->name;
		return MHD_YES;
	}
	if (*len > 0) {
		k->too_large = k->too_large || (k->name && !hf_buf_add(&k->body, data, *len));
		*len = 0;
		return MHD_YES;
	}
	return serve(ctx, c, url, method, k);
}

static void on_completed(void *ctx, struct MHD_Connection *c, void **per_request, enum MHD_RequestTerminationCode why)
{
	struct ask *k = *per_request;
	struct guest *x = guest_of(c);
	(void)why;
	if (!k)
		return;
	if (x && k->name)
		x->since_ms = mono_ms(ctx);
	firm_drop(&k->firm);
	hf_buf_done(&k->body);
	free(k);
	*per_request = NULL;
}

/* ---- opening ---- */

static bool take_token(struct hf_gateway *g, const char *line, size_t len)
{
	const char *space = memchr(line, ' ', len);
	size_t name = space ? (size_t)(space - line) : 0, hex = space ? len - name - 1 : 0;
	struct token *t = &g->tokens[g->token_count];
	if (g->token_count == TOKENS_MAX || name == 0 || name > HF_NAME_MAX || hex != 64 ||
	    !hf_hex_decode(space + 1, hex, t->digest, sizeof(t->digest)))
		return false;
	memcpy(t->name, line, name);
	g->token_count++;
	return true;
}

static enum hf_err load_tokens(struct hf_gateway *g, const char *path, struct hf_fault *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = HF_BUF_INIT;
	unsigned number = 0;
	HF_TRY(hf_listen_file(path, true, &text, f));
	for (const char *at = (const char *)text.data, *end = at ? at + text.len : at; at < end;) {
		const char *nl = memchr(at, '\n', (size_t)(end - at));
		size_t len = nl ? (size_t)(nl - at) : (size_t)(end - at);
		number++;
		if (len > 0 && *at != '#' && !take_token(g, at, len))
			return hf_fault_set(
			        f, HF_E_FORMAT,
			        "%.200s, line %u: write 'NAME HEX', HEX being the SHA-256 of the gateway's token; "
			        "at most %u lines",
			        path, number, TOKENS_MAX);
		at += len + 1;
	}
	return g->token_count > 0 ? HF_OK
	                          : hf_fault_set(f, HF_E_FORMAT,
	                                         "%.200s names no gateway; write lines 'NAME HEX', HEX being the "
	                                         "SHA-256 of its token",
	                                         path);
}

static void make_metadata(struct hf_gateway *g, const struct hf_gateway_config *c)
{
	char base[512];
	snprintf(base, sizeof(base), "%s%.400s",
	         c->url           ? ""
	         : c->certificate ? "https://"
	                          : "http://",
	         c->url ? c->url : c->address);
	json_t *o = authzen_metadata(base);
	g->metadata = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	if (!g->metadata)
		abort();
}

static enum hf_err start_daemon(struct hf_gateway *g, int fd, struct hf_fault *f)
{
	const struct MHD_OptionItem tls[] = {
	        {MHD_OPTION_HTTPS_MEM_CERT, 0, g->certificate.data},
	        {MHD_OPTION_HTTPS_MEM_KEY, 0, g->key.data},
	        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)"NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"},
	        {MHD_OPTION_END, 0, NULL},
	};
	const struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
	bool secure = g->certificate.len > 0;
	g->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | (secure ? MHD_USE_TLS : 0), 0, NULL,
	                             NULL, on_request, g, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_NOTIFY_COMPLETED,
	                             on_completed, g, MHD_OPTION_NOTIFY_CONNECTION, on_guest, g,
	                             MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
	                             CONNECTIONS_PER_ADDRESS, MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS,
	                             MHD_OPTION_ARRAY, secure ? tls : none, MHD_OPTION_END);
	return g->daemon ? HF_OK
	                 : hf_fault_set(f, HF_E_IO, "gateways cannot be served%s",
	                                secure ? ": check that gateway.certificate and gateway.key are PEM files that "
	                                         "belong together"
	                                       : "");
}

static enum hf_err watch(struct hf_gateway *g, struct hf_fault *f)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(g->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	g->poll = hf_alloc_zero(sizeof(*g->poll));
	if (!info || uv_poll_init(g->m->base->loop, g->poll, info->epoll_fd) != 0) {
		free(HF_TAKE(g->poll));
		return hf_fault_set(f, HF_E_IO, "the gateways' interface cannot be watched");
	}
	g->poll->data = g;
	g->timer = hf_alloc_zero(sizeof(*g->timer));
	uv_timer_init(g->m->base->loop, g->timer);
	g->timer->data = g;
	g->store_timer = hf_alloc_zero(sizeof(*g->store_timer));
	uv_timer_init(g->m->base->loop, g->store_timer);
	g->store_timer->data = g;
	g->firm_timer = hf_alloc_zero(sizeof(*g->firm_timer));
	uv_timer_init(g->m->base->loop, g->firm_timer);
	g->firm_timer->data = g;
	g->sweep = hf_alloc_zero(sizeof(*g->sweep));
	uv_timer_init(g->m->base->loop, g->sweep);
	g->sweep->data = g;
	uv_timer_start(g->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
	uv_unref((uv_handle_t *)g->sweep);
	uv_poll_start(g->poll, UV_READABLE, on_poll);
	return HF_OK;
}

static enum hf_err load(struct hf_gateway *g, const struct hf_gateway_config *c, struct hf_fault *f)
{
	bool loopback = false;
	HF_TRY(hf_listen_is_loopback("gateway", c->address, &loopback, f));
	if (!c->certificate && !loopback)
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "gateway.address is %.100s, which others can reach, but there is no TLS: set "
		                    "gateway.certificate and gateway.key, or a loopback address",
		                    c->address);
	HF_TRY(load_tokens(g, c->tokens, f));
	if (!c->certificate)
		return HF_OK;
	HF_TRY(hf_listen_pem(c->certificate, false, &g->certificate, f));
	return hf_listen_pem(c->key, true, &g->key, f);
}

enum hf_err hf_gateway_open(const struct hf_modules *m, const struct hf_gateway_config *c, struct hf_gateway **ret,
                            struct hf_fault *f)
{
	struct hf_gateway *g = hf_alloc_zero(sizeof(*g));
	int fd = -1;
	g->m = m;
	g->firm.m = m;
	enum hf_err e = load(g, c, f);
	if (e == HF_OK)
		e = hf_listen_on("gateway", c->address, &fd, f);
	if (e == HF_OK) {
		make_metadata(g, c);
		e = start_daemon(g, fd, f);
	}
	if (e == HF_OK)
		e = watch(g, f);
	if (e != HF_OK) {
		hf_gateway_close(g);
		return e;
	}
	*ret = g;
	return HF_OK;
}

static void free_handle(uv_handle_t *h)
{
	free(h);
}

void hf_gateway_close(struct hf_gateway *g)
{
	if (!g)
		return;
	if (g->poll) {
		uv_poll_stop(g->poll);
		uv_close((uv_handle_t *)g->poll, free_handle);
	}
	if (g->timer)
		uv_close((uv_handle_t *)g->timer, free_handle);
	if (g->store_timer)
		uv_close((uv_handle_t *)g->store_timer, free_handle);
	if (g->firm_timer)
		uv_close((uv_handle_t *)g->firm_timer, free_handle);
	if (g->sweep)
		uv_close((uv_handle_t *)g->sweep, free_handle);
	firm_resume_all(&g->firm);
	if (g->daemon)
		MHD_stop_daemon(g->daemon);
	store_entries(g);
	free(g->metadata);
	hf_buf_done(&g->certificate);
	if (g->key.data)
		hf_wipe(g->key.data, g->key.len);
	hf_buf_done(&g->key);
	free(g);
}
