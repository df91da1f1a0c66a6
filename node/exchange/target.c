/* target.c - the table of targets (target.h). */
#include "exchange/target.h"

#include <stddef.h>

const struct target *target_of(enum target_kind kind)
{
	static const struct target *const rows[TARGET_KINDS] = {
	        [TARGET_FILE] = &target_file,
	        [TARGET_SEALED] = &target_sealed,
	};
	return (unsigned)kind < TARGET_KINDS ? rows[kind] : NULL;
}
