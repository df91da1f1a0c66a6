/* words.c - splitting names at signs, case and digits; declared in words.h. */
#include "masking/words.h"

#include <ctype.h>
#include <string.h>

enum kind { KIND_SIGN, KIND_UPPER, KIND_LOWER, KIND_DIGIT, KIND_HIGH };

static enum kind kind_of(unsigned char c)
{
	if (c >= 0x80)
		return KIND_HIGH;
	if (isdigit(c))
		return KIND_DIGIT;
	if (isupper(c))
		return KIND_UPPER;
	return islower(c) ? KIND_LOWER : KIND_SIGN;
}

/* A word begins at name[i], which is no sign. */
static bool begins(const char *name, size_t i)
{
	enum kind before = kind_of((unsigned char)name[i - 1]), now = kind_of((unsigned char)name[i]);

	if (before == now)
		return now == KIND_UPPER && kind_of((unsigned char)name[i + 1]) == KIND_LOWER;
	return !(before == KIND_UPPER && now == KIND_LOWER);
}

void hf_words(const char *name, char out[HF_WORDS_MAX])
{
	size_t n = 0;

	out[n++] = '_';
	for (size_t i = 0; name[i] && n + 3 < HF_WORDS_MAX; i++) {
		if (kind_of((unsigned char)name[i]) == KIND_SIGN) {
			if (out[n - 1] != '_')
				out[n++] = '_';
			continue;
		}
		if (i > 0 && out[n - 1] != '_' && begins(name, i))
			out[n++] = '_';
		out[n++] = (char)tolower((unsigned char)name[i]);
	}
	if (out[n - 1] != '_')
		out[n++] = '_';
	out[n] = '\0';
}

static bool is_ascii(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text >= 0x80)
			return false;
	return true;
}

bool hf_words_match(const char *words, const char *const *list)
{
	char pattern[HF_WORDS_MAX];

	for (; list && *list; list++) {
		hf_words(*list, pattern);
		if (!is_ascii(*list)) /* without the signs around it */
			pattern[strlen(pattern) - 1] = '\0';
		if (strstr(words, is_ascii(*list) ? pattern : pattern + 1))
			return true;
	}
	return false;
}
