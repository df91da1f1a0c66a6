/*
 * fpe.c - fpe: mobile numbers' eight digits under FF1, many at a time, one thread. Baseline: as many AES-256 blocks as
 * FF1's ten rounds take, through the same calls of libcrypto.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "bench.h"
#include "crypto/block.h"
#include "masking/permutation/permutation.h"

#define VALUES 2000000u
#define VALUES_BRIEF 20000u
#define BATCH 1024u
#define BLOCKS 128u
#define ROUNDS 10u

static const uint8_t key[32] = "a key that only this bench uses";

static void stop(const char *what)
{
	fprintf(stderr, "hufu-bench: %s\n", what);
	exit(1);
}

static double permute(struct hf_permutation *p, size_t count)
{
	hf_u128 values[BATCH];
	int64_t before = bench_now_us();

	for (size_t at = 0; at < count; at += BATCH) {
		for (unsigned i = 0; i < BATCH; i++)
			values[i] = (at + i) % 100000000;
		if (hf_permutation_apply(p, values, BATCH) != HF_OK)
			stop("libcrypto failed");
	}
	return (double)count * 1e6 / (double)(bench_now_us() - before);
}

static double aes(struct hf_block *b, size_t count)
{
	uint8_t blocks[BLOCKS * HF_BLOCK_BYTES] = {0};
	int64_t before = bench_now_us();

	for (size_t at = 0; at < count * ROUNDS; at += BLOCKS) {
		if (!hf_block_encrypt(b, blocks, BLOCKS, blocks))
			stop("libcrypto failed");
	}
	return (double)count * 1e6 / (double)(bench_now_us() - before);
}

static double measure(struct bench *b, enum hf_engine engine, size_t count, double *ret_base)
{
	struct hf_permutation *p = NULL;
	struct hf_block *block = hf_block_new(key, sizeof(key));
	double *mine = hf_alloc(b->windows * sizeof(*mine)), *base = hf_alloc(b->windows * sizeof(*base)), median;

	if (!block || hf_permutation_new(&(struct hf_permutation_setup){.engine = engine,
	                                                                .key = key,
	                                                                .key_len = sizeof(key),
	                                                                .tweak = "cn.mobile",
	                                                                .tweak_len = 9,
	                                                                .radix = 10,
	                                                                .length = 8},
	                                 NULL, &p) != HF_OK)
		stop("no permutation");
	for (unsigned w = 0; w < b->windows; w++) {
		mine[w] = permute(p, count);
		base[w] = aes(block, count);
	}
	median = bench_median(mine, b->windows);
	*ret_base = bench_median(base, b->windows);
	free(mine);
	free(base);
	hf_permutation_free(p);
	hf_block_free(block);
	return median;
}

int bench_fpe(struct bench *b)
{
	const size_t count = bench_size_or(b, VALUES, VALUES_BRIEF);
	double base, ff1 = measure(b, HF_ENGINE_FF1, count, &base);

	bench_add(b, &(struct bench_result){.metric = "values_per_s",
	                                    .unit = "1/s",
	                                    .value = ff1,
	                                    .baseline = "the same number of AES blocks",
	                                    .baseline_value = base,
	                                    .target = 15e6,
	                                    .at_least = true});
	bench_add(b, &(struct bench_result){.metric = "swap_or_not_per_s",
	                                    .unit = "1/s",
	                                    .value = measure(b, HF_ENGINE_SWAP_OR_NOT, count / 10 + 1, &base)});
	return 0;
}
