/*
 * server.c - HTTP on a Unix socket: libmicrohttpd without threads, its epoll descriptor watched by the loop.
 *
 * Administration has no other listener: it cannot be reached from the data network (DS-82). publish.c, when it is on,
 * serves public files only and shares nothing with this. A request that waits for
 * its commit or for a peer is suspended and resumed by call_ready.
 */
#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "api/internal.h"
#include "base/mem.h"

#define CONNECTIONS_MAX 256u
#define IDLE_SECONDS 60u
#define TICK_MS 1000u

struct hf_api {
	const struct hf_modules *m;
	const struct hf_route *const *tables;
	struct MHD_Daemon *daemon;
	uv_poll_t *poll;
	uv_timer_t *timer; /* libmicrohttpd's own timeouts, and the run after a resume */
	uv_timer_t *tick;  /* deadlines, while calls wait */
	struct call *calls;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
};

static void run(struct hf_api *a);

static void on_timer(uv_timer_t *t)
{
	run(t->data);
}

static void run(struct hf_api *a)
{
	MHD_UNSIGNED_LONG_LONG ms = 0;
	MHD_run(a->daemon);
	if (MHD_get_timeout(a->daemon, &ms) == MHD_YES)
		uv_timer_start(a->timer, on_timer, ms, 0);
	else
		uv_timer_stop(a->timer);
}

static void on_poll(uv_poll_t *p, int status, int events)
{
	(void)status;
	(void)events;
	run(p->data);
}

static void link_call(struct hf_api *a, struct call *c)
{
	c->api = a;
	c->next = a->calls;
	if (a->calls)
		a->calls->prev = c;
	a->calls = c;
}

static void unlink_call(struct call *c)
{
	if (!c->api)
		return;
	if (c->prev)
		c->prev->next = c->next;
	else
		c->api->calls = c->next;
	if (c->next)
		c->next->prev = c->prev;
	c->api = NULL;
	c->next = c->prev = NULL;
}

void call_hold(struct call *c)
{
	c->holds++;
}

void call_release(struct call *c)
{
	if (--c->holds > 0)
		return;
	unlink_call(c);
	call_free(c);
}

void call_ready(struct call *c)
{
	if (!c->connection || !c->suspended)
		return;
	c->suspended = false;
	MHD_resume_connection(c->connection);
	if (c->api)
		uv_timer_start(c->api->timer, on_timer, 0, 0);
}

struct query {
	json_t *in;
	bool bad;
};

static enum MHD_Result add_value(void *ctx, enum MHD_ValueKind kind, const char *key, size_t key_len, const char *value,
                                 size_t value_len)
{
	struct query *q = ctx;
	(void)kind;
	q->bad = strlen(key) != key_len || json_object_get(q->in, key) ||
	         json_object_set_new(q->in, key, value ? json_stringn(value, value_len) : json_string("")) != 0;
	return q->bad ? MHD_NO : MHD_YES;
}

enum hf_err call_query(struct call *c, json_t **ret_in)
{
	struct query q = {json_object(), false};
	if (c->connection)
		MHD_get_connection_values_n(c->connection, MHD_GET_ARGUMENT_KIND, add_value, &q);
	*ret_in = q.in;
	return q.bad ? hf_fault_set(&c->rq.fault, HF_E_FORMAT, "the query has a field twice, or is not UTF-8") : HF_OK;
}

static struct call *call_new(struct hf_api *a, struct MHD_Connection *connection)
{
	struct call *c = hf_alloc_zero(sizeof(*c));
	const char *authorization =
	        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);
	c->rq.m = a->m;
	c->connection = connection;
	hf_buf_init(&c->body, HF_MAX_HTTP_BODY);
	c->holds = 1;
	c->deadline_ms = hf_mono_ms(&a->m->base->clock) + CALL_DEADLINE_MS;
	if (authorization && strncmp(authorization, "Bearer ", 7) == 0 && strlen(authorization + 7) <= TOKEN_MAX)
		snprintf(c->token, sizeof(c->token), "%s", authorization + 7);
	link_call(a, c);
	return c;
}

/* A good answer may be a file, which the response then owns. */
static struct MHD_Response *make_response(struct call *c)
{
	if (!c->has_file || c->bytes || c->status != 200)
		return MHD_create_response_from_buffer(c->len, c->bytes, MHD_RESPMEM_MUST_COPY);
	struct MHD_Response *r = MHD_create_response_from_fd64(c->file_bytes, c->file);
	c->has_file = c->has_file && !r;
	return r;
}

static enum MHD_Result send_answer(struct call *c)
{
	struct MHD_Response *r = make_response(c);
	if (!r)
		return MHD_NO;
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, c->type);
	MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	enum MHD_Result ok =
	        MHD_queue_response(c->connection, c->too_large ? MHD_HTTP_CONTENT_TOO_LARGE : c->status, r);
	MHD_destroy_response(r);
	return ok;
}

static void on_tick(uv_timer_t *t);

static enum MHD_Result dispatch(struct hf_api *a, struct call *c, const char *url, const char *method)
{
	c->dispatched = true;
	call_dispatch(c, method, url, a->tables);
	if (c->answered)
		return send_answer(c);
	c->suspended = true;
	MHD_suspend_connection(c->connection);
	if (!uv_is_active((uv_handle_t *)a->tick))
		uv_timer_start(a->tick, on_tick, TICK_MS, TICK_MS);
	return MHD_YES;
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *data, size_t *len, void **per_request)
{
	struct hf_api *a = ctx;
	struct call *c = *per_request;
	(void)version;
	if (!c) {
		*per_request = call_new(a, connection);
		return MHD_YES;
	}
	if (*len > 0) {
		c->too_large = c->too_large || !hf_buf_add(&c->body, data, *len);
		*len = 0;
		return MHD_YES;
	}
	return c->dispatched ? send_answer(c) : dispatch(a, c, url, method);
}

