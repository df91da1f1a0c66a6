/*
 * backup.c - the route of backups (DS-99, DS-127): a consistent copy of the store while the node goes on, what belongs
 * to it, a signed list; and the entry about a restore. Keys are not in a backup; slots only in a copy of their own that
 * each further one overwrites, because a copy of them undoes erasures (ledger/slots.h).
 */
#include "api/backup.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "crypto/base64.h"
#include "evidence/backup.h"
#include "ledger/ledger.h"
#include "peers/peers.h"

#define PATH_CAP (HF_API_PATH + HF_BACKUP_PATH + 8)
#define RESTORED_MAX 4096

struct backing {
	uv_work_t req;
	struct hf_api_request *rq;
	const char *own; /* the node's folder */
	const struct hf_sign_key *key;
	struct hf_snapshot *snapshot;
	struct hf_buf chain;
	struct hf_backup backup;
	char dir[HF_API_PATH], slots[HF_API_PATH];
	enum hf_err err;
	struct hf_fault fault;
};

static enum hf_err cannot(struct backing *b, enum hf_err e, const char *what)
{
	return hf_fault_set(&b->fault, e, "%.300s/%s cannot be written: %s; %s", b->dir, what, hf_err_text(e),
	                    e == HF_E_NO_SPACE ? "make room there, or name a folder on another disk"
	                                       : "name a new folder that the node may write");
}

static enum hf_err make_folder(struct backing *b, const char *name)
{
	char path[PATH_CAP];
	snprintf(path, sizeof(path), "%s/%s", b->dir, name);
	return mkdir(path, 0700) == 0 ? HF_OK : cannot(b, errno == ENOSPC ? HF_E_NO_SPACE : HF_E_IO, name);
}

/* A file of the node's folder; one that is not there is not in the backup. */
static enum hf_err take_file(struct backing *b, const char *name)
{
	char from[PATH_CAP], to[PATH_CAP];
	snprintf(from, sizeof(from), "%s/%s", b->own, name);
	snprintf(to, sizeof(to), "%s/%s", b->dir, name);
	enum hf_err e = hf_file_copy(from, to, 0600, false);
	if (e == HF_E_UNKNOWN)
		return HF_OK;
	if (e != HF_OK)
		return cannot(b, e, name);
	e = hf_backup_add(&b->backup, name);
	return e == HF_OK ? HF_OK : hf_fault_set(&b->fault, e, "the node's folder has too many files for one backup");
}

static enum hf_err take_reports(struct backing *b)
{
	char path[PATH_CAP], name[HF_BACKUP_PATH];
	snprintf(path, sizeof(path), "%s/reports", b->own);
	DIR *d = opendir(path);
	enum hf_err e = HF_OK;
	for (struct dirent *entry; e == HF_OK && d && (entry = readdir(d));) {
		if (entry->d_name[0] == '.' || strstr(entry->d_name, ".part"))
			continue;
		snprintf(name, sizeof(name), "reports/%.150s", entry->d_name);
		e = take_file(b, name);
	}
	if (d)
		closedir(d);
	return e;
}

static enum hf_err take_chain(struct backing *b)
{
	static const char name[] = "space/descriptors.dsse";
	char path[PATH_CAP];
	snprintf(path, sizeof(path), "%s/%s", b->dir, name);
	enum hf_err e = hf_file_write(path, b->chain.data, b->chain.len, 0600);
	return e == HF_OK ? hf_backup_add(&b->backup, name) : cannot(b, e, name);
}

/* The promise first: a store that is newer keeps it, an older one would have to be recovered. */
static enum hf_err take_all(struct backing *b)
{
	static const char store[] = "state/data.mdb";
	char path[PATH_CAP];
	for (size_t i = 0; i < 4; i++)
		HF_TRY(make_folder(b, (const char *const[]){"state", "ledger", "space", "reports"}[i]));
	HF_TRY(take_file(b, "ledger/last-signed"));
	snprintf(path, sizeof(path), "%s/%s", b->dir, store);
	enum hf_err e = hf_snapshot_copy(b->snapshot, path);
	if (e == HF_OK)
		e = hf_backup_add(&b->backup, store);
	if (e != HF_OK)
		return cannot(b, e, store);
	HF_TRY(take_file(b, "hufu.yaml"));
	HF_TRY(take_file(b, "space/root.key"));
	HF_TRY(take_chain(b));
	HF_TRY(take_reports(b));
	return hf_backup_seal(b->dir, b->key, &b->backup, &b->fault);
}

