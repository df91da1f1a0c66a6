/* doctor.c - keys, clock, peers, disk, limits, descriptor, ledger, memory that could leave the machine. */
#include "api/doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>

#include "base/mem.h"
#include "crypto/secret.h"
#include "identity/accounts.h"
#include "ledger/ledger.h"
#include "proto/codec.h"
#include "release/methods.h"
#include "release/plans.h"
#include "source/mask_policy.h"

#define DAY_MS ((int64_t)24 * 60 * 60 * 1000)
#define MIB ((uint64_t)1 << 20)

void doctor_add(json_t *list, const char *check, const char *state, const char *remedy, const char *fmt, ...)
{
	char text[400];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	text[hf_utf8_cut(text, strlen(text))] = '\0';
	json_t *o = json_pack("{s:s, s:s, s:s, s:s}", "check", check, "state", state, "text", text, "remedy", remedy);
	if (o)
		json_array_append_new(list, o);
}

static void check_keys(json_t *list, const struct hf_modules *m)
{
	char path[600];
	struct stat st;
	snprintf(path, sizeof(path), "%s/keys/node.key", m->base->dir);
	if (stat(path, &st) != 0)
		doctor_add(list, "keys", "bad", "restore the file from its copy before the node is restarted",
		           "%s is gone", path);
	else if ((st.st_mode & 077) != 0)
		doctor_add(list, "keys", "bad", "run `chmod 600` on it", "%s can be read by others", path);
	else if (hf_keyfile_is_plain(path))
		doctor_add(list, "keys", "warn",
		           "make nodes with `hufu init --passphrase-file FILE`, so that a stolen disk gives no keys",
		           "%s is not encrypted", path);
	else
		doctor_add(list, "keys", "ok", "", "the node's keys are encrypted and readable by this node alone");
}

static void check_folder(json_t *list, const struct hf_modules *m)
{
	struct stat st;
	if (stat(m->base->dir, &st) == 0 && (st.st_mode & 027) != 0)
		doctor_add(list, "folder", "warn", "run `chmod 750` on it, or stricter",
		           "the node's folder is open to others");
	else
		doctor_add(list, "folder", "ok", "", "the node's folder is closed to others");
}

static void check_clock(json_t *list, const struct hf_peer_view *peers, size_t count)
{
	struct timex t = {.modes = 0};
	int64_t worst = 0;
	for (size_t i = 0; i < count; i++)
		if (peers[i].up && llabs(peers[i].clock_skew_ms) > llabs(worst))
			worst = peers[i].clock_skew_ms;
	if (llabs(worst) > HF_CLOCK_SKEW_MS)
		doctor_add(list, "clock", "bad", "set the clock by a time service (chrony, systemd-timesyncd)",
		           "the clock differs by %lld s from a peer's", (long long)worst / 1000);
	else if (adjtimex(&t) < 0 || (t.status & STA_UNSYNC))
		doctor_add(list, "clock", "warn", "run a time service (chrony, systemd-timesyncd)",
		           "the clock is not kept by a time service");
	else
		doctor_add(list, "clock", "ok", "",
		           "the clock is kept by a time service; %lld ms from the farthest peer", (long long)worst);
}

static void check_peers(json_t *list, const struct hf_peer_view *peers, size_t count)
{
	size_t down = 0, parked = 0, outside = 0;
	char names[200] = "";
	for (size_t i = 0; i < count; i++) {
		if (peers[i].standing == HF_OK && !peers[i].up &&
		    strlen(names) + strlen(peers[i].id) + 8 < sizeof(names))
			snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s", names[0] ? ", " : "",
			         peers[i].id);
		outside += peers[i].standing != HF_OK;
		down += peers[i].standing == HF_OK && !peers[i].up;
		parked += peers[i].parked > 0;
	}
	if (outside)
		doctor_add(list, "membership", "warn",
		           "ask the space authority for a new descriptor, or nothing when they left",
		           "%zu members are revoked or outside their validity", outside);
	if (parked)
		doctor_add(list, "mail", "warn", "look at `hufu peers`, settle the cause, then `hufu peers --retry`",
		           "%zu peers refused mail for good", parked);
	if (down)
		doctor_add(list, "peers", "warn", "check their address and the network; `hufu peers` shows since when",
		           "%zu of %zu peers are not connected: %s", down, count, names);
	else
		doctor_add(list, "peers", "ok", "", "all %zu peers are connected", count - outside);
}

