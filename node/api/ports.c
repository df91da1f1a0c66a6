/* ports.c - which sockets this process listens on, and whether the configuration knows them (DS-83). */
#include <arpa/inet.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/doctor.h"
#include "peers/peers.h"

#define SOCKETS_MAX 4096
#define TCP_LISTEN 0x0A
#define UDP_UNCONNECTED 0x07

struct sockets {
	unsigned long inode[SOCKETS_MAX];
	size_t count;
};

static void load_own(struct sockets *s)
{
	DIR *d = opendir("/proc/self/fd");
	for (struct dirent *e; d && (e = readdir(d)) != NULL;) {
		char link[64];
		ssize_t n = readlinkat(dirfd(d), e->d_name, link, sizeof(link) - 1);
		link[n > 0 ? n : 0] = '\0';
		if (strncmp(link, "socket:[", 8) == 0 && s->count < SOCKETS_MAX)
			s->inode[s->count++] = strtoul(link + 8, NULL, 10);
	}
	if (d)
		closedir(d);
}

static bool is_own(const struct sockets *s, unsigned long inode)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->inode[i] == inode)
			return true;
	return false;
}

/* Four 32-bit numbers in the machine's order. */
static bool ipv6_text(const char *proc, char *out, size_t cap)
{
	uint8_t b[16];
	for (unsigned i = 0; i < 4; i++) {
		char word[9];
		snprintf(word, sizeof(word), "%.8s", proc + (size_t)8 * i);
		uint32_t raw = (uint32_t)strtoul(word, NULL, 16);
		memcpy(b + (size_t)4 * i, &raw, sizeof(raw));
	}
	return inet_ntop(AF_INET6, b, out, (socklen_t)cap) != NULL;
}

/* An address as the kernel prints it; IPv4 is one 32-bit number in the machine's order. */
static void address_text(const char *proc, char *out, size_t cap)
{
	unsigned long port = 0;
	const char *colon = strrchr(proc, ':');
	if (colon)
		port = strtoul(colon + 1, NULL, 16);
	char v6[INET6_ADDRSTRLEN];
	if (colon && colon - proc == 32 && ipv6_text(proc, v6, sizeof(v6))) {
		snprintf(out, cap, "[%s]:%lu", v6, port);
		return;
	}
	if (!colon || colon - proc != 8) {
		snprintf(out, cap, "[IPv6 %.32s]:%lu", proc, port);
		return;
	}
	uint32_t raw = (uint32_t)strtoul(proc, NULL, 16);
	uint8_t b[4];
	memcpy(b, &raw, sizeof(b));
	snprintf(out, cap, "%u.%u.%u.%u:%lu", b[0], b[1], b[2], b[3], port);
}

bool doctor_same_address(const char *proc, const char *configured)
{
	char text[80];
	if (strncmp(configured, "tcp://", 6) != 0)
		return false;
	address_text(proc, text, sizeof(text));
	const char *at = configured + 6;
	if (strcmp(text, at) == 0)
		return true;
	const char *a = strrchr(text, ':'), *b = strrchr(at, ':');
	bool any = strncmp(at, "*:", 2) == 0 || strncmp(at, "0.0.0.0:", 8) == 0 || strncmp(at, "[::]:", 5) == 0;
	return any && a && b && strcmp(a, b) == 0 && (strncmp(text, "0.0.0.0:", 8) == 0 || text[0] == '[');
}

/* Without the configuration at hand the addresses that the descriptor announces stand for it. */
static bool is_announced(const struct hf_modules *m, const char *proc)
{
	const Hufu__Member *own = m->peers ? hf_space_member(hf_peers_space(m->peers), m->base->self.s) : NULL;
	for (size_t i = 0; own && i < own->n_addresses; i++)
		if (doctor_same_address(proc, own->addresses[i]))
			return true;
	return false;
}

static bool is_configured(const struct hf_modules *m, const char *proc)
{
	if (m->publish && doctor_same_address(proc, m->publish))
		return true;
	if (!m->listen)
		return is_announced(m, proc);
	for (const char *const *l = m->listen; *l; l++)
		if (doctor_same_address(proc, *l))
			return true;
	return false;
}

/* One table of /proc/net; adds a finding for each unknown socket and returns how many there were. */
static size_t check_table(json_t *list, const struct hf_modules *m, const struct sockets *own, const char *kind,
                          unsigned wanted)
{
	char path[64], line[512], address[80];
	size_t unknown = 0;
	snprintf(path, sizeof(path), "/proc/self/net/%s", kind);
	FILE *f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		char local[64];
		unsigned state = 0;
		unsigned long inode = 0;
		if (sscanf(line, " %*d: %63s %*s %x %*s %*s %*s %*s %*s %lu", local, &state, &inode) != 3)
			continue;
		if (state != wanted || !is_own(own, inode) || is_configured(m, local))
			continue;
		address_text(local, address, sizeof(address));
		doctor_add(list, "ports", "bad",
		           "find out what opened it and stop it; only addresses in hufu.yaml may be open",
		           "this node listens on %s %s, which is not configured", kind, address);
		unknown++;
	}
	if (f)
		fclose(f);
	return unknown;
}

void doctor_ports(json_t *list, const struct hf_modules *m)
{
	struct sockets *own = calloc(1, sizeof(*own));
	if (!own)
		abort();
	load_own(own);
	size_t unknown = check_table(list, m, own, "tcp", TCP_LISTEN) + check_table(list, m, own, "tcp6", TCP_LISTEN) +
	                 check_table(list, m, own, "udp", UDP_UNCONNECTED) +
	                 check_table(list, m, own, "udp6", UDP_UNCONNECTED);
	if (unknown == 0)
		doctor_add(list, "ports", "ok", "", "only configured addresses are open");
	free(own);
}