/* After the store, whose every entry has its slot then. In place, so that no older copy stays behind. Not those of
 * sealed data (DS-85): destroyed means that no copy opens afterwards, and the data can be fetched again.
 */
static enum hf_err take_slots(struct backing *b)
{
	static const char *const names[] = {"slots-own", "slots-copies"};
	char from[PATH_CAP], to[PATH_CAP];
	if (!b->slots[0])
		return HF_OK;
	if (mkdir(b->slots, 0700) != 0 && errno != EEXIST)
		return hf_fault_set(&b->fault, HF_E_IO,
		                    "the folder %.300s cannot be made; name one that the node may write", b->slots);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(from, sizeof(from), "%s/ledger/%s", b->own, names[i]);
		snprintf(to, sizeof(to), "%s/%s", b->slots, names[i]);
		enum hf_err e = hf_file_copy(from, to, 0600, true);
		if (e != HF_OK && e != HF_E_UNKNOWN)
			return hf_fault_set(&b->fault, e, "%.300s cannot be written: %s", to, hf_err_text(e));
	}
	return HF_OK;
}

static void work(uv_work_t *req)
{
	struct backing *b = req->data;
	if (mkdir(b->dir, 0700) != 0)
		b->err = errno == EEXIST
		                 ? hf_fault_set(
		                           &b->fault, HF_E_EXISTS,
		                           "%.300s is there already; backups are never replaced, name another folder",
		                           b->dir)
		                 : hf_fault_set(&b->fault, HF_E_IO,
		                                "the folder %.300s cannot be made; name one that the node may write",
		                                b->dir);
	if (b->err == HF_OK)
		b->err = take_all(b);
	if (b->err == HF_OK)
		b->err = take_slots(b);
	if (b->err == HF_OK)
		b->err = hf_folder_sync(b->dir);
}

static void after(uv_work_t *req, int status)
{
	struct backing *b = req->data;
	struct hf_api_request *rq = b->rq;
	uint64_t bytes = 0;
	enum hf_err e = status == 0 ? b->err : HF_E_CANCELLED;
	for (size_t i = 0; i < b->backup.count; i++)
		bytes += b->backup.files[i].bytes;
	if (e == HF_OK) {
		json_object_set_new(rq->out, "folder", json_string(b->dir));
		json_object_set_new(rq->out, "files", json_integer((json_int_t)b->backup.count));
		json_object_set_new(rq->out, "bytes", json_integer((json_int_t)bytes));
		json_object_set_new(rq->out, "entries", json_integer((json_int_t)b->backup.entries));
		hf_api_out_hex(rq->out, "digest", b->backup.digest.b, sizeof(b->backup.digest.b));
		hf_draft_bytes(rq->draft, HF_FIELD_DIGEST, b->backup.digest.b, sizeof(b->backup.digest.b));
		hf_draft_int(rq->draft, HF_FIELD_DATA_LENGTH, (int64_t)bytes);
	} else if (b->fault.code != HF_OK) {
		rq->fault = b->fault;
	}
	hf_snapshot_close(b->snapshot);
	hf_buf_done(&b->chain);
	hf_backup_done(&b->backup);
	free(b);
	hf_api_finish(rq, e);
}

/* On the loop: what the worker will need, as of now. */
static enum hf_err prepare(struct hf_api_request *rq, struct backing *b)
{
	const struct hf_space *s = hf_peers_space(rq->m->peers);
	struct hf_ledger_state l;
	hf_ledger_state(rq->m->ledger, &l);
	HF_TRY(hf_space_write_stream(s, &b->chain));
	b->rq = rq;
	b->own = rq->m->base->dir;
	b->key = rq->m->keys->envelope;
	b->backup.time_ms = hf_now_ms(&rq->m->base->clock);
	b->backup.entries = l.durable;
	snprintf(b->backup.node, sizeof(b->backup.node), "%s", rq->m->base->self.s);
	snprintf(b->backup.space, sizeof(b->backup.space), "%s", hf_space_id(s));
	return hf_snapshot_open(rq->m->store, &b->snapshot);
}

