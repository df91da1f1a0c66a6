/* http.c - requests to a node's Unix socket over one connection that stays open; see net.h. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "net.h"

#define ANSWER_MAX ((size_t)512 << 20)
#define CALL_LIMIT_MS 120000L

struct http {
	CURL *curl;
	struct curl_slist *headers;
	struct hf_buf answer;
	char node[32];
};

static size_t take_bytes(char *data, size_t size, size_t count, void *ctx)
{
	return hf_buf_add(ctx, data, size * count) ? size * count : 0;
}

static bool read_token(const struct net_node *node, const char *account, char *out, size_t cap)
{
	char path[600];
	snprintf(path, sizeof(path), "%s/run/sessions/%s", node->dir, account);
	FILE *f = fopen(path, "re");
	bool ok = f && fgets(out, (int)cap, f);
	if (f)
		fclose(f);
	if (ok)
		out[strcspn(out, "\r\n")] = '\0';
	else
		fprintf(stderr, "hufu-bench: %s has no session of %s\n", node->id, account);
	return ok;
}

static void set_options(struct http *h, const struct net_node *node)
{
	char path[600];
	snprintf(path, sizeof(path), "%s/run/api.sock", node->dir);
	curl_easy_setopt(h->curl, CURLOPT_UNIX_SOCKET_PATH, path);
	curl_easy_setopt(h->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(h->curl, CURLOPT_TIMEOUT_MS, CALL_LIMIT_MS);
	curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, h->headers);
	curl_easy_setopt(h->curl, CURLOPT_WRITEFUNCTION, take_bytes);
	curl_easy_setopt(h->curl, CURLOPT_WRITEDATA, &h->answer);
}

struct http *http_open(const struct net_node *node, const char *account)
{
	char token[512], line[600];
	if (account && !read_token(node, account, token, sizeof(token)))
		return NULL;
	struct http *h = calloc(1, sizeof(*h));
	if (!h || !(h->curl = curl_easy_init())) {
		free(h);
		return NULL;
	}
	snprintf(h->node, sizeof(h->node), "%s", node->id);
	hf_buf_init(&h->answer, ANSWER_MAX);
	h->headers = curl_slist_append(NULL, "Content-Type: application/json");
	h->headers = curl_slist_append(h->headers, "Expect:");
	if (account) {
		snprintf(line, sizeof(line), "Authorization: Bearer %s", token);
		h->headers = curl_slist_append(h->headers, line);
	}
	set_options(h, node);
	return h;
}

void http_close(struct http *h)
{
	if (!h)
		return;
	curl_easy_cleanup(h->curl);
	curl_slist_free_all(h->headers);
	hf_buf_done(&h->answer);
	free(h);
}

static void set_body(struct http *h, const char *method, const char *text)
{
	if (strcmp(method, "GET") == 0) {
		curl_easy_setopt(h->curl, CURLOPT_HTTPGET, 1L);
		return;
	}
	curl_easy_setopt(h->curl, CURLOPT_POST, 1L);
	curl_easy_setopt(h->curl, CURLOPT_POSTFIELDSIZE, (long)strlen(text));
	curl_easy_setopt(h->curl, CURLOPT_COPYPOSTFIELDS, text);
}

static int perform(struct http *h, const char *method, const char *path, const char *body)
{
	char url[1024];
	long status = 0;
	snprintf(url, sizeof(url), "http://localhost%s", path);
	curl_easy_setopt(h->curl, CURLOPT_URL, url);
	set_body(h, method, body);
	hf_buf_clear(&h->answer);
	if (curl_easy_perform(h->curl) == CURLE_OK)
		curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &status);
	return (int)status;
}

int http_try(struct http *h, const char *method, const char *path, json_t *body, json_t **ret_out)
{
	char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
	json_decref(body);
	int status = perform(h, method, path, text ? text : "{}");
	free(text);
	if (ret_out)
		*ret_out = status ? json_loadb((const char *)h->answer.data, h->answer.len, 0, NULL) : NULL;
	return status;
}

int http_text(struct http *h, const char *path, char **ret_text)
{
	int status = perform(h, "GET", path, "");
	*ret_text = strndup(h->answer.data ? (const char *)h->answer.data : "", h->answer.len);
	return status;
}

bool http_call(struct http *h, const char *method, const char *path, json_t *body, json_t **ret_out)
{
	json_t *out = NULL;
	int status = http_try(h, method, path, body, &out);
	if (status != 200) {
		const json_t *error = json_object_get(out, "error");
		fprintf(stderr, "hufu-bench: %s: %s %s: status %d, %s\n", h->node, method, path, status,
		        status ? json_text(error, "text") : "the node does not answer");
	}
	if (status == 200 && ret_out)
		*ret_out = out;
	else
		json_decref(out);
	return status == 200;
}

const char *json_text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

double json_real_of(const json_t *o, const char *key)
{
	return json_number_value(json_object_get(o, key));
}