static void check_risk(json_t *list, const struct hf_peer_view *peers, size_t count)
{
	char names[200] = "";
	for (size_t i = 0; i < count; i++)
		if ((peers[i].risky || peers[i].locked) && strlen(names) + strlen(peers[i].id) + 24 < sizeof(names))
			snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s (%s%u)",
			         names[0] ? ", " : "", peers[i].id, peers[i].locked ? "locked, " : "", peers[i].risk);
	if (names[0])
		doctor_add(list, "risk", "warn",
		           "look for what they did with `hufu ledger tail` (peer-refused, step-up) and ask their "
		           "operators",
		           "the risk score of a peer is high: %s", names);
	else
		doctor_add(list, "risk", "ok", "", "no peer has a high risk score");
}

static void check_sessions(json_t *list, const struct hf_modules *m)
{
	char names[200];
	size_t n = m->identity ? hf_identity_step_ups(m->identity, names, sizeof(names)) : 0;
	if (n > 0)
		doctor_add(list, "sessions", "warn",
		           "ask the person what was refused; logging in again with the second factor ends it",
		           "%zu sessions must authenticate again: %s", n, names);
	else
		doctor_add(list, "sessions", "ok", "", "no session must authenticate again");
}

static void check_descriptor(json_t *list, const struct hf_modules *m)
{
	const struct hf_space *s = m->peers ? hf_peers_space(m->peers) : NULL;
	int64_t now = hf_now_ms(&m->base->clock);
	if (!s || hf_space_number(s) == 0) {
		doctor_add(list, "descriptor", "bad", "bring the authority's files here with `hufu space join`",
		           "this node is in no space");
		return;
	}
	long long number = (long long)hf_space_number(s);
	int64_t left = hf_space_current(s)->not_after_ms - now;
	enum hf_err standing = hf_space_standing(s, m->base->self.s, now);
	if (left <= 0)
		doctor_add(list, "descriptor", "bad", "get a newer one from the authority: `hufu space update`",
		           "descriptor %lld has run out", number);
	else if (standing != HF_OK)
		doctor_add(list, "descriptor", "bad", "ask the space authority", "this node: %s",
		           hf_err_text(standing));
	else if (left < 7 * DAY_MS)
		doctor_add(list, "descriptor", "warn", "get a newer one from the authority: `hufu space update`",
		           "descriptor %lld runs out in %lld days", number, (long long)(left / DAY_MS));
	else
		doctor_add(list, "descriptor", "ok", "", "descriptor %lld is good for %lld days", number,
		           (long long)(left / DAY_MS));
}

static void check_ledger(json_t *list, const struct hf_modules *m)
{
	struct hf_ledger_state s;
	if (!m->ledger)
		return;
	hf_ledger_state(m->ledger, &s);
	uint64_t behind = s.durable > s.witnessed_size ? s.durable - s.witnessed_size : 0;
	if (s.read_only)
		doctor_add(list, "ledger", "bad",
		           s.set_back ? "follow what it says; `hufu ledger recover` brings the ledger back"
		                      : "follow what it says: `hufu keys rotate log`",
		           "the ledger is read-only: %s", s.halted);
	else if (s.halted[0])
		doctor_add(list, "ledger", "bad", "follow what it says, then restart the node",
		           "the ledger has stopped: %s", s.halted);
	else if (s.witnesses < s.quorum)
		doctor_add(list, "ledger", "warn", "check that the witnesses are connected: `hufu peers`",
		           "%llu entries await witnesses: %u of %u needed cosign", (unsigned long long)behind,
		           s.witnesses, s.quorum);
	else if (behind > 1000)
		doctor_add(list, "ledger", "warn", "check the witnesses' connections: `hufu peers`",
		           "%llu entries are not witnessed yet", (unsigned long long)behind);
	else
		doctor_add(list, "ledger", "ok", "", "%llu entries, %llu of them witnessed",
		           (unsigned long long)s.durable, (unsigned long long)s.witnessed_size);
}

