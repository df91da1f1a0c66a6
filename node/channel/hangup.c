/*
 * hangup.c - how a connection is ended. nng 1.5.2 may not be told to close one that is busy: when its pipe is closed
 * between the halves of a message (behind its length, or behind a partial write), the second half is refused in
 * silence, the receive or send above it never ends, and the one thread of the process that clears pipes away waits for
 * it for ever. No link would come up again. So the connection is shut down below nng, which then finds both directions
 * ended and closes the pipe itself; only what is still there after a while (it was not reading: then nothing is half
 * read) is closed from above.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "channel/bridge_internal.h"

#define NEVER_MS (24 * 60 * 60 * 1000)

static bool same_address(const nng_sockaddr *a, const struct sockaddr_storage *b)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)b;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)b;
	if (a->s_family == NNG_AF_INET && b->ss_family == AF_INET)
		return a->s_in.sa_port == v4->sin_port && a->s_in.sa_addr == v4->sin_addr.s_addr;
	return a->s_family == NNG_AF_INET6 && b->ss_family == AF_INET6 && a->s_in6.sa_port == v6->sin6_port &&
	       memcmp(a->s_in6.sa_addr, &v6->sin6_addr, sizeof(v6->sin6_addr)) == 0;
}

/* Only sockets: to let go of a copy of a locked file would end the process's locks on it. */
static bool is_socket(const struct hf_hang_up *h, const char *name)
{
	char what[16];
	ssize_t n = readlinkat(dirfd(h->all), name, what, sizeof(what));
	return n > 7 && memcmp(what, "socket:", 7) == 0;
}

/* The kernel's own call: that nng may close the descriptor at this moment is meant, and seen by what is found in the
 * copy, while ThreadSanitizer takes it for a mistake. */
static bool take_as(int theirs, int fd)
{
	return syscall(SYS_dup3, theirs, fd, O_CLOEXEC) == fd;
}

/* On a descriptor of our own, so that it cannot become another connection meanwhile; kept for this, since there may be
 * no other one left just then. */
static bool shut_down(const struct hf_hang_up *h, int theirs, const nng_sockaddr *local, const nng_sockaddr *remote)
{
	struct sockaddr_storage here, there;
	socklen_t here_len = sizeof(here), there_len = sizeof(there);
	const int fd = h->spare;
	return take_as(theirs, fd) && getpeername(fd, (struct sockaddr *)&there, &there_len) == 0 &&
	       same_address(remote, &there) && getsockname(fd, (struct sockaddr *)&here, &here_len) == 0 &&
	       same_address(local, &here) && shutdown(fd, SHUT_RDWR) == 0;
}

enum hf_err hf_hang_up_init(struct hf_hang_up *h, struct hf_fault *f)
{
	h->all = opendir("/proc/self/fd");
	h->spare = h->all ? fcntl(dirfd(h->all), F_DUPFD_CLOEXEC, 3) : -1;
	if (h->spare >= 0)
		return HF_OK;
	hf_hang_up_done(h);
	return hf_fault_set(f, HF_E_INTERNAL,
	                    "the channel cannot see its own connections; mount /proc, and allow more open files");
}

void hf_hang_up_done(struct hf_hang_up *h)
{
	if (h->spare >= 0)
		close(h->spare);
	if (h->all)
		closedir(h->all);
	*h = (struct hf_hang_up){NULL, -1};
}

void hf_pipe_hang_up(struct hf_bridge *b, nng_pipe p)
{
	const struct hf_hang_up *h = &b->hang_up;
	nng_sockaddr local, remote;
	struct dirent *entry;
	bool done = false;
	if (nng_pipe_get_addr(p, NNG_OPT_LOCADDR, &local) != 0 || nng_pipe_get_addr(p, NNG_OPT_REMADDR, &remote) != 0)
		return; /* gone already */
	if (local.s_family != NNG_AF_INET && local.s_family != NNG_AF_INET6) {
		nng_pipe_close(p);
		return;
	}
	if (!h->all)
		return;
	rewinddir(h->all);
	while (!done && (entry = readdir(h->all))) {
		const int fd = (int)strtol(entry->d_name, NULL, 10);
		if (entry->d_name[0] != '.' && fd != h->spare && fd != dirfd(h->all) && is_socket(h, entry->d_name))
			done = shut_down(h, fd, &local, &remote);
	}
	(void)!take_as(dirfd(h->all), h->spare); /* lets go of what it was */
}

