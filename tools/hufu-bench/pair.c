/* pair.c - see pair.h. */
#include "pair.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define PURPOSE "claims-assessment"
#define DAYS 300

bool pair_open(struct pair *p, const struct bench *b)
{
	memset(p, 0, sizeof(*p));
	if (!net_open(&p->net, b, "net"))
		return false;
	p->provider = net_add(&p->net, "provider");
	p->consumer = net_add(&p->net, "consumer");
	struct net_node *t = p->provider, *i = p->consumer;
	return net_found(&p->net) && net_start(t) && net_start(i) && net_admin(t) &&
	       net_user(t, "publisher", "publisher") && net_user(t, "owner", "data-authority") &&
	       net_user(t, "intake", "intake") && net_user(t, "approver", "approver") && net_admin(i) &&
	       net_user(i, "operator", "operator") && net_user(i, "authority", "data-authority") &&
	       net_mandate(t, "approver", "publish", PAIR_PURPOSE) && net_mandate(i, "authority", "apply", PURPOSE) &&
	       net_hufu(&p->net, i, "admin", NULL, "system", "add", PAIR_SYSTEM, "--address", i->ip, "--business",
	                "claims", NULL);
}

void pair_done(struct pair *p)
{
	net_done(&p->net);
}

struct sees {
	struct http *http;
	char path[128];
};

static bool sees(void *ctx)
{
	struct sees *s = ctx;
	return http_try(s->http, "GET", s->path, NULL, NULL) == 200;
}

json_t *pair_entry(const char *source, const char *title)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:s, s:s, s:s, s:[s], s:s, s:{s:[s], s:[s], s:i}}",
	                 "source", source, "title", title, "description", "toll passages made from a seed", "topic",
	                 "roads", "class", "transport/toll", "level", 1, "sharing", "conditional", "condition",
	                 "for the purpose stated", "scope", "everyone", "purpose", PAIR_PURPOSE, "keywords", "roads",
	                 "update_cycle", "P1Y", "criteria", "purposes", PURPOSE, "jurisdictions", "CN", "max_days",
	                 400);
}

/* Nothing in a table made from a seed is anybody's. */
static json_t *harmless(const char *name, const json_t *added)
{
	json_t *said = json_array();
	const json_t *field;
	size_t i;

	json_array_foreach(json_object_get(added, "fields"), i, field)
	        json_array_append_new(said, json_sprintf("%s=none", json_text(field, "name")));
	return json_pack("{s:s, s:o}", "name", name, "fields", said);
}

bool pair_source(const struct net_node *node, const char *name, const char *path)
{
	struct http *h = http_open(node, "publisher"), *owner = http_open(node, "owner");
	json_t *out = NULL;
	bool ok = h && owner &&
	          http_call(h, "POST", "/v1/sources/add",
	                    json_pack("{s:s, s:s, s:s}", "name", name, "kind", "csv", "path", path), &out) &&
	          http_call(owner, "POST", "/v1/sources/classify", harmless(name, out), NULL);
	json_decref(out);
	http_close(h);
	http_close(owner);
	return ok;
}

bool pair_sees(struct pair *p, const char *entry)
{
	struct sees s = {.http = http_open(p->consumer, "operator")};
	snprintf(s.path, sizeof(s.path), "/v1/catalog/show?entry=%s", entry);
	bool ok = s.http && net_wait(sees, &s, "the consumer to see the entry");
	http_close(s.http);
	return ok;
}

bool pair_publish(struct pair *p, const char *name, const char *path, char ret_entry[40])
{
	json_t *out = NULL;
	struct http *h = http_open(p->provider, "publisher");
	bool ok = h && pair_source(p->provider, name, path) &&
	          http_call(h, "POST", "/v1/catalog/publish", pair_entry(name, name), &out);
	snprintf(ret_entry, 40, "%s", json_text(out, "entry"));
	json_decref(out);
	http_close(h);
	return ok && pair_sees(p, ret_entry);
}

bool people_open(struct people *w, const struct pair *p)
{
	memset(w, 0, sizeof(*w));
	return (w->operator= http_open(p->consumer, "operator")) &&
	       (w->authority = http_open(p->consumer, "authority")) && (w->intake = http_open(p->provider, "intake")) &&
	       (w->approver = http_open(p->provider, "approver"));
}

