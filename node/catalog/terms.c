/*
 * terms.c - what an entry is found by, and what a search text asks for. Pure.
 *
 * A term is a letter for its kind and a text. Words: Latin and the like, ASCII folded to lower case; two characters in
 * a row of Chinese, Japanese or Korean; one such character of title and keywords. Besides them the attributes, each as
 * a whole.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/internal.h"
#include "crypto/utf8.h"

#define TERMS_MAX 512u         /* of one entry */
#define TEXT_TERMS_MAX 32u     /* of a search text */
#define WORD_MAX 64u           /* bytes of a word; what follows is not looked at */
#define DESCRIPTION_BYTES 600u /* of a description that are searched */
#define FIELDS_SEARCHED 64u

static void add(struct terms *t, enum term_kind kind, const char *text, size_t len)
{
	char *term;

	if (t->count == TERMS_MAX || len == 0)
		return;
	if (len > HF_TERM_MAX - 1)
		len = HF_TERM_MAX - 1;
	if (t->count % 32 == 0)
		t->term = hf_realloc(t->term, (t->count + 32) * sizeof(*t->term));
	term = hf_alloc(len + 2);
	term[0] = (char)kind;
	memcpy(term + 1, text, len);
	term[len + 1] = '\0';
	t->term[t->count++] = term;
}

static bool ideograph(uint32_t c)
{
	return (c >= 0x3400 && c <= 0x9FFF) || (c >= 0x3040 && c <= 0x30FF) || (c >= 0xAC00 && c <= 0xD7A3) ||
	       (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x20000 && c <= 0x3FFFF);
}

static bool word_character(uint32_t c)
{
	if (c < 0x80)
		return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
	if (c >= 0x2000 && c <= 0x206F) /* general punctuation */
		return false;
	if ((c >= 0x3000 && c <= 0x303F) || (c >= 0xFF00 && c <= 0xFF0F) || (c >= 0xFF1A && c <= 0xFF20) || c == 0xFFFD)
		return false;
	return c >= 0xC0 && !ideograph(c);
}

struct reader {
	struct terms *terms;
	bool singles; /* also single ideographs */
	char word[WORD_MAX];
	size_t word_len;
	char before[4]; /* the ideograph before this one */
	size_t before_len;
	bool paired; /* it has been in a pair */
};

static void end_word(struct reader *r)
{
	add(r->terms, HF_TERM_WORD, r->word, r->word_len);
	r->word_len = 0;
}

static void end_run(struct reader *r)
{
	if (r->before_len && !r->paired && !r->singles)
		add(r->terms, HF_TERM_WORD, r->before, r->before_len);
	r->before_len = 0;
	r->paired = false;
}

static void take_ideograph(struct reader *r, const char *at, size_t len)
{
	char pair[8];

	if (r->singles)
		add(r->terms, HF_TERM_WORD, at, len);
	if (r->before_len) {
		memcpy(pair, r->before, r->before_len);
		memcpy(pair + r->before_len, at, len);
		add(r->terms, HF_TERM_WORD, pair, r->before_len + len);
		r->paired = true;
	}
	memcpy(r->before, at, len);
	r->before_len = len;
}

static void take_word_character(struct reader *r, const char *at, size_t len)
{
	if (r->word_len + len > sizeof(r->word))
		return;
	memcpy(r->word + r->word_len, at, len);
	if (len == 1 && *at >= 'A' && *at <= 'Z')
		r->word[r->word_len] = (char)(*at | 0x20);
	r->word_len += len;
}

static void take_character(struct reader *r, uint32_t code, const char *at, size_t len)
{
	if (ideograph(code)) {
		end_word(r);
		take_ideograph(r, at, len);
		return;
	}
	end_run(r);
	if (word_character(code))
		take_word_character(r, at, len);
	else
		end_word(r);
}

static void add_text(struct terms *t, const char *text, size_t len, bool singles)
{
	struct reader r = {.terms = t, .singles = singles};
	const char *at = text, *end = text + len;
	uint32_t code = 0;

	for (const char *start = at; at < end && hf_utf8_next(&at, end, &code); start = at)
		take_character(&r, code, start, (size_t)(at - start));
	end_word(&r);
	end_run(&r);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort_terms(struct terms *t)
{
	size_t kept = 0;

	if (t->count)
		qsort(t->term, t->count, sizeof(*t->term), by_text);
	for (size_t i = 0; i < t->count; i++) {
		if (kept > 0 && strcmp(t->term[kept - 1], t->term[i]) == 0)
			free(t->term[i]);
		else
			t->term[kept++] = t->term[i];
	}
	t->count = kept;
}

void terms_add_attribute(struct terms *t, enum term_kind kind, const char *value)
{
	if (value && value[0])
		add(t, kind, value, strlen(value));
}

void terms_add_number(struct terms *t, enum term_kind kind, uint32_t value)
{
	char text[12];

	snprintf(text, sizeof(text), "%u", value);
	add(t, kind, text, strlen(text));
}

static void add_sample(struct terms *t, const Hufu__MaskedSample *s)
{
	char text[HF_ID_TEXT];
	struct hf_id of;

	if (!s || !hf_id_from_bytes(s->of.data, s->of.len, &of))
		return;
	hf_id_text(&of, text);
	terms_add_attribute(t, HF_TERM_SAMPLE, text);
}

void terms_of_entry(const Hufu__CatalogEntry *e, struct terms *ret_terms)
{
	struct terms t = {NULL, 0};

	add(&t, HF_TERM_ALL, "*", 1);
	terms_add_attribute(&t, HF_TERM_TOPIC, e->topic);
	terms_add_attribute(&t, HF_TERM_PUBLISHER, e->publisher);
	terms_add_attribute(&t, HF_TERM_CLASS, e->data_class);
	terms_add_attribute(&t, HF_TERM_DEPARTMENT, e->department);
	terms_add_number(&t, HF_TERM_LEVEL, e->level);
	terms_add_number(&t, HF_TERM_SHARING, e->sharing);
	add_sample(&t, e->sample);
	add_text(&t, e->title, strlen(e->title), true);
	for (size_t i = 0; i < e->n_keywords; i++)
		add_text(&t, e->keywords[i], strlen(e->keywords[i]), true);
	add_text(&t, e->topic, strlen(e->topic), false);
	add_text(&t, e->publisher, strlen(e->publisher), false);
	for (size_t i = 0; i < e->n_fields && i < FIELDS_SEARCHED; i++)
		add_text(&t, e->fields[i]->name, strlen(e->fields[i]->name), false);
	add_text(&t, e->description, strnlen(e->description, DESCRIPTION_BYTES), false);
	sort_terms(&t);
	*ret_terms = t;
}

void terms_of_text(const char *text, struct terms *ret_terms)
{
	struct terms t = {NULL, 0};

	add_text(&t, text, strlen(text), false);
	sort_terms(&t);
	while (t.count > TEXT_TERMS_MAX)
		free(t.term[--t.count]);
	*ret_terms = t;
}

void terms_done(struct terms *t)
{
	for (size_t i = 0; i < t->count; i++)
		free(t->term[i]);
	free(t->term);
	*t = (struct terms){NULL, 0};
}
