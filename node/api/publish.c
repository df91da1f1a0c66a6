#include "api/publish.h"

#include "api/listen.h"

#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "ledger/publish.h"

#define CONNECTIONS_MAX 64u
#define CONNECTIONS_PER_ADDRESS 8u
#define CONNECTION_MEMORY (16u << 10) /* a request's head must fit */
#define IDLE_SECONDS 10u
#define REQUEST_MS 10000 /* for the head of a request */
#define ANSWER_MS 60000  /* for the answer to be taken */
#define TICK_MS 250u
#define PIECE (32u << 10)

/* One connection, from accept to close. */
struct link {
	struct link *next, *prev;
	int fd;
	int64_t deadline_ms;
};
struct hf_publish {
	const struct hf_modules *m;
	struct hf_published *published;
	struct MHD_Daemon *daemon;
	uv_timer_t *timer;
	uv_mutex_t mutex; /* of the links */
	struct link *links;
	struct hf_buf certificate, key;
};

/* ---- time ---- */

static int64_t mono(const struct hf_publish *p)
{
	return hf_mono_ms(&p->m->base->clock);
}

static void allow(struct hf_publish *p, struct link *x, int64_t ms)
{
	uv_mutex_lock(&p->mutex);
	x->deadline_ms = mono(p) + ms;
	uv_mutex_unlock(&p->mutex);
}

static void begin_link(struct hf_publish *p, struct MHD_Connection *connection, void **socket_context)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct link *x = hf_alloc_zero(sizeof(*x));

	x->fd = info ? info->connect_fd : -1;
	uv_mutex_lock(&p->mutex);
	x->deadline_ms = mono(p) + REQUEST_MS;
	x->next = p->links;
	if (p->links)
		p->links->prev = x;
	p->links = x;
	uv_mutex_unlock(&p->mutex);
	*socket_context = x;
}

/* libmicrohttpd says so before it closes the descriptor. */
static void end_link(struct hf_publish *p, struct link *x)
{
	uv_mutex_lock(&p->mutex);
	*(x->prev ? &x->prev->next : &p->links) = x->next;
	if (x->next)
		x->next->prev = x->prev;
	uv_mutex_unlock(&p->mutex);
	free(x);
}

static void on_connection(void *ctx, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		begin_link(ctx, connection, socket_context);
	} else if (*socket_context) {
		end_link(ctx, *socket_context);
		*socket_context = NULL;
	}
}

/* libmicrohttpd's own limit is for silence; who sends a byte now and then is ended here. */
static void end_late(struct hf_publish *p)
{
	int64_t now = mono(p);

	uv_mutex_lock(&p->mutex);
	for (const struct link *x = p->links; x; x = x->next)
		if (x->fd >= 0 && now >= x->deadline_ms)
			shutdown(x->fd, SHUT_RDWR);
	uv_mutex_unlock(&p->mutex);
}

static void on_tick(uv_timer_t *t)
{
	struct hf_publish *p = t->data;

	hf_published_refresh(p->published);
	end_late(p);
}

/* ---- answers: the server's own thread ---- */

static void set_headers(struct MHD_Response *r, const char *type, const char *cache)
{
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, cache);
	MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
}

static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned status)
{
	static const char text[] = "nothing is served here\n";
	struct MHD_Response *r =
	        MHD_create_response_from_buffer(sizeof(text) - 1, (void *)text, MHD_RESPMEM_PERSISTENT);

	if (!r)
		return MHD_NO;
	set_headers(r, "text/plain; charset=utf-8", "no-store");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	enum MHD_Result ok = MHD_queue_response(connection, status, r);

	MHD_destroy_response(r);
	return ok;
}

/* No path here needs escapes: what is written in another way is another path. */
static size_t leave_escaped(void *ctx, struct MHD_Connection *connection, char *text)
{
	(void)ctx;
	(void)connection;
	return strlen(text);
}

static ssize_t read_file(void *ctx, uint64_t position, char *out, size_t max)
{
	size_t n = hf_published_read(ctx, position, out, max);

	return n ? (ssize_t)n : MHD_CONTENT_READER_END_WITH_ERROR;
}

static void free_file(void *ctx)
{
	hf_published_file_done(ctx);
	free(ctx);
}

static enum MHD_Result serve(struct hf_publish *p, struct MHD_Connection *connection, const char *url)
{
	struct hf_published_file *f = hf_alloc_zero(sizeof(*f));
	enum hf_err e = url[0] == '/' ? hf_published_open(p->published, url + 1, f) : HF_E_UNKNOWN;

	if (e != HF_OK) {
		free(f);
		return refuse(connection, e == HF_E_UNKNOWN ? MHD_HTTP_NOT_FOUND : MHD_HTTP_SERVICE_UNAVAILABLE);
	}
	struct MHD_Response *r = MHD_create_response_from_callback(f->length, PIECE, read_file, f, free_file);

	if (!r) {
		free_file(f);
		return MHD_NO;
	}
	set_headers(r, f->type, f->immutable ? "public, max-age=31536000, immutable" : "no-cache");
	enum MHD_Result ok = MHD_queue_response(connection, MHD_HTTP_OK, r);

	MHD_destroy_response(r);
	return ok;
}