void people_close(struct people *w)
{
	http_close(w->operator);
	http_close(w->authority);
	http_close(w->intake);
	http_close(w->approver);
	*w = (struct people){0};
}

static bool both_witnessed(void *ctx)
{
	struct people *w = ctx;
	struct http *of[] = {w->operator, w->approver };
	bool yes = true;
	for (unsigned i = 0; yes && i < 2; i++) {
		json_t *out = NULL;
		yes = http_try(of[i], "GET", "/v1/status", NULL, &out) == 200 &&
		      json_real_of(json_object_get(out, "ledger"), "witnessed") > 0;
		json_decref(out);
	}
	return yes;
}

bool people_confirm(struct people *w, struct pair *p)
{
	return net_start_witnesses(&p->net) && net_wait(both_witnessed, w, "witnesses of both ledgers");
}

/* ---- a negotiation ---- */

static bool draft(struct people *w, const char *entry, char ret_application[40])
{
	char until[32];
	struct tm tm;
	time_t end = time(NULL) + (time_t)DAYS * 86400;
	json_t *out = NULL;
	strftime(until, sizeof(until), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&end, &tm));
	json_t *in = json_pack("{s:s, s:s, s:s, s:s, s:s}", "entry", entry, "system", PAIR_SYSTEM, "reason",
	                       "to compare passages with claims", "purpose", PURPOSE, "until", until);
	if (!http_call(w->operator, "POST", "/v1/applications/draft", in, &out))
		return false;
	snprintf(ret_application, 40, "%s", json_text(out, "application"));
	json_decref(out);
	return true;
}

struct state {
	struct http *http;
	const char *application, *part, *state;
};

static bool in_state(void *ctx)
{
	struct state *s = ctx;
	char path[128];
	json_t *out = NULL;
	snprintf(path, sizeof(path), "/v1/applications/show?application=%s", s->application);
	http_try(s->http, "GET", path, NULL, &out);
	const json_t *part = json_object_get(json_object_get(out, "parts"), s->part);
	bool there = strcmp(json_text(part, "state"), s->state) == 0;
	json_decref(out);
	return there;
}

static bool wait_state(struct http *h, const char *application, const char *part, const char *state)
{
	return net_wait(in_state, &(struct state){h, application, part, state}, state);
}

static bool step(struct http *h, const char *path, const char *application, json_t *more)
{
	json_object_set_new(more, "application", json_string(application));
	return http_call(h, "POST", path, more, NULL);
}

bool people_negotiate(struct people *w, const char *entry, char ret_application[40])
{
	char *a = ret_application;
	return draft(w, entry, a) &&
	       step(w->authority, "/v1/applications/review-need", a,
	            json_pack("{s:b, s:b, s:b}", "need", 1, "scope", 1, "period", 1)) &&
	       wait_state(w->intake, a, "intake", "RECEIVED") &&
	       step(w->intake, "/v1/applications/review-compliance", a, json_pack("{s:s}", "result", "pass")) &&
	       wait_state(w->approver, a, "provider", "RECEIVED") &&
	       step(w->approver, "/v1/applications/decide", a, json_pack("{s:s}", "result", "T")) &&
	       wait_state(w->operator, a, "consumer", "FINALIZED") &&
	       wait_state(w->approver, a, "provider", "FINALIZED");
}

/* ---- a transfer ---- */

bool people_fetch(struct people *w, const char *entry, const char *output, char ret_transfer[40])
{
	json_t *out = NULL;
	json_t *in = json_pack("{s:s, s:s, s:s}", "entry", entry, "system", PAIR_SYSTEM, "output", output);
	if (!http_call(w->operator, "POST", "/v1/transfers/fetch", in, &out))
		return false;
	snprintf(ret_transfer, 40, "%s", json_text(out, "transfer"));
	json_decref(out);
	return true;
}

json_t *pair_transfer(struct http *h, const char *transfer)
{
	char path[128];
	json_t *out = NULL;
	snprintf(path, sizeof(path), "/v1/transfers/show?transfer=%s", transfer);
	if (http_try(h, "GET", path, NULL, &out) == 200)
		return out;
	json_decref(out);
	return NULL;
}
