/* call.c - one HTTP request to the node over its Unix socket. */
#include <curl/curl.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli.h"
#include "session.h"

#define ANSWER_MAX ((size_t)64 << 20)
#define TIMEOUT_S 180L

/* A socket path may be long; through its folder's descriptor it is short. */
struct route_to {
	char path[1200];
	int folder;
};

/* The api_socket line of hufu.yaml, when there is one. */
static bool configured_socket(const char *dir, char *out, size_t cap)
{
	char path[1200], line[1400];
	bool found = false;
	snprintf(path, sizeof(path), "%s/hufu.yaml", dir);
	FILE *f = fopen(path, "re");
	while (f && !found && fgets(line, sizeof(line), f)) {
		if (strncmp(line, "api_socket:", 11) != 0)
			continue;
		const char *value = line + 11 + strspn(line + 11, " \"'");
		snprintf(out, cap, "%.*s", (int)strcspn(value, "\"'\r\n"), value);
		found = true;
	}
	if (f)
		fclose(f);
	return found;
}

static bool find_socket(struct hf_cli *cli, struct route_to *r)
{
	r->folder = -1;
	if (cli->socket)
		snprintf(r->path, sizeof(r->path), "%s", cli->socket);
	else if (!hf_cli_node(cli))
		return false;
	else if (!configured_socket(cli->node, r->path, sizeof(r->path)))
		snprintf(r->path, sizeof(r->path), "%s/run/api.sock", cli->node);
	char *slash = strrchr(r->path, '/');
	if (strlen(r->path) < sizeof(((struct sockaddr_un *)0)->sun_path) || !slash)
		return true;
	*slash = '\0';
	r->folder = open(r->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	*slash = '/';
	char shorter[1200];
	snprintf(shorter, sizeof(shorter), "/proc/self/fd/%d%s", r->folder, slash);
	memcpy(r->path, shorter, sizeof(shorter));
	return true;
}

struct answer {
	struct hf_buf body;
	FILE *file; /* of a download, opened at the first byte of a good answer */
	const char *name;
	bool pieces; /* file is open; JSON is no piece */
	CURL *curl;
	bool failed;
};

static size_t to_file(struct answer *a, const char *data, size_t len)
{
	if (!a->file)
		a->file = strcmp(a->name, "-") == 0 ? stdout : fopen(a->name, "we");
	if (!a->file || fwrite(data, 1, len, a->file) != len) {
		a->failed = true;
		return 0;
	}
	return len;
}

static bool is_json(CURL *curl)
{
	char *type = NULL;
	curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
	return type && strncmp(type, "application/json", 16) == 0;
}

static size_t on_data(char *data, size_t size, size_t count, void *ctx)
{
	struct answer *a = ctx;
	size_t len = size * count;
	long status = 0;
	curl_easy_getinfo(a->curl, CURLINFO_RESPONSE_CODE, &status);
	if (a->name && status == 200 && !(a->pieces && is_json(a->curl)))
		return to_file(a, data, len);
	return hf_buf_add(&a->body, data, len) ? len : 0;
}

static void add_query(CURL *curl, struct hf_buf *url, const json_t *in)
{
	struct hf_buf text = HF_BUF_INIT;
	const char *key;
	json_t *value;
	char mark = '?';
	json_object_foreach((json_t *)in, key, value)
	{
		const char *plain =
		        json_is_boolean(value) ? json_is_true(value) ? "true" : "false" : hf_cli_value(in, key, &text);
		char joined[4096];
		size_t n = 0;
		for (const char *p = plain; *p && n + 1 < sizeof(joined); p++) /* "a, b" of a list becomes "a,b" */
			if (!(json_is_array(value) && *p == ' ' && p > plain && p[-1] == ','))
				joined[n++] = *p;
		joined[n] = '\0';
		char *escaped = curl_easy_escape(curl, joined, (int)n);
		hf_buf_addf(url, "%c%s=%s", mark, key, escaped ? escaped : "");
		curl_free(escaped);
		mark = '&';
	}
	hf_buf_done(&text);
}

static void drop_nulls(json_t *in)
{
	const char *key;
	json_t *value;
	void *tmp;
	json_object_foreach_safe(in, tmp, key, value) if (json_is_null(value)) json_object_del(in, key);
}

struct request {
	struct hf_cli *cli;
	const char *method, *path;
	json_t *in;
	struct answer *answer;
};

static CURLcode perform(const struct request *q, const struct route_to *r, const char *token, long *ret_status)
{
	CURL *curl = curl_easy_init();
	struct hf_buf url = HF_BUF_INIT;
	struct curl_slist *headers = NULL;
	char bearer[SESSION_TEXT + 40];
	char *body = NULL;
	if (!curl)
		abort();
	q->answer->curl = curl;
	hf_buf_addf(&url, "http://node%s", q->path);
	if (strcmp(q->method, "POST") == 0) {
		body = json_dumps(q->in, JSON_COMPACT);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body ? body : "{}");
		headers = curl_slist_append(headers, "Content-Type: application/json");
		headers = curl_slist_append(headers, "Expect:");
	} else {
		add_query(curl, &url, q->in);
	}
	if (*token) {
		snprintf(bearer, sizeof(bearer), "Authorization: Bearer %s", token);
		headers = curl_slist_append(headers, bearer);
	}
	curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, r->path);
	curl_easy_setopt(curl, CURLOPT_URL, (const char *)url.data);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, q->answer);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, TIMEOUT_S);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	CURLcode code = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, ret_status);
	curl_slist_free_all(headers);
	curl_easy_cleanup(curl);
	hf_buf_done(&url);
	free(body);
	return code;
}

