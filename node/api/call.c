/*
 * call.c - one request: route, session, rights, input, handler, exactly one ledger entry, answer after the commit
 * (SB-56).
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/internal.h"
#include "base/mem.h"
#include "identity/accounts.h"

#define JSON_TYPE "application/json"

static unsigned http_status(enum hf_err e)
{
	if (e == HF_E_NOT_LOGGED_IN)
		return 401;
	if (e == HF_E_UNKNOWN)
		return 404;
	if (e == HF_E_ARGUMENT || e == HF_E_FORMAT)
		return 400;
	switch (hf_err_class(e)) {
	case HF_CLASS_NONE:
		return 200;
	case HF_CLASS_DENY:
		return 403;
	case HF_CLASS_RETRY:
		return 502;
	case HF_CLASS_ABORT:
		return 500;
	case HF_CLASS_REFUSE:
	case HF_CLASS_CLOSE:
		return 409;
	}
	return 500;
}

static void answer_json(struct call *c, unsigned status, const json_t *o)
{
	char *text = json_dumps(o, JSON_COMPACT);
	if (!text)
		abort();
	c->status = status;
	c->type = JSON_TYPE;
	c->bytes = (uint8_t *)text;
	c->len = strlen(text);
	c->answered = true;
}

void call_refuse(struct call *c, enum hf_err e, const char *text)
{
	if (c->answered)
		return;
	json_t *o = json_pack("{s:{s:s, s:s}}", "error", "reason", hf_err_reason(e), "text",
	                      text && *text ? text : hf_err_text(e));
	if (!o) /* text that is not UTF-8 */
		o = json_pack("{s:{s:s, s:s}}", "error", "reason", hf_err_reason(e), "text", hf_err_text(e));
	free(c->bytes);
	answer_json(c, http_status(e), o);
	json_decref(o);
}

static void answer_good(struct call *c)
{
	if (c->answered)
		return;
	if (c->bytes || c->has_file) { /* hf_api_body, hf_api_file */
		c->status = 200;
		c->answered = true;
		return;
	}
	answer_json(c, 200, c->rq.out);
}

static void answer(struct call *c, enum hf_err e)
{
	uint64_t micros = (uv_hrtime() - c->started_ns) / 1000;
	bool late = c->answered;
	if (e == HF_OK)
		answer_good(c);
	else
		call_refuse(c, e, c->rq.fault.text);
	if (!late)
		hf_metrics_call(c->rq.m->base->metrics, c->path, (int64_t)micros, e == HF_OK);
	call_ready(c);
}

static void on_commit(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct call *c = ctx;
	(void)info;
	if (e != HF_OK && c->result == HF_OK) {
		hf_fault_set(&c->rq.fault, e, "%s", hf_err_text(e));
		c->result = e;
	}
	answer(c, c->result);
	call_release(c);
}

static void submit(struct call *c, struct hf_unit *take, enum hf_err result)
{
	c->result = result;
	call_hold(c);
	hf_store_submit(c->rq.m->store, take, on_commit, c);
}

/* Who, how, what: the same for every command, whatever its handler adds. */
static void fill_draft(const struct call *c, struct hf_draft *d)
{
	const void *unused;
	size_t len;
	if (!hf_draft_get(d, HF_FIELD_ACTOR, &unused, &len)) {
		if (c->rq.actor)
			hf_draft_textf(d, HF_FIELD_ACTOR, "%s/%s", c->rq.m->base->self.s, c->actor.account);
		else
			hf_draft_text(d, HF_FIELD_ACTOR, "no session");
	}
	hf_draft_text(d, HF_FIELD_ADDRESS, c->rq.address);
	hf_draft_textf(d, HF_FIELD_MANNER, "command %s", c->path);
	if (!hf_draft_get(d, HF_FIELD_OBJECT, &unused, &len))
		hf_draft_text(d, HF_FIELD_OBJECT, c->path);
}

/* The handler's draft under another event: what it had found out about the object and the transaction stays. */
static struct hf_draft *redraft(const struct hf_draft *from, enum hf_event event)
{
	struct hf_draft *d = hf_draft_new(event, from ? hf_draft_txn_get(from) : NULL);
	for (int f = HF_FIELD_INVALID + 1; from && f < HF_FIELD_LIMIT; f++) {
		const void *data;
		size_t len;
		if (hf_field_name((enum hf_field)f) && hf_draft_get(from, (enum hf_field)f, &data, &len))
			hf_draft_bytes(d, (enum hf_field)f, data, len);
	}
	for (size_t i = 0; from && i < hf_draft_party_count(from); i++)
		hf_draft_party(d, hf_draft_party_at(from, i));
	return d;
}

static bool is_refusal(enum hf_err e)
{
	enum hf_err_class k = hf_err_class(e);
	return k == HF_CLASS_REFUSE || k == HF_CLASS_DENY || k == HF_CLASS_CLOSE;
}

