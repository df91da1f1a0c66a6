/* mask_trace.h - between mask_trace.c (offline, by a list of releases) and mask_trace_node.c (what a node released). */
#ifndef HUFU_TOOLS_MASK_TRACE_H
#define HUFU_TOOLS_MASK_TRACE_H

#include "cli.h"

/* The report of masking/trace.h for people; width: columns of the leak. Adds members to it. */
void hf_mask_trace_print(struct hf_cli *cli, json_t *report, size_t width);

struct hf_mask_trace_ask {
	const char *leak, *source, *reason; /* or: */
	const char *cancel;                 /* the trace that is to end */
};
int hf_mask_trace_node(struct hf_cli *cli, const struct hf_mask_trace_ask *ask);

#endif