static int unreachable(struct hf_cli *cli, const struct route_to *r, CURLcode code)
{
	struct hf_fault f;
	if (code == CURLE_OPERATION_TIMEDOUT)
		return hf_cli_fault(
		        cli, hf_fault_set(&f, HF_E_TIMEOUT, "the node did not answer in time; look at `hufu status`"),
		        &f);
	if (code == CURLE_COULDNT_CONNECT)
		return hf_cli_fault(cli,
		                    hf_fault_set(&f, HF_E_UNREACHABLE,
		                                 "no node answers on %.200s; start it with `hufud --node DIR`",
		                                 r->folder >= 0 ? "its socket" : r->path),
		                    &f);
	return hf_cli_fault(cli, hf_fault_set(&f, HF_E_UNREACHABLE, "the node broke off: %s", curl_easy_strerror(code)),
	                    &f);
}

/* An error answer is passed on as it came. */
static int refused(struct hf_cli *cli, long status, const struct hf_buf *body)
{
	json_t *o = json_loadb(body->data ? (const char *)body->data : "", body->len, 0, NULL);
	json_t *error = json_object_get(o, "error");
	const char *text = json_string_value(json_object_get(error, "text"));
	if (!text)
		hf_cli_fail(cli, "the node answered with status %ld", status);
	else if (cli->json)
		hf_cli_json(o);
	else
		fprintf(stderr, "hufu: %s\n", text);
	json_decref(o);
	return status == 502 ? HF_EXIT_UNREACHABLE : HF_EXIT_REFUSED;
}

static int exchange(const struct request *q)
{
	char token[SESSION_TEXT];
	struct route_to r;
	long status = 0;
	if (!find_socket(q->cli, &r))
		return HF_EXIT_USAGE;
	if (!session_load(q->cli, token))
		return HF_EXIT_USAGE;
	CURLcode code = perform(q, &r, token, &status);
	if (r.folder >= 0)
		close(r.folder);
	if (q->answer->failed)
		return hf_cli_fail(
		        q->cli,
		        "%s cannot be written; name a file in a folder that is there, may be written and has room",
		        q->answer->name);
	if (code != CURLE_OK)
		return unreachable(q->cli, &r, code);
	return status == 200 ? HF_EXIT_DONE : refused(q->cli, status, &q->answer->body);
}

int hf_cli_call(struct hf_cli *cli, const char *method, const char *path, json_t *in, json_t **ret_out)
{
	struct answer a = {.name = NULL};
	json_t *body = in ? in : json_object();
	hf_buf_init(&a.body, ANSWER_MAX);
	drop_nulls(body);
	int status = exchange(&(struct request){cli, method, path, body, &a});
	if (status == HF_EXIT_DONE && ret_out) {
		*ret_out = json_loadb(a.body.data ? (const char *)a.body.data : "", a.body.len, JSON_DECODE_ANY, NULL);
		if (!*ret_out)
			status = hf_cli_fail(cli, "the node's answer is not JSON; are hufu and hufud of one version?");
	}
	json_decref(body);
	hf_buf_done(&a.body);
	return status;
}

int hf_cli_download(struct hf_cli *cli, const char *method, const char *path, json_t *in, const char *file)
{
	struct answer a = {.name = file ? file : "-"};
	json_t *body = in ? in : json_object();
	hf_buf_init(&a.body, ANSWER_MAX);
	drop_nulls(body);
	int status = exchange(&(struct request){cli, method, path, body, &a});
	if (a.file && a.file != stdout && fclose(a.file) != 0 && status == HF_EXIT_DONE)
		status = hf_cli_fail(
		        cli, "%s cannot be written; name a file in a folder that is there, may be written and has room",
		        a.name);
	if (a.file == stdout)
		fflush(stdout);
	json_decref(body);
	hf_buf_done(&a.body);
	return status;
}

int hf_cli_piece(struct hf_cli *cli, const char *path, json_t *in, FILE *out, json_t **ret_end)
{
	struct answer a = {.name = "the output", .file = out, .pieces = true};
	hf_buf_init(&a.body, ANSWER_MAX);
	int status = exchange(&(struct request){cli, "POST", path, in, &a});
	if (status == HF_EXIT_DONE && a.body.len > 0)
		*ret_end = json_loadb((const char *)a.body.data, a.body.len, 0, NULL);
	json_decref(in);
	hf_buf_done(&a.body);
	return status;
}

int hf_cli_do(struct hf_cli *cli, const char *method, const char *path, json_t *in, const char *said, const char *name)
{
	struct hf_buf text = HF_BUF_INIT;
	json_t *out = NULL;
	int status = hf_cli_call(cli, method, path, in, &out);
	if (status != HF_EXIT_DONE)
		return status;
	const char *mark = strstr(said, "%s");
	if (cli->json)
		hf_cli_json(out);
	else if (mark && name)
		printf("%.*s%s%s\n", (int)(mark - said), said, hf_cli_value(out, name, &text), mark + 2);
	else
		puts(said);
	hf_buf_done(&text);
	json_decref(out);
	return status;
}

void hf_cli_put(json_t *in, const char *name, const char *text)
{
	if (text)
		json_object_set_new(in, name, json_string(text));
}

json_t *hf_cli_with(const char *name, const char *text)
{
	json_t *in = json_object();
	hf_cli_put(in, name, text);
	return in;
}

void hf_cli_put_list(json_t *in, const char *name, const struct hf_list *list)
{
	if (!list->count)
		return;
	json_t *a = json_array();
	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(a, json_string(list->item[i]));
	json_object_set_new(in, name, a);
}
