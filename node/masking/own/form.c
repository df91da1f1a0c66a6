/* form.c - values of a form, by number, so that a million of them need not be kept anywhere; declared in own.h. */
#include <string.h>

#include "crypto/utf8.h"
#include "masking/own/own.h"

#define HAN_FIRST 0x4E00u
#define HAN_COUNT 2000u

static unsigned choices(char c)
{
	return c == '#' ? 10 : c == '@' || c == '%' ? 26 : c == '&' ? HAN_COUNT : 1;
}

bool hf_own_form_ok(const char *form, double *ret_size)
{
	size_t len = strlen(form);

	*ret_size = 1;
	for (const char *at = form; *at; at++) {
		if (*at == '\\' && at[1])
			at++;
		else
			*ret_size *= choices(*at);
	}
	return len > 0 && len <= HF_OWN_FORM;
}

static size_t put_han(uint32_t code, uint8_t *out)
{
	out[0] = (uint8_t)(0xE0 | code >> 12);
	out[1] = (uint8_t)(0x80 | (code >> 6 & 0x3F));
	out[2] = (uint8_t)(0x80 | (code & 0x3F));
	return 3;
}

/* From the end, so that numbers that follow each other differ in their last places. */
size_t hf_own_value(const char *form, uint64_t number, uint8_t *ret_value)
{
	unsigned picked[HF_OWN_FORM];
	size_t len = 0, n = strlen(form);

	for (size_t i = n; i-- > 0;) {
		const unsigned c = i > 0 && form[i - 1] == '\\' ? 1 : choices(form[i]);

		picked[i] = (unsigned)(number % c);
		number /= c;
	}
	for (size_t i = 0; i < n; i++) {
		if (form[i] == '\\' && form[i + 1])
			ret_value[len++] = (uint8_t)form[++i];
		else if (form[i] == '&')
			len += put_han(HAN_FIRST + picked[i], ret_value + len);
		else
			ret_value[len++] = (uint8_t)(form[i] == '#'   ? '0' + (int)picked[i]
			                             : form[i] == '@' ? 'A' + (int)picked[i]
			                             : form[i] == '%' ? 'a' + (int)picked[i]
			                                              : form[i]);
	}
	return len;
}

static bool fits(const char **form, uint32_t code)
{
	const char c = **form;
	uint32_t literal = 0;

	if (c == '#')
		return (*form)++, code >= '0' && code <= '9';
	if (c == '@')
		return (*form)++, code >= 'A' && code <= 'Z';
	if (c == '%')
		return (*form)++, code >= 'a' && code <= 'z';
	if (c == '&')
		return (*form)++, code >= HAN_FIRST && code <= 0x9FFF;
	if (c == '\\' && (*form)[1])
		(*form)++;
	return hf_utf8_next(form, *form + strlen(*form), &literal) && literal == code;
}

bool hf_own_of_form(const char *form, const struct hf_bytes *v)
{
	const char *at = (const char *)v->data, *end = at + v->len;
	uint32_t code;

	while (at < end)
		if (!*form || !hf_utf8_next(&at, end, &code) || !fits(&form, code))
			return false;
	return !*form;
}