struct clocks {
	char ahead[200], apart[200];
};

static void look_at_clock(void *ctx, const struct hf_clock_view *v)
{
	struct clocks *c = ctx;
	if (v->ahead_ms > HF_CLOCK_SKEW_MS && strlen(c->ahead) + strlen(v->node) + 32 < sizeof(c->ahead))
		snprintf(c->ahead + strlen(c->ahead), sizeof(c->ahead) - strlen(c->ahead), "%s%s (%lld s)",
		         c->ahead[0] ? ", " : "", v->node, (long long)v->ahead_ms / 1000);
	if (v->spread_ms > HF_CLOCK_SKEW_MS && strlen(c->apart) + strlen(v->node) + 32 < sizeof(c->apart))
		snprintf(c->apart + strlen(c->apart), sizeof(c->apart) - strlen(c->apart), "%s%s (%lld s)",
		         c->apart[0] ? ", " : "", v->node, (long long)v->spread_ms / 1000);
}

/* The writer's clock is in its entries, the witnesses' in their cosignatures. */
static void check_times(json_t *list, const struct hf_modules *m)
{
	struct clocks c = {"", ""};
	if (!m->ledger)
		return;
	hf_ledger_clocks(m->ledger, look_at_clock, &c);
	if (c.ahead[0])
		doctor_add(list, "ledger times", "warn",
		           "set that node's clock by a time service; `hufu ledger verify` names the entries",
		           "entries are later than their witnesses' clocks in the ledger of %s", c.ahead);
	else if (c.apart[0])
		doctor_add(list, "ledger times", "warn", "ask the witnesses' operators to set their clocks",
		           "the witnesses' clocks are apart over the ledger of %s", c.apart);
	else
		doctor_add(list, "ledger times", "ok", "", "entries agree with the clocks of their witnesses");
}

static bool count_frozen(void *ctx, const struct hf_evidence_view *v)
{
	char *names = ctx;
	if (v->frozen && strlen(names) + strlen(v->node) + 3 < 200)
		snprintf(names + strlen(names), 200 - strlen(names), "%s%s", names[0] ? ", " : "", v->node);
	return true;
}

/* MK-55: the table of controls is to be looked at again by its date. */
static void check_controls(json_t *list, const struct hf_modules *m)
{
	struct hf_controls c;
	struct hf_fault f = {.code = HF_OK};
	char date[HF_TIME_TEXT];
	if (hf_controls_load(m->store, &c, &f) != HF_OK) {
		doctor_add(list, "masking controls", "bad", "set them anew: `hufu release controls set FILE`", "%s",
		           f.text);
		return;
	}
	hf_time_text(c.review_ms, date);
	if (c.version == 0)
		doctor_add(list, "masking controls", "ok", "",
		           "none are set; what is not general goes only by agreement");
	else if (c.review_ms <= hf_now_ms(&m->base->clock))
		doctor_add(list, "masking controls", "warn",
		           "the security administrator looks at them and sets them with a later date: `hufu release "
		           "controls set FILE`",
		           "the review of version %u of the controls was due on %.10s", c.version, date);
	else
		doctor_add(list, "masking controls", "ok", "", "version %u, to be reviewed by %.10s", c.version, date);
}

static bool any_plan(void *ctx, const Hufu__MaskPlanRow *row)
{
	(void)row;
	*(bool *)ctx = true;
	return false;
}

/* MK-55: where there are plans there are rules for how people work with them. */
static void check_operation(json_t *list, const struct hf_modules *m)
{
	Hufu__MaskPolicyRow *row HF_CLEANUP(hf_decoded_done) = NULL;
	char date[HF_TIME_TEXT];
	bool plans = false;
	enum hf_err e = hf_mask_policy_get(m->store, HF_MASK_OPERATION, 0, &row);

	if (e != HF_OK && e != HF_E_UNKNOWN) {
		doctor_add(list, "masking operation", "bad", "set them anew: `hufu release operation set FILE`", "%s",
		           hf_err_text(e));
	} else if (!row) {
		if (m->release && hf_release_plans(m->release, any_plan, &plans) == HF_OK && plans)
			doctor_add(list, "masking operation", "warn", "set them: `hufu release operation set FILE`",
			           "there are masking plans and no operation rules of workflow and tools");
		else
			doctor_add(list, "masking operation", "ok", "",
			           "no operation rules are set, and no plan is stored");
	} else {
		hf_time_text(row->review_ms, date);
		if (row->review_ms <= hf_now_ms(&m->base->clock))
			doctor_add(list, "masking operation", "warn",
			           "the security administrator looks at them and sets them with a later date: `hufu "
			           "release operation set FILE`",
			           "the review of version %u of the operation rules was due on %.10s", row->version,
			           date);
		else
			doctor_add(list, "masking operation", "ok", "", "version %u, to be reviewed by %.10s",
			           row->version, date);
	}
}