/* Due: to be closed from above, or to be taken for gone. */
struct due {
	uint32_t close[HF_PIPE_BUCKETS], gone[HF_PIPE_BUCKETS], look[HF_PIPE_BUCKETS];
	size_t close_count, gone_count, look_count;
	bool lost; /* a link is without connection */
	uint64_t now_us;
};

static uint64_t reap_us(const struct hf_bridge *b)
{
	return (b->stuck ? HF_REAP_AGAIN_MS : HF_REAP_MS) * UINT64_C(1000);
}

static bool add(uint32_t ids[HF_PIPE_BUCKETS], size_t *count, uint32_t id)
{
	bool room = *count < HF_PIPE_BUCKETS;
	if (room)
		ids[(*count)++] = id;
	return room;
}

static void look_at_pipes(const struct hf_bridge *b, const struct hf_pipe_list *list, struct due *d)
{
	struct hf_pipe *p;
	TAILQ_FOREACH(p, list, list)
	{
		uint64_t us = p->ending_us == 0 ? 0 : d->now_us - p->ending_us;
		if (us == 0 && b->stuck)
			(void)add(d->look, &d->look_count, p->id);
		else if (us >= reap_us(b))
			(void)add(d->gone, &d->gone_count, p->id);
		else if (us >= HF_HANG_UP_MS * 1000 && !p->hung_up)
			p->hung_up = add(d->close, &d->close_count, p->id);
	}
}

/* True when nng will not dial again. */
static bool look_at_link(struct hf_link *l, struct due *d)
{
	uint64_t us = d->now_us - l->ending_us;
	if (l->ending == 0 || l->pipe != l->ending) {
		l->ending = 0;
		us = d->now_us - l->lost_us;
		d->lost |= l->lost_us != 0 && us >= HF_REAP_MS * UINT64_C(1000) / 2;
		return l->bridge->stuck && l->lost_us != 0 && us >= reap_us(l->bridge);
	}
	if (us >= HF_HANG_UP_MS * 1000 && !l->hung_up)
		l->hung_up = add(d->close, &d->close_count, l->ending);
	return us >= reap_us(l->bridge);
}

static void stuck(struct hf_bridge *b)
{
	if (b->stuck)
		return;
	b->stuck = true;
	b->ops.on_stuck(b->ops.ctx);
}

/* The old socket stays: were its dialler to wake after all, its connections are refused. */
static void give_new_line(struct hf_bridge *b, struct hf_link *l)
{
	struct hf_line *old = l->line;
	nng_dialer_set_ms(old->dialer, NNG_OPT_RECONNMINT, NEVER_MS);
	nng_dialer_set_ms(old->dialer, NNG_OPT_RECONNMAXT, NEVER_MS);
	stuck(b);
	if (hf_link_open_line(l) != 0)
		return; /* again at the next tick */
	l->ending = 0;
	l->told = 0;
	l->lost_us = 0;
	b->ops.on_link(b->ops.ctx, l->cfg.owner, false);
}

static void finish(struct hf_bridge *b, struct due *d)
{
	nng_sockaddr sa;
	if (d->gone_count > 0)
		stuck(b);
	for (size_t i = 0; i < d->close_count; i++)
		nng_pipe_close((nng_pipe){d->close[i]});
	for (size_t i = 0; i < d->look_count; i++)
		if (nng_pipe_get_addr((nng_pipe){d->look[i]}, NNG_OPT_REMADDR, &sa) != 0)
			(void)add(d->gone, &d->gone_count, d->look[i]);
	for (size_t i = 0; i < d->gone_count; i++)
		hf_pipe_removed(b, d->gone[i]);
}

void hf_bridge_finish_endings(struct hf_bridge *b)
{
	struct due d = {.now_us = uv_hrtime() / 1000};
	struct hf_link *l;
	uv_mutex_lock(&b->lock);
	look_at_pipes(b, &b->known, &d);
	look_at_pipes(b, &b->unauthenticated, &d);
	uv_mutex_unlock(&b->lock);
	TAILQ_FOREACH(l, &b->links, list)
	{
		uv_mutex_lock(&b->lock);
		bool dead = look_at_link(l, &d);
		uv_mutex_unlock(&b->lock);
		if (dead && !b->closed)
			give_new_line(b, l);
	}
	if (d.lost && !b->stuck && !b->closed && !hf_canary_lives(b, d.now_us))
		stuck(b);
	finish(b, &d);
}
