/* doctor_service.c - the part of the self-check about transmission (DS-54): suites, failures, latencies. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/doctor.h"
#include "base/mem.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "crypto/sign.h"

#define SLOW_REPLY_MS 2000

/* FIPS 180-4, "abc". */
static bool hash_is_right(void)
{
	struct hf_hash h;
	char hex[65];
	hf_sha256("abc", 3, &h);
	hf_hash_hex(&h, hex);
	return strcmp(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad") == 0;
}

static bool signature_is_right(void)
{
	static const char words[] = "hufu self-check, signs nothing";
	struct hf_sign_key *k = hf_sign_key_new();
	struct hf_sign_pub pub;
	struct hf_sig sig;
	bool ok = false;
	if (k && hf_sign(k, words, sizeof(words), &sig)) {
		hf_sign_key_pub(k, &pub);
		ok = hf_sign_verify(&pub, words, sizeof(words), &sig) &&
		     !hf_sign_verify(&pub, words, sizeof(words) - 1, &sig);
	}
	hf_sign_key_free(k);
	return ok;
}

static bool cipher_is_right(void)
{
	static const char words[] = "hufu self-check";
	uint8_t key[32], box[sizeof(words) + HF_BOX_OVERHEAD];
	char back[sizeof(words)];
	hf_random(key, sizeof(key));
	bool ok = hf_box_seal(key, "a", 1, words, sizeof(words), box) &&
	          hf_box_open(key, "a", 1, box, sizeof(box), back) && memcmp(back, words, sizeof(words)) == 0;
	box[sizeof(box) - 1] ^= 1;
	return ok && !hf_box_open(key, "a", 1, box, sizeof(box), back);
}

static void check_suites(json_t *list)
{
	const char *wrong = !hf_suite_usable(HF_SUITE_INTL_1) ? "the suite"
	                    : !hash_is_right()                ? "the hash"
	                    : !signature_is_right()           ? "the signature"
	                    : !cipher_is_right()              ? "the cipher"
	                                                      : NULL;
	if (wrong)
		doctor_add(list, "suites", "bad", "stop the node; repair or replace the machine or its libraries",
		           "%s of suite %s does not give what it must", wrong, hf_suite_name(HF_SUITE_INTL_1));
	else
		doctor_add(list, "suites", "ok", "",
		           "suite %s is in use; hash, signature and cipher give what they must",
		           hf_suite_name(HF_SUITE_INTL_1));
}

static void check_failures(json_t *list, const struct hf_modules *m)
{
	const struct hf_metrics *x = m->base->metrics;
	long long store = (long long)hf_metrics_get(x, "store_failures_total");
	long long refused = (long long)hf_metrics_get(x, "peer_refused");
	long long alarms = (long long)hf_metrics_get(x, "alarms");
	if (store > 0)
		doctor_add(list, "failures", "warn", "check the disk of the node's folder, then its log (module store)",
		           "%lld writes of the store failed since the start", store);
	else
		doctor_add(list, "failures", "ok", "",
		           "since the start no write of the store failed; %lld refusals of peers, %lld alarms", refused,
		           alarms);
}

static double average_ms(const struct hf_modules *m)
{
	struct hf_service_view *rows = hf_alloc(HF_METRICS_SERVICES * sizeof(*rows));
	size_t n = hf_metrics_services(m->base->metrics, rows, HF_METRICS_SERVICES);
	uint64_t calls = 0, micros = 0;
	for (size_t i = 0; i < n; i++) {
		if (rows[i].service[0] != '/') /* a peer's request */
			continue;
		calls += rows[i].calls;
		micros += rows[i].micros;
	}
	free(rows);
	return calls ? (double)micros / (double)calls / 1000.0 : 0;
}

static void check_latencies(json_t *list, const struct hf_modules *m, const struct hf_peer_view *peers, size_t count)
{
	const struct hf_peer_view *slowest = NULL;
	for (size_t i = 0; i < count; i++)
		if (peers[i].up && peers[i].reply_ms >= 0 && (!slowest || peers[i].reply_ms > slowest->reply_ms))
			slowest = &peers[i];
	if (slowest && slowest->reply_ms > SLOW_REPLY_MS)
		doctor_add(list, "latencies", "warn", "look at the network to it and at the load of both nodes",
		           "%s took %lld ms to answer a ping", slowest->id, (long long)slowest->reply_ms);
	else if (slowest)
		doctor_add(list, "latencies", "ok", "",
		           "the slowest peer (%s) answers a ping within %lld ms; a command takes %.1f ms on average",
		           slowest->id, (long long)slowest->reply_ms, average_ms(m));
	else
		doctor_add(list, "latencies", "ok", "", "no peer was pinged yet; a command takes %.1f ms on average",
		           average_ms(m));
}

void doctor_services(json_t *list, const struct hf_modules *m, const struct hf_peer_view *peers, size_t count)
{
	check_suites(list);
	check_failures(list, m);
	check_latencies(list, m, peers, count);
}
