/*
 * init.h - making a node's folder and bringing it into a space.
 */
#ifndef HUFU_TOOLS_INIT_H
#define HUFU_TOOLS_INIT_H

#include "cli.h"
#include "evidence/node_keys.h"
#include "space.pb-c.h"

int init_node(struct hf_cli *cli, int argc, char **argv);
int join_space(struct hf_cli *cli, int argc, char **argv);

/* Reads and verifies a member request: HF_OK and the decoded request (hf_decoded_free). */
enum hf_err request_load(const char *path, Hufu__MemberRequest **ret_request, struct hf_fault *f) HF_MUST_CHECK;
/* Can DIR/member.request be read, which request_for_key changes? */
enum hf_err request_ready(const char *dir, struct hf_fault *f) HF_MUST_CHECK;
/* Does DIR/rotate.request name that key? */
bool request_names(const char *dir, enum hf_key_use use, const struct hf_sign_pub *pub);
/* DIR/member.request gets another key of that use; DIR/rotate.request is the same. */
enum hf_err request_for_key(const char *dir, const struct hf_node_keys *k, enum hf_key_use use,
                            const struct hf_sign_pub *pub, struct hf_fault *f) HF_MUST_CHECK;

#endif
