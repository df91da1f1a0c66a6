/* listen.h - what the TCP listeners (publish.c, gateway.c) share: addresses and PEM files. Private to the folder. */
#ifndef HUFU_API_LISTEN_H
#define HUFU_API_LISTEN_H

#include "base/buf.h"

/* "192.0.2.10:8080", "[::]:8080". what: the setting's group, for the fault. */
enum hf_err hf_listen_on(const char *what, const char *address, int *ret_fd, struct hf_fault *f) HF_MUST_CHECK;
/* A file that others can read is refused when it is secret. */
enum hf_err hf_listen_file(const char *path, bool secret, struct hf_buf *out, struct hf_fault *f) HF_MUST_CHECK;
/* The same; an empty one is refused, too. */
enum hf_err hf_listen_pem(const char *path, bool secret, struct hf_buf *out, struct hf_fault *f) HF_MUST_CHECK;
/* HF_E_ARGUMENT: the address has not the form that hf_listen_on takes. */
enum hf_err hf_listen_is_loopback(const char *what, const char *address, bool *ret_yes,
                                  struct hf_fault *f) HF_MUST_CHECK;

#endif
