/* policy_search.c - `hufu policy search`: which resources may X read, who may read R. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "crypto/hash.h"
#include "policy.h"
#include "policy/search.h"

struct search {
	struct hf_cli *cli;
	const struct hf_policy_entities *entities;
	json_t *results; /* NULL: print text */
};

static bool entity_at(void *ctx, size_t index, struct hf_policy_entity *ret_entity)
{
	const struct search *s = ctx;
	const struct hf_policy_question *q;

	if (index >= hf_policy_entities_count(s->entities))
		return false;
	q = hf_policy_entities_get(s->entities, index);
	*ret_entity = (struct hf_policy_entity){q->id, q->request.values, q->request.count, q->request.mechanisms};
	return true;
}

static void on_found(void *ctx, const struct hf_policy_entity *e, const struct hf_policy_decision *d)
{
	const struct search *s = ctx;

	if (s->results)
		json_array_append_new(s->results, json_pack("{s:s, s:s, s:s}", "id", e->id, "mechanism",
		                                            hf_mechanism_name(d->mechanism), "rule", d->rule));
	else
		printf("%s (rule %s, %s)\n", e->id, d->rule, hf_mechanism_name(d->mechanism));
}

/* Another file of entities is another generation. */
static uint64_t generation_of(const struct hf_buf *text)
{
	struct hf_hash h;

	hf_sha256(text->data, text->len, &h);
	return hf_get_u64(h.b);
}

static int run(struct search *s, const struct hf_policy *p, struct hf_policy_search *q)
{
	struct hf_policy_page page;
	struct hf_fault f = {.code = HF_OK};
	enum hf_err e;

	q->entity = entity_at;
	q->ctx = s;
	s->results = s->cli->json ? json_array() : NULL;
	e = hf_policy_search(p, q, on_found, &page, &f);
	if (e == HF_OK && s->results) {
		json_t *out = json_pack("{s:O, s:s}", "results", s->results, "token", page.token);

		hf_cli_json(out);
		json_decref(out);
	} else if (e == HF_OK) {
		printf("%zu found%s%s\n", page.count, *page.token ? "; there is more: --token " : "", page.token);
	}
	json_decref(s->results);
	return e == HF_OK ? HF_EXIT_DONE : hf_cli_fault(s->cli, e, &f);
}

static bool read_entities(struct hf_cli *cli, const char *path, const struct hf_schema *schema,
                          enum hf_entity_kind kind, struct hf_policy_entities **ret, uint64_t *generation)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = HF_BUF_INIT;
	struct hf_fault f = {.code = HF_OK};
	char none[1] = "";
	enum hf_err e;

	if (!hf_policy_cli_text(cli, path, &text))
		return false;
	*generation = generation_of(&text);
	e = hf_policy_entities_read(path, text.data ? (char *)text.data : none, text.len, schema, kind, ret, &f);
	if (e != HF_OK)
		hf_cli_fault(cli, e, &f);
	return e == HF_OK;
}

static int search_file(struct search *s, const struct hf_policy *p, const char *question, const char *entities,
                       struct hf_policy_search *q)
{
	struct hf_policy_entities *asked = NULL, *all = NULL;
	uint64_t ignored;
	int status = HF_EXIT_REFUSED;

	if (read_entities(s->cli, question, hf_policy_schema(p), HF_QUESTIONS, &asked, &ignored) &&
	    read_entities(s->cli, entities, hf_policy_schema(p), HF_ENTITIES, &all, &q->generation)) {
		if (hf_policy_entities_count(asked) == 1) {
			q->question = &hf_policy_entities_get(asked, 0)->request;
			s->entities = all;
			status = run(s, p, q);
		} else {
			hf_cli_fail(s->cli, "%s holds %zu requests; it must hold one", question,
			            hf_policy_entities_count(asked));
		}
	}
	hf_policy_entities_free(asked);
	hf_policy_entities_free(all);
	return status;
}

int hf_policy_cli_search(struct hf_cli *cli, int argc, char **argv)
{
	const char *policy = NULL, *question = NULL, *entities = NULL, *limit = NULL, *token = NULL;
	const struct hf_opt opts[] = {{"policy", &policy, NULL, NULL},     {"question", &question, NULL, NULL},
	                              {"entities", &entities, NULL, NULL}, {"limit", &limit, NULL, NULL},
	                              {"token", &token, NULL, NULL},       {0}};
	struct search s = {.cli = cli};
	struct hf_policy_search q = {.question = NULL};
	struct hf_policy_file *file = NULL;
	uint32_t number = 100;
	int status;

	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0) ||
	    !hf_cli_number(cli, "limit", limit, HF_SEARCH_LIMIT_MAX, &number))
		return HF_EXIT_USAGE;
	if (!question || !entities)
		return hf_cli_misuse(cli, "--question FILE and --entities FILE are both needed");
	if (!hf_policy_cli_one_stdin(cli, (const char *[]){question, entities}, 2))
		return HF_EXIT_USAGE;
	if (!hf_policy_cli_load(cli, policy, &file, &status))
		return status;
	q.limit = number;
	q.token = token;
	status = search_file(&s, hf_policy_file_policy(file), question, entities, &q);
	hf_policy_file_free(file);
	return status;
}