/* MK-35: plans that use the node's own methods wait until those were tried. */
static void check_methods(json_t *list, const struct hf_modules *m)
{
	struct hf_release_methods_view v;
	size_t ready = 0;

	for (size_t i = 0; m->release && hf_release_methods_at(m->release, i, &v); i++) {
		if (v.methods) {
			ready++;
			continue;
		}
		if (v.tried)
			doctor_add(list, "masking methods", "warn", "`hufu release methods` says more",
			           "those of %.200s are not used: %.200s", v.path, v.why);
		else
			doctor_add(list, "masking methods", "warn", "wait; plans that use them wait, too",
			           "trying those of %.200s, since the node started", v.path);
	}
	if (ready)
		doctor_add(list, "masking methods", "ok", "", "%zu files of them were tried and are used", ready);
}

static void check_histories(json_t *list, const struct hf_modules *m)
{
	char names[200] = "";
	if (!m->ledger || hf_ledger_evidence(m->ledger, count_frozen, names) != HF_OK)
		return;
	if (names[0])
		doctor_add(list, "histories", "warn",
		           "look at `hufu ledger evidence`; its operator finds the other copy and the authority "
		           "certifies another log key",
		           "two histories were signed by the log key of %s; nothing of it is cosigned or stored",
		           names);
	else
		doctor_add(list, "histories", "ok", "", "no log is known to have signed two histories");
}

/* Names of those for whom pick holds, separated by commas; returns their number. */
static size_t name_mirrors(const struct hf_mirror_view *v, size_t count, bool (*pick)(const struct hf_mirror_view *v),
                           char *out, size_t cap)
{
	size_t n = 0;
	out[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		if (!pick(&v[i]))
			continue;
		if (strlen(out) + strlen(v[i].node) + 3 < cap)
			snprintf(out + strlen(out), cap - strlen(out), "%s%s", n ? ", " : "", v[i].node);
		n++;
	}
	return n;
}

static bool over_quota(const struct hf_mirror_view *v)
{
	return v->refusing == HF_E_QUOTA;
}

/* A party that has not heard of the transaction is no finding. */
static bool refuses_ours(const struct hf_mirror_view *v)
{
	return v->refused == HF_E_QUOTA || (v->refused != HF_OK && v->named);
}

static void check_mirrors(json_t *list, const struct hf_modules *m)
{
	struct hf_mirror_view *v = hf_alloc_zero(HF_MAX_MEMBERS * sizeof(*v));
	size_t count = m->ledger ? hf_ledger_mirrors(m->ledger, v, HF_MAX_MEMBERS) : 0;
	struct hf_ledger_quota quota = {0, 0};
	char names[200];
	uint64_t held = 0;
	if (m->ledger)
		hf_ledger_held(m->ledger, &held, &quota);
	if (name_mirrors(v, count, refuses_ours, names, sizeof(names)))
		doctor_add(
		        list, "own mirrors", "warn",
		        "talk to their operators; they raise mirrors.ledger_bytes or mirrors.total_bytes in hufu.yaml",
		        "this ledger is not stored any further by %s", names);
	if (name_mirrors(v, count, over_quota, names, sizeof(names)))
		doctor_add(list, "mirrors", "warn",
		           "raise mirrors.ledger_bytes or mirrors.total_bytes in hufu.yaml and restart, or ask why it "
		           "grows",
		           "the ledger of %s is not stored any further: the quota is used up (%llu of %llu MiB in all)",
		           names, (unsigned long long)(held / MIB), (unsigned long long)(quota.total_bytes / MIB));
	else if (held > quota.total_bytes / 10 * 9)
		doctor_add(list, "mirrors", "warn", "raise mirrors.total_bytes in hufu.yaml and restart",
		           "others' ledgers take %llu of at most %llu MiB", (unsigned long long)(held / MIB),
		           (unsigned long long)(quota.total_bytes / MIB));
	else
		doctor_add(list, "mirrors", "ok", "", "others' ledgers take %llu of at most %llu MiB",
		           (unsigned long long)(held / MIB), (unsigned long long)(quota.total_bytes / MIB));
	free(v);
}