static bool has_body(struct MHD_Connection *connection)
{
	const char *length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);

	return (length && strcmp(length, "0") != 0) ||
	       MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_TRANSFER_ENCODING);
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *data, size_t *len, void **per_request)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct link *x = info ? info->socket_context : NULL;

	(void)version;
	(void)data;
	if (!x)
		return MHD_NO;
	if (!*per_request) { /* the head is there; a body would follow */
		*per_request = x;
		allow(ctx, x, ANSWER_MS);
		if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
			return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED);
		return has_body(connection) ? refuse(connection, MHD_HTTP_CONTENT_TOO_LARGE) : MHD_YES;
	}
	if (*len > 0)
		return MHD_NO;
	if (MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, NULL, NULL) > 0)
		return refuse(connection, MHD_HTTP_NOT_FOUND);
	return serve(ctx, connection, url);
}

static void on_completed(void *ctx, struct MHD_Connection *connection, void **per_request,
                         enum MHD_RequestTerminationCode why)
{
	(void)connection;
	(void)why;
	if (*per_request)
		allow(ctx, *per_request, REQUEST_MS);
	*per_request = NULL;
}

/* ---- opening ---- */

static enum hf_err load_tls(struct hf_publish *p, const struct hf_publish_config *c, struct hf_fault *f)
{
	if (!c->certificate)
		return HF_OK;
	HF_TRY(hf_listen_pem(c->certificate, false, &p->certificate, f));
	return hf_listen_pem(c->key, true, &p->key, f);
}

static enum hf_err start_daemon(struct hf_publish *p, int fd, struct hf_fault *f)
{
	const struct MHD_OptionItem tls[] = {
	        {MHD_OPTION_HTTPS_MEM_CERT, 0, p->certificate.data},
	        {MHD_OPTION_HTTPS_MEM_KEY, 0, p->key.data},
	        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)"NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"},
	        {MHD_OPTION_END, 0, NULL},
	};
	const struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
	bool secure = p->certificate.len > 0;

	p->daemon =
	        MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | (secure ? MHD_USE_TLS : 0), 0, NULL, NULL, on_request,
	                         p, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_NOTIFY_CONNECTION, on_connection, p,
	                         MHD_OPTION_NOTIFY_COMPLETED, on_completed, p, MHD_OPTION_CONNECTION_LIMIT,
	                         CONNECTIONS_MAX, MHD_OPTION_PER_IP_CONNECTION_LIMIT, CONNECTIONS_PER_ADDRESS,
	                         MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	                         (size_t)CONNECTION_MEMORY, MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, NULL,
	                         MHD_OPTION_ARRAY, secure ? tls : none, MHD_OPTION_END);
	if (p->daemon)
		return HF_OK;
	close(fd);
	return hf_fault_set(
	        f, HF_E_IO, "published ledgers cannot be served%s",
	        secure ? ": check that publish.certificate and publish.key are PEM files that belong together" : "");
}

static void free_timer(uv_handle_t *h)
{
	free(h);
}

static void start_timer(struct hf_publish *p)
{
	p->timer = hf_alloc_zero(sizeof(*p->timer));
	uv_timer_init(p->m->base->loop, p->timer);
	p->timer->data = p;
	uv_timer_start(p->timer, on_tick, TICK_MS, TICK_MS);
	uv_unref((uv_handle_t *)p->timer);
}

/* Whoever reads the ledger later sees from when on outsiders could, too. */
static void record(const struct hf_modules *m, const struct hf_publish_config *c)
{
	struct hf_draft *d = hf_draft_new(HF_EVENT_CONFIG, NULL);

	hf_draft_textf(d, HF_FIELD_OBJECT, "publication on %s", c->address);
	hf_draft_text(d, HF_FIELD_MANNER, "hufu.yaml");
	hf_draft_outcome(d, HF_OK, NULL);
	hf_draft_textf(d, HF_FIELD_DETAIL, "published: %s%s%s%s", c->ledger ? "this node's ledger" : "",
	               c->ledger && c->mirrors ? ", " : "", c->mirrors ? "mirrored ledgers whose owners agree" : "",
	               c->certificate ? "; TLS" : "; without TLS");
	hf_audit_emit(&m->base->audit, d);
}

enum hf_err hf_publish_open(const struct hf_modules *m, const struct hf_publish_config *c, struct hf_publish **ret,
                            struct hf_fault *f)
{
	struct hf_publish *p = hf_alloc_zero(sizeof(*p));
	int fd = -1;

	p->m = m;
	if (uv_mutex_init(&p->mutex) != 0)
		abort();
	p->published = hf_published_new(m->ledger, m->store, c->ledger, c->mirrors);
	enum hf_err e = load_tls(p, c, f);

	if (e == HF_OK)
		e = hf_listen_on("publish", c->address, &fd, f);
	if (e == HF_OK)
		e = start_daemon(p, fd, f);
	if (e != HF_OK) {
		hf_publish_close(p);
		return e;
	}
	start_timer(p);
	record(m, c);
	*ret = p;
	return HF_OK;
}

void hf_publish_close(struct hf_publish *p)
{
	if (!p)
		return;
	if (p->timer)
		uv_close((uv_handle_t *)p->timer, free_timer);
	if (p->daemon)
		MHD_stop_daemon(p->daemon); /* its thread has ended, and every connection */
	hf_published_free(p->published);
	hf_buf_done(&p->certificate);
	if (p->key.data)
		hf_wipe(p->key.data, p->key.len);
	hf_buf_done(&p->key);
	uv_mutex_destroy(&p->mutex);
	free(p);
}