/* Commands leave an entry whatever comes of them, reading leaves one when it was denied; when it was not, see
 * note_reading. */
static bool leaves_entry(const struct call *c, enum hf_err e)
{
	if ((c->route->flags & HF_ROUTE_OWN_ENTRY) && c->later)
		return false;
	return c->route->event != HF_EVENT_INVALID || strcmp(c->route->method, "POST") == 0 ||
	       hf_err_class(e) == HF_CLASS_DENY;
}

static void finish_refused(struct call *c, enum hf_err e)
{
	hf_fault_default(&c->rq.fault, e);
	if (!leaves_entry(c, e)) {
		answer(c, e);
	} else {
		enum hf_event event =
		        is_refusal(e) || c->route->event == HF_EVENT_INVALID ? HF_EVENT_DENIED : c->route->event;
		struct hf_draft *d = redraft(c->rq.draft, event);
		struct hf_unit *u = hf_unit_new();
		fill_draft(c, d);
		hf_draft_outcome(d, e, c->rq.fault.text);
		hf_unit_draft(u, d);
		submit(c, u, e);
		if (hf_err_class(e) == HF_CLASS_DENY && c->rq.m->identity)
			hf_identity_denied(c->rq.m->identity, c->rq.actor ? c->actor.account : "", c->path, e);
	}
	hf_unit_free(c->rq.unit);
	hf_draft_free(c->rq.draft);
	c->rq.unit = NULL;
	c->rq.draft = NULL;
}