static void check_disk(json_t *list, const struct hf_modules *m)
{
	struct statvfs v;
	if (statvfs(m->base->dir, &v) != 0) {
		doctor_add(list, "disk", "bad", "check the file system",
		           "the free space of the node's folder cannot be read");
		return;
	}
	uint64_t mib = (uint64_t)v.f_bavail * v.f_frsize / MIB;
	const char *state = mib < 200 ? "bad" : mib < 2048 ? "warn" : "ok";
	doctor_add(list, "disk", state,
	           mib < 2048 ? "free space on the disk of the node's folder, or move the folder" : "",
	           "%llu MiB are free", (unsigned long long)mib);
}

static void check_limits(json_t *list)
{
	struct rlimit files = {0, 0}, locked = {0, 0}, core = {0, 0};
	getrlimit(RLIMIT_NOFILE, &files);
	getrlimit(RLIMIT_MEMLOCK, &locked);
	getrlimit(RLIMIT_CORE, &core);
	if (files.rlim_cur < 1024)
		doctor_add(list, "open files", "warn", "set LimitNOFILE=65536 in the service unit",
		           "only %llu files may be open", (unsigned long long)files.rlim_cur);
	else
		doctor_add(list, "open files", "ok", "", "%llu files may be open", (unsigned long long)files.rlim_cur);
	if (locked.rlim_cur < 4 * MIB)
		doctor_add(list, "locked memory", "warn", "set LimitMEMLOCK=64M in the service unit",
		           "only %llu KiB may be locked", (unsigned long long)locked.rlim_cur / 1024);
	else
		doctor_add(list, "locked memory", "ok", "", "secrets are in locked memory");
	if (core.rlim_cur != 0)
		doctor_add(list, "core dumps", "warn", "set LimitCORE=0 in the service unit",
		           "a crash would write memory to disk");
	else if (prctl(PR_GET_DUMPABLE) != 0)
		doctor_add(list, "core dumps", "warn", "start hufud itself, not from within another program",
		           "a crash would hand memory to the program that kernel.core_pattern names");
	else
		doctor_add(list, "core dumps", "ok", "",
		           "a crash writes no memory to disk, and hands none to a program");
}

static void check_swap(json_t *list)
{
	char line[512];
	size_t lines = 0;
	FILE *f = fopen("/proc/swaps", "re");
	while (f && fgets(line, sizeof(line), f))
		lines++;
	if (f)
		fclose(f);
	if (lines > 1)
		doctor_add(list, "swap", "warn",
		           "turn swap off, or encrypt it: keys are locked in memory, data in work is not",
		           "memory may be written to swap");
	else
		doctor_add(list, "swap", "ok", "", "there is no swap");
}

json_t *doctor_findings(const struct hf_modules *m)
{
	json_t *list = json_array();
	struct hf_peer_view *peers = hf_alloc_zero(HF_MAX_MEMBERS * sizeof(*peers));
	size_t count = m->peers ? hf_peers_list(m->peers, peers, HF_MAX_MEMBERS) : 0;
	check_keys(list, m);
	check_folder(list, m);
	check_descriptor(list, m);
	check_peers(list, peers, count);
	doctor_services(list, m, peers, count);
	check_risk(list, peers, count);
	check_sessions(list, m);
	check_clock(list, peers, count);
	check_ledger(list, m);
	check_histories(list, m);
	check_controls(list, m);
	check_operation(list, m);
	check_methods(list, m);
	check_times(list, m);
	check_mirrors(list, m);
	check_disk(list, m);
	check_limits(list);
	check_swap(list);
	doctor_ports(list, m);
	free(peers);
	return list;
}
