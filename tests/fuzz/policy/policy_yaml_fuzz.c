/* policy_yaml_fuzz.c - policy files for people, from anywhere. */
#include "fuzz/policy/policies.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_policy(data, size);
	return 0;
}
