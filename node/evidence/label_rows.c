/* label_rows.c - see label_rows.h. */
#include "evidence/label_rows.h"

#include <string.h>

bool hf_label_says_rows(const char *rows, const char *conditions)
{
	static const char and[] = " AND ";
	size_t n = strlen(conditions), gap = sizeof(and) - 1;

	for (const char *at = strstr(rows, conditions); at && n > 0; at = strstr(at + 1, conditions)) {
		bool begins = at == rows || ((size_t)(at - rows) >= gap && memcmp(at - gap, and, gap) == 0);

		if (begins && (!at[n] || strncmp(at + n, and, gap) == 0))
			return true;
	}
	return false;
}
