/*
 * node.h - one node: every module, built and wired. The only file pair that knows all of them.
 */
#ifndef HUFU_NODE_NODE_H
#define HUFU_NODE_NODE_H

#include "api/api.h"
#include "config.h"

struct hf_node;

/* Opens every module from the bottom up and begins to serve. dir: the node's folder. passphrase NULL for plain keys. */
enum hf_err hf_node_open(uv_loop_t *loop, const char *dir, const struct hf_config *cfg, const char *passphrase,
                         int log_fd, struct hf_node **ret_node, struct hf_fault *f) HF_MUST_CHECK;
/* Closes from the top down; writes the stop entry first. The loop must still run callbacks afterwards until it is
 * empty. */
void hf_node_close(struct hf_node *n);
/* For benches and tests that look inside. */
const struct hf_modules *hf_node_modules(const struct hf_node *n);

#endif