static void on_completed(void *ctx, struct MHD_Connection *connection, void **per_request,
                         enum MHD_RequestTerminationCode why)
{
	struct call *c = *per_request;
	(void)ctx;
	(void)connection;
	(void)why;
	if (!c)
		return;
	*per_request = NULL;
	c->connection = NULL;
	unlink_call(c);
	call_release(c);
}

/* A call over its deadline is answered; what its handler does later still goes on record. */
static void on_tick(uv_timer_t *t)
{
	struct hf_api *a = t->data;
	int64_t now = hf_mono_ms(&a->m->base->clock);
	bool waiting = false;
	for (struct call *c = a->calls; c; c = c->next) {
		waiting = waiting || c->suspended;
		if (!c->suspended || now < c->deadline_ms)
			continue;
		call_refuse(c, HF_E_TIMEOUT,
		            "the node has not finished in time; what it does goes on: look at its state before trying "
		            "again");
		call_ready(c);
	}
	if (!waiting)
		uv_timer_stop(a->tick);
}

static bool somebody_listens(const struct sockaddr_un *at)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool alive = fd >= 0 && connect(fd, (const struct sockaddr *)at, sizeof(*at)) == 0;
	if (fd >= 0)
		close(fd);
	return alive;
}

static int bind_to(int fd, const struct sockaddr_un *at)
{
	struct stat st;
	if (lstat(at->sun_path, &st) == 0 && S_ISSOCK(st.st_mode))
		unlink(at->sun_path);
	if (bind(fd, (const struct sockaddr *)at, sizeof(*at)) != 0)
		return -1;
	if (chmod(at->sun_path, 0660) != 0)
		return -1;
	return listen(fd, 128);
}

static enum hf_err open_socket(struct hf_api *a, const char *path, int *ret_fd, struct hf_fault *f)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(at.sun_path))
		return hf_fault_set(
		        f, HF_E_LIMIT,
		        "the socket's path %.120s... is longer than %zu bytes; set api_socket to a shorter one", path,
		        sizeof(at.sun_path) - 1);
	memcpy(at.sun_path, path, strlen(path) + 1);
	memcpy(a->path, path, strlen(path) + 1);
	if (somebody_listens(&at))
		return hf_fault_set(f, HF_E_STATE, "another node answers on %s; stop it, or use another folder", path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind_to(fd, &at) != 0) {
		enum hf_err e = hf_fault_set(f, HF_E_IO, "the socket %s cannot be opened: %s; check the folder", path,
		                             strerror(errno));
		if (fd >= 0)
			close(fd);
		return e;
	}
	*ret_fd = fd;
	return HF_OK;
}

static enum hf_err start_daemon(struct hf_api *a, int fd, struct hf_fault *f)
{
	a->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, a,
	                             MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_NOTIFY_COMPLETED, on_completed, a,
	                             MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
	                             IDLE_SECONDS, MHD_OPTION_END);
	if (a->daemon)
		return HF_OK;
	close(fd);
	return hf_fault_set(f, HF_E_IO, "the operator's interface cannot be started on %s", a->path);
}

static uv_timer_t *new_timer(struct hf_api *a)
{
	uv_timer_t *t = hf_alloc_zero(sizeof(*t));
	uv_timer_init(a->m->base->loop, t);
	t->data = a;
	return t;
}

static enum hf_err watch(struct hf_api *a, struct hf_fault *f)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(a->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	a->poll = hf_alloc_zero(sizeof(*a->poll));
	if (!info || uv_poll_init(a->m->base->loop, a->poll, info->epoll_fd) != 0) {
		free(HF_TAKE(a->poll));
		return hf_fault_set(f, HF_E_IO, "the operator's interface cannot be watched");
	}
	a->poll->data = a;
	a->timer = new_timer(a);
	a->tick = new_timer(a);
	uv_poll_start(a->poll, UV_READABLE, on_poll);
	return HF_OK;
}

enum hf_err hf_api_open(const struct hf_modules *m, const struct hf_route *const *tables, const char *socket_path,
                        struct hf_api **ret_api, struct hf_fault *f)
{
	struct hf_api *a = hf_alloc_zero(sizeof(*a));
	int fd = -1;
	a->m = m;
	a->tables = tables;
	enum hf_err e = open_socket(a, socket_path, &fd, f);
	if (e == HF_OK)
		e = start_daemon(a, fd, f);
	if (e == HF_OK)
		e = watch(a, f);
	if (e != HF_OK) {
		if (a->daemon)
			MHD_stop_daemon(a->daemon);
		free(a);
		return e;
	}
	*ret_api = a;
	return HF_OK;
}

static void free_handle(uv_handle_t *h)
{
	free(h);
}

/* What is answered still goes out: the answer to `hufu stop` is one of them. */
static void flush(struct hf_api *a)
{
	for (int i = 0; i < 8; i++)
		MHD_run(a->daemon);
}

/* Calls that still wait lose their client; their handlers finish without one. */
void hf_api_close(struct hf_api *a)
{
	if (!a)
		return;
	flush(a);
	for (struct call *c = a->calls; c; c = c->next)
		if (c->suspended) {
			c->suspended = false;
			MHD_resume_connection(c->connection);
		}
	uv_poll_stop(a->poll);
	uv_close((uv_handle_t *)a->poll, free_handle);
	uv_close((uv_handle_t *)a->timer, free_handle);
	uv_close((uv_handle_t *)a->tick, free_handle);
	MHD_stop_daemon(a->daemon);
	while (a->calls)
		unlink_call(a->calls);
	unlink(a->path);
	free(a);
}