/* What a person reads is an entry of its own, which no answer waits for: a full disk must not hide the doctor. */
static void note_reading(struct call *c)
{
	char *query = c->rq.in ? json_dumps(c->rq.in, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	char what[400];
	int len = snprintf(what, sizeof(what), "%s%s%.300s", c->path, query && strlen(query) > 2 ? " " : "",
	                   query && strlen(query) > 2 ? query : "");
	free(query);
	if (len <= 0 || !hf_identity_reads_anew(c->rq.m->identity, c->rq.token, what, strlen(what)))
		return;
	what[hf_utf8_cut(what, strlen(what))] = '\0';
	struct hf_draft *d = hf_draft_new(HF_EVENT_READ, NULL);
	hf_draft_text(d, HF_FIELD_OBJECT, what);
	fill_draft(c, d);
	hf_draft_outcome(d, HF_OK, NULL);
	hf_audit_emit(&c->rq.m->base->audit, d);
}

static void finish_good(struct call *c)
{
	if (c->rq.actor && c->rq.token && c->route->event == HF_EVENT_INVALID && strcmp(c->route->method, "GET") == 0)
		note_reading(c);
	struct hf_unit *u = HF_TAKE(c->rq.unit);
	struct hf_draft *d = HF_TAKE(c->rq.draft);
	if (d) {
		fill_draft(c, d);
		hf_draft_outcome(d, HF_OK, NULL);
		hf_unit_draft(u, d);
	}
	if (u && !hf_unit_empty(u)) {
		submit(c, u, HF_OK);
		return;
	}
	hf_unit_free(u);
	answer(c, HF_OK);
}

static void finish(struct call *c, enum hf_err e)
{
	if (c->finished)
		abort(); /* a handler that answers twice */
	c->finished = true;
	if (e == HF_OK)
		finish_good(c);
	else
		finish_refused(c, e);
}

void hf_api_later(struct hf_api_request *rq)
{
	struct call *c = rq->internal;
	if (c->later)
		return;
	c->later = true;
	call_hold(c);
}

void hf_api_finish(struct hf_api_request *rq, enum hf_err e)
{
	struct call *c = rq->internal;
	c->actor.session = NULL;
	finish(c, e);
	call_release(c);
}

void hf_api_body(struct hf_api_request *rq, const char *content_type, uint8_t *take, size_t len)
{
	struct call *c = rq->internal;
	if (c->answered) { /* too late: the deadline has answered */
		free(take);
		return;
	}
	free(c->bytes);
	c->bytes = take;
	c->len = len;
	c->type = content_type;
}

void hf_api_file(struct hf_api_request *rq, const char *content_type, int take_fd, uint64_t bytes)
{
	struct call *c = rq->internal;
	if (c->answered || c->has_file) {
		close(take_fd);
		return;
	}
	c->has_file = true;
	c->file = take_fd;
	c->file_bytes = bytes;
	c->type = content_type;
}

static const struct hf_route *find_route(const struct hf_route *const *tables, const char *method, const char *path)
{
	for (; *tables; tables++)
		for (const struct hf_route *r = *tables; r->method; r++)
			if (strcmp(r->path, path) == 0 && strcmp(r->method, method) == 0)
				return r;
	return NULL;
}

static enum hf_err lacks(const struct hf_actor *a, enum hf_permission p, struct hf_fault *f)
{
	if (a->password_expired)
		return hf_fault_set(
		        f, HF_E_PERMISSION,
		        "the password of account '%s' has run out; renew it with `hufu user password` first",
		        a->account);
	return hf_fault_set(
	        f, HF_E_PERMISSION,
	        "account '%s' lacks the permission '%s'; a role that has it is given with `hufu user roles`",
	        a->account, hf_permission_name(p));
}

static enum hf_err check_session(struct call *c)
{
	struct hf_fault *f = &c->rq.fault;
	enum hf_permission p = c->route->permission;
	if (c->token[0])
		c->rq.token = c->token;
	if (p == HF_MAY_NOTHING_NEEDED)
		return HF_OK;
	enum hf_err e = hf_identity_session(c->rq.m->identity, c->rq.token, c->rq.address, &c->actor);
	if (e == HF_E_NOT_LOGGED_IN)
		return hf_fault_set(f, e,
		                    "there is no session, or it has ended; log in with `hufu login --account NAME`");
	if (e == HF_E_STEP_UP)
		c->rq.actor = &c->actor; /* for the entry */
	if (e == HF_E_STEP_UP)
		return hf_fault_set(f, e,
		                    "account '%s' must authenticate again after what happened to it; log in again with "
		                    "your second factor: `hufu login --account %s`",
		                    c->actor.account, c->actor.account);
	if (e != HF_OK)
		return hf_fault_default(f, e);
	c->rq.actor = &c->actor;
	if (p != HF_MAY_ANY_SESSION && !hf_actor_may(&c->actor, p))
		return lacks(&c->actor, p, f);
	if ((c->route->flags & HF_ROUTE_TWO_FACTORS) && !hf_actor_two_factors(&c->actor))
		return hf_fault_set(f, HF_E_SECOND_FACTOR,
		                    "this needs two factors; log in with a one-time password or a device key as well");
	return HF_OK;
}

enum hf_err hf_api_again(struct hf_api_request *rq)
{
	return check_session(rq->internal);
}

static enum hf_err read_input(struct call *c)
{
	struct hf_fault *f = &c->rq.fault;
	json_error_t why;
	if (strcmp(c->route->method, "POST") != 0)
		return call_query(c, &c->rq.in);
	if (c->body.len == 0) {
		c->rq.in = json_object();
		return HF_OK;
	}
	json_t *in = json_loadb((const char *)c->body.data, c->body.len, JSON_REJECT_DUPLICATES, &why);
	if (!in)
		return hf_fault_set(f, HF_E_FORMAT, "the body is not JSON: line %d, %.200s", why.line, why.text);
	if (!json_is_object(in)) {
		json_decref(in);
		return hf_fault_set(f, HF_E_FORMAT, "the body is not a JSON object");
	}
	c->rq.in = in;
	return HF_OK;
}

static enum hf_err run_handler(struct call *c)
{
	HF_TRY(check_session(c));
	HF_TRY(read_input(c));
	if (strcmp(c->route->method, "POST") == 0 || c->route->event != HF_EVENT_INVALID)
		c->rq.unit = hf_unit_new();
	if (c->route->event != HF_EVENT_INVALID && !(c->route->flags & HF_ROUTE_OWN_ENTRY))
		c->rq.draft = hf_draft_new(c->route->event, NULL);
	return c->route->handle(&c->rq);
}

void call_dispatch(struct call *c, const char *method, const char *path, const struct hf_route *const *tables)
{
	c->started_ns = uv_hrtime();
	c->rq.internal = c;
	c->rq.address = "unix";
	c->rq.out = json_object();
	c->route = find_route(tables, method, path);
	c->path = c->route ? c->route->path : "/other";
	if (!c->route) {
		hf_fault_set(&c->rq.fault, HF_E_UNKNOWN, "there is no %.8s %.80s here", method, path);
		answer(c, HF_E_UNKNOWN);
		return;
	}
	call_hold(c);
	enum hf_err e = c->too_large ? hf_fault_set(&c->rq.fault, HF_E_LIMIT, "the body is larger than %u bytes",
	                                            HF_MAX_HTTP_BODY)
	                             : run_handler(c);
	if (!c->later)
		finish(c, e);
	else if (e != HF_OK && !c->finished) /* it changed its mind: no callback will come */
		hf_api_finish(&c->rq, e);
	call_release(c);
}

void call_free(struct call *c)
{
	json_decref(c->rq.in);
	json_decref(c->rq.out);
	hf_unit_free(c->rq.unit);
	hf_draft_free(c->rq.draft);
	if (c->body.data)
		hf_wipe(c->body.data, c->body.len); /* passwords come this way */
	hf_buf_done(&c->body);
	free(c->bytes);
	if (c->has_file)
		close(c->file);
	hf_wipe(c->token, sizeof(c->token));
	free(c);
}