static enum hf_err backup(struct hf_api_request *rq)
{
	char dir[HF_API_PATH], slots[HF_API_PATH];
	hf_draft_text(rq->draft, HF_FIELD_OBJECT, "backup of the node");
	HF_TRY(hf_api_place(rq, "folder", true, dir));
	HF_TRY(hf_api_place(rq, "slots", false, slots));
	hf_draft_textf(rq->draft, HF_FIELD_DETAIL, "into %.900s%s%.900s", dir, *slots ? ", slots into " : "", slots);
	struct backing *b = hf_alloc_zero(sizeof(*b));
	memcpy(b->dir, dir, sizeof(dir));
	memcpy(b->slots, slots, sizeof(slots));
	enum hf_err e = prepare(rq, b);
	if (e != HF_OK) {
		hf_buf_done(&b->chain);
		free(b);
		return hf_fault_default(&rq->fault, e);
	}
	b->req.data = b;
	hf_api_later(rq);
	uv_queue_work(rq->m->base->loop, &b->req, work, after);
	return HF_OK;
}

/* ---- the record of a restore ---- */

static void on_recorded(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	(void)info;
	if (e == HF_OK)
		unlink(ctx);
	free(ctx); /* else the next start tries again */
}

/* The value of a line "NAME VALUE"; "" when there is none. */
static void value_of(const char *text, const char *name, char *out, size_t cap)
{
	size_t len = strlen(name);
	out[0] = '\0';
	for (const char *at = text; at && *at; at = strchr(at, '\n'), at = at ? at + 1 : NULL)
		if (strncmp(at, name, len) == 0 && at[len] == ' ')
			snprintf(out, cap, "%.*s", (int)strcspn(at + len + 1, "\n"), at + len + 1);
}

void hf_restored_record(const struct hf_modules *m)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = HF_BUF_INIT;
	char path[600], by[128], made[64], entries[32], slots[64], digest[80];
	uint8_t raw[32];
	snprintf(path, sizeof(path), "%.500s/restored", m->base->dir);
	if (hf_file_read(path, RESTORED_MAX, &text) != HF_OK || !text.data ||
	    !hf_text_ok((const char *)text.data, text.len, text.len))
		return;
	value_of((const char *)text.data, "by", by, sizeof(by));
	value_of((const char *)text.data, "made", made, sizeof(made));
	value_of((const char *)text.data, "entries", entries, sizeof(entries));
	value_of((const char *)text.data, "slots", slots, sizeof(slots));
	value_of((const char *)text.data, "digest", digest, sizeof(digest));
	struct hf_unit *u = hf_unit_new();
	struct hf_draft *d = hf_draft_new(HF_EVENT_RESTORE, NULL);
	hf_draft_text(d, HF_FIELD_ACTOR, by[0] ? by : "unknown");
	hf_draft_text(d, HF_FIELD_ADDRESS, "offline");
	hf_draft_text(d, HF_FIELD_MANNER, "hufu restore");
	hf_draft_text(d, HF_FIELD_OBJECT, "backup of the node");
	hf_draft_outcome(d, HF_OK, NULL);
	hf_draft_textf(d, HF_FIELD_DETAIL, "the backup of %s with at least %s entries; slots: %s", made, entries,
	               slots);
	if (hf_hex_decode(digest, strlen(digest), raw, sizeof(raw)))
		hf_draft_bytes(d, HF_FIELD_DIGEST, raw, sizeof(raw));
	hf_unit_draft(u, d);
	hf_store_submit(m->store, u, on_recorded, hf_strdup(path));
}

const struct hf_route hf_routes_backup[] = {
        {"POST", "/v1/backup", HF_MAY_MANAGE_NODE, HF_EVENT_BACKUP, backup, 0},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
