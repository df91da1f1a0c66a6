/*
 * base.h - what every module of node/ gets handed at open: loop, log, clock, audit sink, metrics, random. Owned by
 * node.c.
 */
#ifndef HUFU_BASE_BASE_H
#define HUFU_BASE_BASE_H

#include <uv.h>

#include "base/audit.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/metrics.h"

struct hf_base {
	uv_loop_t *loop;
	struct hf_log *log;
	struct hf_clock clock;
	struct hf_system_clock *guard; /* what clock reads, to move its mark; NULL in tests with a clock of their own */
	struct hf_audit audit;
	struct hf_metrics *metrics;
	struct hf_name self; /* this node's id in the descriptor */
	char dir[512];       /* the node's data folder */
};

/* The local clock as it stands, without what others say: for what this node states of its own clock. */
static inline int64_t hf_local_ms(const struct hf_base *base)
{
	return base->guard ? hf_system_clock_local(base->guard) : hf_now_ms(&base->clock);
}

/* Raises one alarm: log line, counter, ledger entry of HF_EVENT_ALARM with kind and text, kept for `hufu doctor`.
 * The text goes into the ledger entry alone, never into the log (DS-94). Loop thread. */
void hf_alarm(const struct hf_base *base, const char *kind, const struct hf_id *txn, const char *fmt, ...)
        __attribute__((format(printf, 4, 5)));

#endif
