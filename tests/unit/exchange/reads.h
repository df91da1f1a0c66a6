/*
 * reads.h - words of the tests about data that the consumer keeps sealed: delivered so, and read piece by piece, as the
 * command line does.
 */
#ifndef TESTS_UNIT_EXCHANGE_READS_H
#define TESTS_UNIT_EXCHANGE_READS_H

#include "exchange/data.h"
#include "unit/exchange/pair.h"

static inline struct hf_id begin_sealed(struct pair *p)
{
	p->output[0] = '\0';
	return begin(p);
}

static inline struct hf_id delivered(struct pair *p)
{
	struct hf_id id = begin_sealed(p);
	wait_both(p, &id, "COMPLETED");
	return id;
}

static inline enum hf_err open_as(struct pair *p, const char *who, const struct hf_data_read *in,
                                  struct hf_id *ret_read)
{
	COMMAND(c, p->health, who);
	return command_end(
	        &c, hf_data_read_open(p->health->exchange, &c.actor, in, c.in.unit, c.in.draft, ret_read, &c.fault));
}

static inline struct hf_data_read reading_of(const struct hf_id *transfer)
{
	return (struct hf_data_read){.transfer = *transfer, .purpose = "claims-check"};
}

struct got {
	bool done;
	enum hf_err e;
	char text[400];
	uint8_t *bytes;
	size_t len;
};

static inline void on_piece(void *ctx, const struct hf_data_piece *piece)
{
	struct got *g = ctx;
	g->done = true;
	g->e = piece->error;
	snprintf(g->text, sizeof(g->text), "%s", piece->text);
	g->bytes = piece->bytes;
	g->len = piece->len;
}

/* True at the end of the read. */
static inline bool next_piece(struct pair *p, const char *who, const struct hf_id *read, struct got *g)
{
	struct hf_actor a = actor_of(p->health, who);
	struct hf_fault f = {HF_OK, ""};
	struct hf_data_end end = {false, 0, 0};
	const struct hf_data_sink sink = {on_piece, g};
	*g = (struct got){.done = false};
	g->e = hf_data_read_next(p->health->exchange, &a, read, &sink, &end, &f);
	snprintf(g->text, sizeof(g->text), "%s", f.text);
	if (g->e != HF_OK || end.reached)
		return end.reached && g->e == HF_OK;
	until(p, g->done);
	return false;
}

/* Reads to the end, into a file; the reason that stopped it. */
static inline enum hf_err read_whole_as(struct pair *p, const char *who, const struct hf_data_read *in,
                                        const char *path)
{
	struct hf_id read;
	struct got g;
	enum hf_err e = open_as(p, who, in, &read);
	if (e != HF_OK)
		return e;
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	while (!next_piece(p, who, &read, &g) && g.e == HF_OK) {
		assert_int_equal(fwrite(g.bytes, 1, g.len, f), g.len);
		free(g.bytes);
	}
	assert_int_equal(fclose(f), 0);
	snprintf(last_fault, sizeof(last_fault), "%s", g.text);
	settle(p->w);
	return g.e;
}

static inline enum hf_err read_whole(struct pair *p, const struct hf_data_read *in, const char *path)
{
	return read_whole_as(p, "wang", in, path);
}

#endif
