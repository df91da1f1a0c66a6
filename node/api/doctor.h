/*
 * doctor.h - the node's self-check: each finding with its state and, when it is not good, the remedy.
 */
#ifndef HUFU_API_DOCTOR_H
#define HUFU_API_DOCTOR_H

#include "api/api.h"
#include "peers/peers.h"

/* A new array of {"check", "state": "ok"|"warn"|"bad", "text", "remedy"}. Loop thread; reads /proc. */
json_t *doctor_findings(const struct hf_modules *m);

/* Private to doctor.c and doctor_service.c, ports.c. */
void doctor_add(json_t *list, const char *check, const char *state, const char *remedy, const char *fmt, ...)
        __attribute__((format(printf, 5, 6)));
/* DS-54: suites, failures, latencies. */
void doctor_services(json_t *list, const struct hf_modules *m, const struct hf_peer_view *peers, size_t count);
/* DS-83: sockets of this process that listen without being configured. */
void doctor_ports(json_t *list, const struct hf_modules *m);
/* True when a listening TCP address, as /proc/net/tcp writes it ("0100007F:1F90"), is the configured one
 * ("tcp://127.0.0.1:8080"). */
bool doctor_same_address(const char *proc, const char *configured);

#endif
