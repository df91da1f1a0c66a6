/*
 * policy_fuzz.c - the engine's inputs from the bytes of the fuzzer: a schema, trees, rules, changes and requests, and
 * after each the engine's answer against the reference evaluator's. Byte 0 says how many rules there are.
 */
#include "unit/policy/world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(struct world *w, unsigned count)
{
	struct hf_attr_value values[WORLD_VALUES_MAX];
	struct hf_policy_request rq;
	for (unsigned i = 0; i < count; i++) {
		world_request(w, values, &rq);
		world_compare(w, w->policy, &w->rules, &rq);
		world_compare_misses(w, &w->rules, &rq);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct draw d = {.data = data, .left = size, .bytes = true};
	struct world w;
	if (size == 0 || !hf_crypto_init())
		return 0;
	world_init(&w, &d, draw(&d, 40));
	ask(&w, 3);
	for (unsigned i = 0; i < 4 && d.left > 0; i++) {
		world_change(&w);
		ask(&w, 2);
	}
	world_done(&w);
	return 0;
}
