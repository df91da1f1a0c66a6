/*
 * descriptor.h - the space authority's folder: root key, the chain of signed descriptors, and the next one while it is
 * being written.
 *
 * DIR/root.secret (key file), DIR/root.key (public, one line of base64), DIR/descriptors.dsse (u32 length and envelope,
 * repeated), DIR/staged.descriptor (unsigned, until `hufu space issue`).
 */
#ifndef HUFU_TOOLS_DESCRIPTOR_H
#define HUFU_TOOLS_DESCRIPTOR_H

#include "base/mem.h"
#include "cli.h"
#include "crypto/sign.h"
#include "evidence/space.h"

/* A line of base64. */
enum hf_err root_key_load(const char *path, struct hf_sign_pub *ret_pub, struct hf_fault *f) HF_MUST_CHECK;
/* Verifies a descriptors.dsse file below the root key; ret_bytes (may be NULL) gets its bytes. A missing file is an
 * empty chain when `may_miss`. */
enum hf_err chain_load(const char *path, const struct hf_sign_pub *root, bool may_miss, struct hf_space **ret_space,
                       struct hf_buf *ret_bytes, struct hf_fault *f) HF_MUST_CHECK;

/* The next descriptor while it is changed; what is added to it lives in `mem`. */
struct draft {
	const char *dir;
	struct hf_sign_pub root;
	struct hf_space *chain;
	struct hf_buf chain_bytes;
	Hufu__Descriptor *d;
	struct hf_arena mem;
};
enum hf_err draft_open(const char *dir, struct draft *ret_draft, struct hf_fault *f) HF_MUST_CHECK;
void draft_done(struct draft *d);
/* Keeps the changes for later. */
enum hf_err draft_stage(struct draft *d, struct hf_fault *f) HF_MUST_CHECK;
/* Signs it as the next descriptor and appends it to the chain, after the same checks that every node makes. */
enum hf_err draft_issue(struct draft *d, const struct hf_sign_key *root, int64_t valid_days,
                        struct hf_fault *f) HF_MUST_CHECK;

/* Copies into the draft's memory. */
char *draft_text(struct draft *d, const char *text);
char **draft_texts(struct draft *d, const struct hf_list *list);
/* The member of that id, or NULL. */
Hufu__Member *draft_member(struct draft *d, const char *id);
/* Takes the request's member in, in order of id. Of a member that is there the roles, attributes and mirrors stay; a
 * key that changed ends at change_ms and the new one begins. The request must live as long as the draft. */
enum hf_err draft_admit(struct draft *d, Hufu__Member *request, int64_t change_ms, Hufu__Member **ret_member,
                        struct hf_fault *f) HF_MUST_CHECK;
/* key: NULL for the whole member; else the one that counts from at_ms on is revoked, which is not changed meanwhile. */
void draft_revoke(struct draft *d, const char *member, const Hufu__MemberKey *key, const char *reason, int64_t at_ms);

/* A new authority folder. */
enum hf_err authority_create(const char *dir, const char *id, const char *name, const char *passphrase,
                             struct hf_fault *f) HF_MUST_CHECK;
enum hf_err authority_key(const char *dir, const char *passphrase, struct hf_sign_key **ret_key,
                          struct hf_fault *f) HF_MUST_CHECK;
int64_t wall_now_ms(void);

#endif
