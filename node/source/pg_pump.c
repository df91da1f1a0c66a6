/* pg_pump.c - declared in pg_pump.h. */
#include "source/pg_pump.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/crypto.h"

void pg_pump_init(struct pg_pump *p)
{
	p->near = p->far = -1;
	p->answer = 0;
	p->in.len = p->in.at = p->out.len = p->out.at = 0;
	p->in.ended = p->out.ended = false;
}

bool pg_pump_begun(const struct pg_pump *p)
{
	return p->near >= 0;
}

bool pg_pump_begin(struct pg_pump *p, int fd)
{
	int pair[2];

	pg_pump_init(p);
	p->far = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (p->far < 0)
		return false;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) == 0) {
		p->near = pair[0];
		if (dup3(pair[1], fd, O_CLOEXEC) == fd) {
			close(pair[1]);
			return true;
		}
		close(pair[0]);
		close(pair[1]);
	}
	close(p->far);
	pg_pump_init(p);
	return false;
}

static bool is_idle(const struct pg_way *w)
{
	return w->at == w->len && !w->ended;
}

/* True: something moved. */
static bool move_way(struct pg_way *w, int from, int to)
{
	bool moved = false;
	ssize_t n;

	if (is_idle(w)) {
		n = recv(from, w->piece, sizeof(w->piece), MSG_DONTWAIT);
		w->at = 0;
		w->len = n > 0 ? (size_t)n : 0;
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
			w->ended = true;
			shutdown(to, SHUT_WR);
		}
		moved = n >= 0;
	}
	if (w->at < w->len) {
		n = send(to, w->piece + w->at, w->len - w->at, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n > 0)
			w->at += (size_t)n;
		else if (n < 0 && errno != EAGAIN && errno != EINTR)
			w->at = w->len; /* nobody is there; the other direction says so, too */
		moved |= n > 0;
	}
	return moved;
}

static short events_of(const struct pg_way *from_here, const struct pg_way *to_here)
{
	return (short)((is_idle(from_here) ? POLLIN : 0) | (to_here->at < to_here->len ? POLLOUT : 0));
}

void pg_pump_move(struct pg_pump *p, int wait_ms)
{
	struct pollfd fds[2];
	size_t before = p->in.at;
	bool fresh = is_idle(&p->in), moved;

	moved = move_way(&p->in, p->far, p->near);
	p->answer += p->in.at - (fresh ? 0 : before);
	moved |= move_way(&p->out, p->near, p->far);
	if (moved)
		return;
	fds[0] = (struct pollfd){events_of(&p->in, &p->out) ? p->far : -1, events_of(&p->in, &p->out), 0};
	fds[1] = (struct pollfd){events_of(&p->out, &p->in) ? p->near : -1, events_of(&p->out, &p->in), 0};
	poll(fds, 2, wait_ms);
}

void pg_pump_look(struct pg_pump *p)
{
	uint8_t byte;

	if (pg_pump_begun(p) && recv(p->near, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
		pg_pump_end(p);
}

void pg_pump_end(struct pg_pump *p)
{
	if (!pg_pump_begun(p))
		return;
	while (!p->out.ended && move_way(&p->out, p->near, p->far))
		;
	close(p->near);
	close(p->far);
	hf_wipe(p->in.piece, sizeof(p->in.piece));
	hf_wipe(p->out.piece, sizeof(p->out.piece));
	pg_pump_init(p);
}
