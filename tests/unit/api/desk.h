/*
 * desk.h - the operator's interface on a real socket, over the identity of people.h; requests are made by a plain
 * client in a worker thread while the test runs the loop.
 */
#ifndef HUFU_TESTS_UNIT_API_DESK_H
#define HUFU_TESTS_UNIT_API_DESK_H

#include <sys/socket.h>
#include <sys/un.h>

#include "api/api.h"
#include "unit/identity/people.h"

#define REPLY_MAX ((size_t)1 << 20)

struct desk {
	struct people p;
	struct hf_modules m;
	struct hf_api *api;
	char socket[128];
};

static inline void desk_start(struct desk *d, const struct hf_route *const *tables)
{
	struct hf_fault fault = {HF_OK, ""};
	people_start(&d->p);
	memset(&d->m, 0, sizeof(d->m));
	d->m.base = &d->p.f.base;
	d->m.store = d->p.f.store;
	d->m.keys = &d->p.keys;
	d->m.identity = d->p.id;
	d->m.started_ms = d->p.now_ms;
	snprintf(d->socket, sizeof(d->socket), "%s/run/api.sock", d->p.f.dir);
	if (hf_api_open(&d->m, tables, d->socket, &d->api, &fault) != HF_OK)
		fail_msg("%s", fault.text);
}

static inline void desk_stop(struct desk *d)
{
	hf_api_close(d->api);
	people_stop(&d->p);
}

/* One request and its reply, on a connection of its own. */
struct ask {
	uv_work_t work;
	const char *socket, *method, *path, *token;
	const char *body;
	size_t body_len;
	char *reply;
	unsigned status;
	const char *content; /* into reply */
	json_t *json;        /* the content, when it is JSON */
	bool sent, done;
};

static inline bool ask_write(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

static inline void ask_work(uv_work_t *w)
{
	struct ask *a = w->data;
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	char head[1024];
	size_t len = 0;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", a->socket);
	a->reply = calloc(1, REPLY_MAX + 1);
	if (fd < 0 || !a->reply || connect(fd, (struct sockaddr *)&at, sizeof(at)) != 0)
		return;
	snprintf(head, sizeof(head),
	         "%s %s HTTP/1.1\r\nHost: node\r\nConnection: close\r\nContent-Length: %zu\r\n%s%s%s\r\n", a->method,
	         a->path, a->body_len, a->token ? "Authorization: Bearer " : "", a->token ? a->token : "",
	         a->token ? "\r\n" : "");
	a->sent = ask_write(fd, head, strlen(head)) && ask_write(fd, a->body, a->body_len);
	for (ssize_t n; len < REPLY_MAX && (n = read(fd, a->reply + len, REPLY_MAX - len)) > 0;)
		len += (size_t)n;
	close(fd);
}

static inline void ask_after(uv_work_t *w, int status)
{
	struct ask *a = w->data;
	(void)status;
	a->done = true;
	if (sscanf(a->reply, "HTTP/1.1 %u", &a->status) != 1)
		a->status = 0;
	char *end = strstr(a->reply, "\r\n\r\n");
	a->content = end ? end + 4 : "";
	a->json = json_loads(a->content, 0, NULL);
}

static inline void ask_begin(struct desk *d, struct ask *a, const char *method, const char *path, const char *token,
                             const char *body)
{
	memset(a, 0, sizeof(*a));
	a->socket = d->socket;
	a->method = method;
	a->path = path;
	a->token = token;
	a->body = body ? body : "";
	a->body_len = strlen(a->body);
	a->work.data = a;
	assert_int_equal(uv_queue_work(&d->p.f.loop, &a->work, ask_work, ask_after), 0);
}

static inline void ask_end(struct ask *a)
{
	json_decref(a->json);
	free(a->reply);
}

/* "" or the reason of the error. */
static inline const char *ask_reason(const struct ask *a)
{
	const char *reason = json_string_value(json_object_get(json_object_get(a->json, "error"), "reason"));
	return reason ? reason : "";
}

static inline const char *ask_text(const struct ask *a, const char *name)
{
	const char *text = json_string_value(json_object_get(a->json, name));
	return text ? text : "";
}

/* Asks and waits; the caller ends a. */
static inline unsigned desk_ask(struct desk *d, struct ask *a, const char *method, const char *path, const char *token,
                                const char *body)
{
	ask_begin(d, a, method, path, token, body);
	fixture_run_until(&d->p.f, &a->done);
	return a->status;
}

/* The same when only the status counts. */
static inline unsigned desk_do(struct desk *d, const char *method, const char *path, const char *token,
                               const char *body)
{
	struct ask a;
	unsigned status = desk_ask(d, &a, method, path, token, body);
	if (status != 200)
		print_message("%s %s: %u %s\n", method, path, status, a.content);
	ask_end(&a);
	return status;
}

/* Entries without the alarms. */
static inline size_t desk_entries(struct desk *d)
{
	size_t alarms = people_count(&d->p, HF_EVENT_ALARM, NULL);
	return d->p.entries - alarms;
}

#endif
