/* messages.c - see messages.h. */
#include "proto/messages.h"

#include <stddef.h>

struct row {
	uint32_t number;
	uint32_t max;
	const char *name;
};

#define ROW(code, number, name, max) {number, max, name},
static const struct row msgs[] = {HF_MESSAGES(ROW)};
static const struct row mails[] = {HF_MAILS(ROW)};
#undef ROW

static const struct row *find(const struct row *rows, size_t count, uint32_t number)
{
	for (size_t i = 0; i < count; i++)
		if (rows[i].number == number)
			return &rows[i];
	return NULL;
}

static const struct row *find_msg(uint32_t type)
{
	return find(msgs, sizeof(msgs) / sizeof(msgs[0]), type);
}

static const struct row *find_mail(uint32_t type)
{
	return find(mails, sizeof(mails) / sizeof(mails[0]), type);
}

const char *hf_msg_name(uint32_t type)
{
	const struct row *r = find_msg(type);
	return r == NULL ? NULL : r->name;
}

uint32_t hf_msg_max(uint32_t type)
{
	const struct row *r = find_msg(type);
	return r == NULL ? 0 : r->max;
}

const char *hf_mail_name(uint32_t type)
{
	const struct row *r = find_mail(type);
	return r == NULL ? NULL : r->name;
}

uint32_t hf_mail_max(uint32_t type)
{
	const struct row *r = find_mail(type);
	return r == NULL ? 0 : r->max;
}
