/*
 * backup.h - a backup of a node's folder (DS-99): the list of its files with their digests, signed by the node's
 * envelope key, so that what is restored is what was backed up. Written by the node, checked before a restore and by
 * anyone with the root key. No keys and no slots are in it.
 *
 * DIR/backup.dsse: a signed envelope; its payload is text, see backup.c. DIR/space/descriptors.dsse: the chain.
 */
#ifndef HUFU_EVIDENCE_BACKUP_H
#define HUFU_EVIDENCE_BACKUP_H

#include "crypto/sign.h"
#include "evidence/space.h"

#define HF_BACKUP_NAME "backup.dsse"
#define HF_BACKUP_FILES 10000
#define HF_BACKUP_PATH 200

struct hf_backup_file {
	char path[HF_BACKUP_PATH]; /* below DIR */
	uint64_t bytes;
	struct hf_hash digest;
};
struct hf_backup {
	char node[HF_NAME_MAX + 1], space[HF_NAME_MAX + 1];
	int64_t time_ms;
	uint64_t entries; /* of the node's ledger that the backup holds at least */
	struct hf_backup_file *files;
	size_t count;
	struct hf_hash digest;           /* of the envelope */
	struct hf_space_mark descriptor; /* of a checked one */
};
void hf_backup_done(struct hf_backup *b);
/* LIMIT: too many, or a name that is none of a backup. */
enum hf_err hf_backup_add(struct hf_backup *b, const char *path) HF_MUST_CHECK;
/* Reads the files that were added, signs, writes DIR/backup.dsse; sets bytes, digests and digest. Any thread. */
enum hf_err hf_backup_seal(const char *dir, const struct hf_sign_key *envelope, struct hf_backup *b,
                           struct hf_fault *f) HF_MUST_CHECK;
/* The list of files from a payload of backup.dsse; false when it is none. The caller frees with hf_backup_done, also
 * then. */
bool hf_backup_parse(const void *payload, size_t len, struct hf_backup *ret_backup);
/* Is everything there and as it was signed by a member's key? Errors name the first file that is not. */
enum hf_err hf_backup_check(const struct hf_trust *trust, const char *dir, struct hf_backup *ret_backup,
                            struct hf_fault *f) HF_MUST_CHECK;

#endif
