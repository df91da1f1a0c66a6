/* backup.c - hufu-verify backup: is a backup whole, and as its node signed it? (DS-99) */
#include "evidence/backup.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "verify.h"

static void print_json(const char *path, const struct hf_backup *b)
{
	char made[HF_TIME_TEXT], digest[65], descriptor[65];
	hf_time_text(b->time_ms, made);
	hf_hash_hex(&b->digest, digest);
	hf_hash_hex(&b->descriptor.digest, descriptor);
	json_t *o = json_pack("{s:b, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:s}", "verified", 1, "kind", "backup",
	                      "path", path, "node", b->node, "made", made, "digest", digest, "files",
	                      (json_int_t)b->count, "entries", (json_int_t)b->entries, "descriptor",
	                      (json_int_t)b->descriptor.number, "descriptor_digest", descriptor);
	char *text = json_dumps(o, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
	puts(text ? text : "{}");
	free(text);
	json_decref(o);
}

enum hf_err verify_backup(const struct hf_trust *trust, const char *path, struct verify_out *out, struct hf_fault *f)
{
	struct hf_backup b;
	char made[HF_TIME_TEXT], digest[65];
	HF_TRY(hf_backup_check(trust, path, &b, f));
	hf_time_text(b.time_ms, made);
	hf_hash_hex(&b.descriptor.digest, digest);
	if (out->json)
		print_json(path, &b);
	else
		printf("verified: the backup of %s of %s\n  %zu files, as the node signed them; a ledger of at least "
		       "%" PRIu64 " entries\n  as of space descriptor %" PRIu64 ", %s\n",
		       b.node, made, b.count, b.entries, b.descriptor.number, digest);
	hf_backup_done(&b);
	return HF_OK;
}
