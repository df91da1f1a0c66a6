/*
 * cmd_backup.c - hufu backup (asks the node) and hufu restore (works on the folder of a node that does not run). A
 * restore never takes away what is newer than the backup: the promise of the last signature, and the slots with what
 * was erased. The first start after it writes the entry.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "descriptor.h"
#include "evidence/backup.h"

#define PATH_CAP 1600
#define SLOTS_OWN "ledger/slots-own"
#define SLOTS_COPIES "ledger/slots-copies"

static int backup(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *slots = NULL;
	const struct hf_opt opts[] = {{"slots", &slots, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	char dir[PATH_MAX], slots_dir[PATH_MAX];
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	if (!hf_cli_absolute(cli, pos[0], dir) || (slots && !hf_cli_absolute(cli, slots, slots_dir)))
		return HF_EXIT_REFUSED;
	json_t *in = hf_cli_with("folder", dir);
	hf_cli_put(in, "slots", slots ? slots_dir : NULL);
	return hf_cli_do(cli, "POST", "/v1/backup", in,
	                 "the backup is in %s; `hufu-verify backup` checks it, `hufu restore` brings it back",
	                 "folder");
}

/* ---- restore ---- */

struct restoring {
	const char *from, *dir, *slots, *by;
	bool replace, without_slots;
	struct hf_backup backup;
	const char *slots_word; /* for the record */
	struct hf_fault *f;
};

static bool is_there(const char *dir, const char *name)
{
	char path[PATH_CAP];
	struct stat st;
	snprintf(path, sizeof(path), "%.1200s/%s", dir, name);
	return lstat(path, &st) == 0;
}

static enum hf_err make_folder(const struct restoring *r, const char *name)
{
	char path[PATH_CAP];
	snprintf(path, sizeof(path), "%.1200s/%s", r->dir, name);
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return HF_OK;
	return hf_fault_set(r->f, HF_E_IO, "the folder %.300s cannot be made: %s", path, strerror(errno));
}

static enum hf_err put(const struct restoring *r, const char *from_dir, const char *from, const char *to)
{
	char source[PATH_CAP], target[PATH_CAP];
	snprintf(source, sizeof(source), "%.1200s/%s", from_dir, from);
	snprintf(target, sizeof(target), "%.1200s/%s", r->dir, to);
	enum hf_err e = hf_file_copy(source, target, 0600, false);
	if (e == HF_OK)
		return HF_OK;
	return hf_fault_set(r->f, e, "%.300s cannot be copied to %.300s: %s", source, target, hf_err_text(e));
}

/* Held until the process ends: no node starts in between. */
static enum hf_err lock_state(const struct restoring *r)
{
	char path[PATH_CAP];
	snprintf(path, sizeof(path), "%.1200s/state", r->dir);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return HF_OK;
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0)
		return hf_fault_set(r->f, HF_E_STATE,
		                    "the node of %.300s runs, or its folder cannot be used; stop it first", r->dir);
	return HF_OK;
}

static enum hf_err check_place(const struct restoring *r)
{
	if (!is_there(r->dir, "keys/node.key"))
		return hf_fault_set(
		        r->f, HF_E_STATE,
		        "%.300s has no keys/node.key, which no backup holds; put your copy of it there first", r->dir);
	HF_TRY(lock_state(r));
	if (is_there(r->dir, "state/data.mdb") && !r->replace)
		return hf_fault_set(r->f, HF_E_EXISTS,
		                    "%.300s has a store; --replace puts it aside, as a folder state.before-TIME",
		                    r->dir);
	if (is_there(r->dir, SLOTS_OWN) || r->slots || r->without_slots)
		return HF_OK;
	return hf_fault_set(r->f, HF_E_STATE,
	                    "%.300s/" SLOTS_OWN
	                    " is gone; name the folder of `hufu backup --slots` with --slots, or give up the private "
	                    "fields of what is restored with --without-slots",
	                    r->dir);
}

static enum hf_err put_if_missing(struct restoring *r, const char *name, const char *place)
{
	return is_there(r->slots, name) && !is_there(r->dir, place) ? put(r, r->slots, name, place) : HF_OK;
}

static enum hf_err put_slots(struct restoring *r)
{
	char path[PATH_CAP];
	r->slots_word = "those that were there";
	if (is_there(r->dir, SLOTS_OWN))
		return HF_OK;
	if (r->slots) {
		r->slots_word = "restored from their copy";
		HF_TRY(put(r, r->slots, "slots-own", SLOTS_OWN));
		return put_if_missing(r, "slots-copies", SLOTS_COPIES);
	}
	r->slots_word = "given up";
	snprintf(path, sizeof(path), "%.1200s/ledger/slots-lost", r->dir);
	enum hf_err e = hf_file_write(path, "", 0, 0600);
	return e == HF_OK ? HF_OK : hf_fault_set(r->f, e, "%.300s cannot be written", path);
}

/* Everything but the store, as far as it is not there. */
static enum hf_err put_rest(struct restoring *r)
{
	for (size_t i = 0; i < r->backup.count; i++) {
		const char *path = r->backup.files[i].path;
		if (strcmp(path, "state/data.mdb") != 0 && !is_there(r->dir, path))
			HF_TRY(put(r, r->from, path, path));
	}
	return put_slots(r);
}

static enum hf_err note_restore(const struct restoring *r)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = HF_BUF_INIT;
	char path[PATH_CAP], digest[65], made[HF_TIME_TEXT];
	hf_hash_hex(&r->backup.digest, digest);
	hf_time_text(r->backup.time_ms, made);
	if (!hf_buf_addf(&text, "by %s\nmade %s\nentries %llu\nslots %s\ndigest %s\n", r->by, made,
	                 (unsigned long long)r->backup.entries, r->slots_word, digest))
		return HF_E_LIMIT;
	snprintf(path, sizeof(path), "%.1200s/restored", r->dir);
	enum hf_err e = hf_file_write(path, text.data, text.len, 0600);
	return e == HF_OK ? HF_OK : hf_fault_set(r->f, e, "%.300s cannot be written", path);
}

