/* listen.c - see listen.h. */
#include "api/listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define PEM_MAX (256u << 10)
#define BACKLOG 64

/* getaddrinfo takes 99999 for another port. */
static bool port_ok(const char *text)
{
	size_t len = strlen(text);
	long port = len >= 1 && len <= 5 && strspn(text, "0123456789") == len ? strtol(text, NULL, 10) : 0;
	return port >= 1 && port <= 65535;
}

static enum hf_err resolve(const char *what, const char *address, struct addrinfo **ret, struct hf_fault *f)
{
	const struct addrinfo hints = {.ai_family = AF_UNSPEC,
	                               .ai_socktype = SOCK_STREAM,
	                               .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
	const char *colon = strrchr(address, ':');
	size_t len = colon ? (size_t)(colon - address) : 0;
	char host[128];

	if (len >= 2 && address[0] == '[' && address[len - 1] == ']')
		snprintf(host, sizeof(host), "%.*s", (int)len - 2, address + 1);
	else
		snprintf(host, sizeof(host), "%.*s", (int)len, address);
	if (len == 0 || len >= sizeof(host) || !port_ok(colon + 1) || getaddrinfo(host, colon + 1, &hints, ret) != 0)
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "%s.address is '%.100s'; write ADDRESS:PORT with a numeric address, for example "
		                    "192.0.2.10:8080 or [::]:8080",
		                    what, address);
	return HF_OK;
}

enum hf_err hf_listen_on(const char *what, const char *address, int *ret_fd, struct hf_fault *f)
{
	struct addrinfo *a = NULL;
	int one = 1;

	HF_TRY(resolve(what, address, &a, f));
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool ok = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0 &&
	          (a->ai_family != AF_INET6 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)) == 0) &&
	          bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0;
	int why = errno;

	freeaddrinfo(a);
	if (!ok) {
		if (fd >= 0)
			close(fd);
		return hf_fault_set(f, HF_E_IO, "nothing can be served on %.100s: %s; check %s.address", address,
		                    strerror(why), what);
	}
	*ret_fd = fd;
	return HF_OK;
}

enum hf_err hf_listen_file(const char *path, bool secret, struct hf_buf *out, struct hf_fault *f)
{
	struct stat st;
	enum hf_err e = hf_file_read(path, PEM_MAX, out);

	if (e != HF_OK)
		return hf_file_fault(f, e, path, PEM_MAX);
	if (secret && (stat(path, &st) != 0 || (st.st_mode & 077) != 0))
		return hf_fault_set(f, HF_E_STATE, "the file %.200s can be read by others; run `chmod 600` on it",
		                    path);
	return HF_OK;
}

enum hf_err hf_listen_pem(const char *path, bool secret, struct hf_buf *out, struct hf_fault *f)
{
	HF_TRY(hf_listen_file(path, secret, out, f));
	if (out->len == 0) /* what is not there must not read as "without TLS" */
		return hf_fault_set(f, HF_E_FORMAT, "%.200s is empty; it must hold the %s in PEM", path,
		                    secret ? "private key" : "certificate");
	return HF_OK;
}

enum hf_err hf_listen_is_loopback(const char *what, const char *address, bool *ret_yes, struct hf_fault *f)
{
	struct addrinfo *a = NULL;
	bool yes = false;
	HF_TRY(resolve(what, address, &a, f));
	if (a->ai_family == AF_INET)
		yes = (ntohl(((struct sockaddr_in *)(void *)a->ai_addr)->sin_addr.s_addr) >> 24) == 127;
	else if (a->ai_family == AF_INET6)
		yes = IN6_IS_ADDR_LOOPBACK(&((struct sockaddr_in6 *)(void *)a->ai_addr)->sin6_addr);
	freeaddrinfo(a);
	*ret_yes = yes;
	return HF_OK;
}
