/*
 * skew.h - does an entry's time agree with the clocks of those who cosigned it? An entry is older than the cosignatures
 * over it and younger than those that do not cover it yet; more than HF_CLOCK_SKEW_MS off is flagged, never refused.
 */
#ifndef HUFU_LEDGER_SKEW_H
#define HUFU_LEDGER_SKEW_H

#include "ledger/book.h"

bool hf_clock_off(const struct hf_worth *witnessed, uint64_t index, int64_t time_ms);

#endif