static enum hf_err move_folder(const struct restoring *r, const char *from, const char *to)
{
	char old[PATH_CAP], fresh[PATH_CAP];
	snprintf(old, sizeof(old), "%.1200s/%s", r->dir, from);
	snprintf(fresh, sizeof(fresh), "%.1200s/%s", r->dir, to);
	if (rename(old, fresh) == 0)
		return HF_OK;
	return hf_fault_set(r->f, HF_E_IO, "%.300s cannot be renamed to %.300s: %s", old, fresh, strerror(errno));
}

/* The store gets its name last; before that nothing of the node's own has been touched. */
static enum hf_err put_store(struct restoring *r)
{
	char aside[64];
	HF_TRY(make_folder(r, "state.new"));
	HF_TRY(put(r, r->from, "state/data.mdb", "state.new/data.mdb"));
	HF_TRY(note_restore(r));
	if (is_there(r->dir, "state")) {
		snprintf(aside, sizeof(aside), "state.before-%lld", (long long)time(NULL));
		HF_TRY(move_folder(r, "state", aside));
	}
	HF_TRY(move_folder(r, "state.new", "state"));
	return hf_folder_sync(r->dir);
}

static enum hf_err restore_all(struct restoring *r, const char *root_key)
{
	static const char *const folders[] = {"ledger", "space", "reports"};
	struct hf_trust trust = {.number = 0};
	char own[PATH_CAP];
	snprintf(own, sizeof(own), "%.1200s/space/root.key", r->dir);
	if (!root_key && !is_there(r->dir, "space/root.key"))
		return hf_fault_set(
		        r->f, HF_E_ARGUMENT,
		        "%.300s has no space/root.key; name the space's root key, as the authority gives it, with "
		        "--root-key",
		        r->dir);
	HF_TRY(root_key_load(root_key ? root_key : own, &trust.root, r->f));
	HF_TRY(check_place(r));
	HF_TRY(hf_backup_check(&trust, r->from, &r->backup, r->f));
	if (is_there(r->dir, "state.new"))
		return hf_fault_set(
		        r->f, HF_E_EXISTS,
		        "%.300s/state.new is there, left by a restore that did not end; remove it and try again",
		        r->dir);
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		HF_TRY(make_folder(r, folders[i]));
	HF_TRY(put_rest(r));
	return put_store(r);
}

static int restore(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *root_key = NULL;
	struct hf_fault f = {HF_OK, ""};
	struct restoring r = {.f = &f};
	const struct hf_opt opts[] = {{"slots", &r.slots, NULL, NULL},
	                              {"by", &r.by, NULL, NULL},
	                              {"root-key", &root_key, NULL, NULL},
	                              {"replace", NULL, &r.replace, NULL},
	                              {"without-slots", NULL, &r.without_slots, NULL},
	                              {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	if (!r.by || !*r.by || strlen(r.by) > 120 || strchr(r.by, '\n'))
		return hf_cli_misuse(cli, "--by is missing: who restores, as it will stand in the ledger");
	r.from = pos[0];
	r.dir = hf_cli_node(cli);
	if (!r.dir)
		return HF_EXIT_USAGE;
	enum hf_err e = restore_all(&r, root_key);
	if (e == HF_OK && cli->json) {
		json_t *o = json_pack("{s:s, s:s, s:I}", "node", r.backup.node, "slots", r.slots_word, "entries",
		                      (json_int_t)r.backup.entries);
		hf_cli_json(o);
		json_decref(o);
	} else if (e == HF_OK) {
		printf("the store of %s is restored; start the node, and when it says that its ledger is behind, run "
		       "`hufu "
		       "ledger recover`\n",
		       r.backup.node);
	}
	hf_backup_done(&r.backup);
	return e == HF_OK ? HF_EXIT_DONE : hf_cli_fault(cli, e, &f);
}

const struct hf_command hf_commands_backup[] = {
        {"backup", NULL, "copy what the node holds, while it runs, into a new folder",
         "hufu backup DIR [--slots DIR2]\n"
         "\n"
         "  DIR             a new folder; the node writes it: store, ledger, reports, configuration, a signed list\n"
         "  --slots DIR2    also the slots that private fields are sealed under, over the copy that is there: keep "
         "one\n"
         "                  copy only, apart from DIR, or what was erased comes back with an older one\n"
         "\n"
         "  keys/node.key and the passphrase are in no backup\n"
         "\n"
         "example:\n  hufu backup /srv/backup/2026-11-30 --slots /media/apart/slots\n",
         backup},
        {"restore", NULL, "bring a backup back into the folder of a node that does not run",
         "hufu restore BACKUP --by NAME [--slots DIR2|--without-slots] [--replace] [--root-key FILE]\n"
         "\n"
         "  --by NAME         who does it; the first start writes it into the ledger\n"
         "  --slots DIR2      the copy of the slots; those that are there stay\n"
         "  --without-slots   give up the private fields of what is restored\n"
         "  --replace         put the store that is there aside\n"
         "  --root-key FILE   the space's root key, when the folder has none any more\n"
         "\n"
         "  the backup is checked first; a last-signed that is there stays, whatever the backup holds\n"
         "\n"
         "example:\n  hufu restore /srv/backup/2026-11-30 --node /var/lib/hufu/transport --by \"HR-0042\" --replace\n",
         restore},
        {NULL, NULL, NULL, NULL, NULL},
};
