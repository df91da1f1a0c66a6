/* window.c - see window.h. */
#include "peers/window.h"

#include <string.h>

bool hf_seen_has(const struct hf_seen *s, uint64_t sequence)
{
	if (sequence >= s->next)
		return false;
	if (s->next - sequence > HF_SEEN_BITS)
		return true;
	return s->bits[sequence / 8 % sizeof(s->bits)] >> (sequence % 8) & 1;
}

void hf_seen_add(struct hf_seen *s, uint64_t sequence)
{
	if (sequence >= s->next) {
		if (sequence - s->next >= HF_SEEN_BITS)
			memset(s->bits, 0, sizeof(s->bits));
		else
			for (uint64_t n = s->next; n < sequence; n++) /* skipped numbers may still come */
				s->bits[n / 8 % sizeof(s->bits)] &= (uint8_t) ~(1u << n % 8);
		s->next = sequence + 1;
	}
	s->bits[sequence / 8 % sizeof(s->bits)] |= (uint8_t)(1u << sequence % 8);
}
