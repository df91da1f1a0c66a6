/* window.h - which sequence numbers of a stream have been seen: the highest and a map of the 1024 below it. Pure. */
#ifndef HUFU_PEERS_WINDOW_H
#define HUFU_PEERS_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#define HF_SEEN_BITS 1024u

/* Mails are sent in order; two units committed the other way round may still swap neighbours, which the map allows. */
struct hf_seen {
	uint64_t next; /* highest seen + 1; 0: none */
	uint8_t bits[HF_SEEN_BITS / 8];
};
/* True for what was seen, and for what is so old that it must have been. */
bool hf_seen_has(const struct hf_seen *s, uint64_t sequence);
void hf_seen_add(struct hf_seen *s, uint64_t sequence);

#endif
