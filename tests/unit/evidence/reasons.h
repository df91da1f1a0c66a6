/*
 * reasons.h - a table of mutations: each is refused with the reason that its row states, no row's reason fits another
 * one, and no two kinds of mutation are refused with the same sentence, whatever it names. After cmocka.h.
 */
#ifndef HUFU_TESTS_REASONS_H
#define HUFU_TESTS_REASONS_H

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define REASONS_MAX 128
#define REASON_TEXT 400

struct reasons {
	size_t count;
	struct {
		int kind;
		const char *name, *expected;
		char text[REASON_TEXT], sentence[REASON_TEXT];
	} row[REASONS_MAX];
};

/* Without what differs from case to case: digits, digests, and words with a slash or a dot. */
static inline void reason_sentence(const char *text, char out[REASON_TEXT])
{
	size_t len = 0;
	while (*text != 0) {
		size_t word = strcspn(text, " ");
		bool name = memchr(text, '/', word) != NULL || memchr(text, '.', word) != NULL;
		for (size_t i = 0; i < word && !name; i++)
			name = isdigit((unsigned char)text[i]) != 0;
		len += (size_t)snprintf(out + len, REASON_TEXT - len, "%.*s ", name ? 1 : (int)word, name ? "#" : text);
		text += word + (text[word] == ' ');
	}
}

static inline void reason_take(struct reasons *r, int kind, const char *name, const char *expected, const char *text)
{
	if (strstr(text, expected) == NULL)
		fail_msg("%s: \"%s\" does not say \"%s\"", name, text, expected);
	assert_true(r->count < REASONS_MAX);
	r->row[r->count].kind = kind;
	r->row[r->count].name = name;
	r->row[r->count].expected = expected;
	snprintf(r->row[r->count].text, REASON_TEXT, "%s", text);
	reason_sentence(text, r->row[r->count++].sentence);
}

static inline void reasons_differ(const struct reasons *r)
{
	for (size_t i = 0; i < r->count; i++)
		for (size_t k = 0; k < r->count; k++) {
			if (k != i && strstr(r->row[k].text, r->row[i].expected) != NULL)
				fail_msg("%s and %s share a reason: \"%s\"", r->row[i].name, r->row[k].name,
				         r->row[k].text);
			if (r->row[k].kind != r->row[i].kind && strcmp(r->row[k].sentence, r->row[i].sentence) == 0)
				fail_msg("%s and %s are of two kinds and share a sentence: \"%s\"", r->row[i].name,
				         r->row[k].name, r->row[k].text);
		}
}

#endif
