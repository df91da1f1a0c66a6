/* descriptor.c - see descriptor.h: the chain is read, checked and written with the same code that every node uses. */
#include "descriptor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "crypto/base64.h"
#include "crypto/domains.h"
#include "crypto/secret.h"
#include "evidence/envelope.h"

#define CHAIN_MAX ((size_t)256 << 20)
#define ROOT "root"
#define DAY_MS ((int64_t)24 * 60 * 60 * 1000)

#define PATH_CAP 1200

int64_t wall_now_ms(void)
{
	struct hf_clock clock;
	struct hf_system_clock *c = hf_system_clock_new();
	hf_system_clock_get(c, &clock);
	int64_t now = hf_now_ms(&clock);
	hf_system_clock_free(c);
	return now;
}

static const char *in_dir(const char *dir, const char *name, char out[PATH_CAP])
{
	snprintf(out, PATH_CAP, "%.1000s/%s", dir, name);
	return out;
}

enum hf_err root_key_load(const char *path, struct hf_sign_pub *ret_pub, struct hf_fault *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = HF_BUF_INIT;
	uint8_t raw[48];
	size_t len = 0;
	enum hf_err e = hf_file_read(path, 64, &text);
	if (e != HF_OK)
		return hf_file_fault(f, e, path, 64);
	const char *line = text.data ? (const char *)text.data : "";
	size_t text_len = strcspn(line, "\r\n");
	if (text_len > 64 || !hf_base64_decode(line, text_len, raw, &len) || len != sizeof(ret_pub->b))
		return hf_fault_set(f, HF_E_FORMAT, "%.300s does not hold a root key: one line of base64 of 32 bytes",
		                    path);
	memcpy(ret_pub->b, raw, sizeof(ret_pub->b));
	return HF_OK;
}

static enum hf_err extend_all(struct hf_space *s, const char *path, const struct hf_buf *bytes, struct hf_fault *f)
{
	for (size_t at = 0; at < bytes->len;) {
		uint32_t len = bytes->len - at >= 4 ? hf_get_u32(bytes->data + at) : 0;
		if (len == 0 || len > bytes->len - at - 4)
			return hf_fault_set(f, HF_E_FORMAT, "%.300s is cut off or no list of descriptors", path);
		HF_TRY(hf_space_extend(s, bytes->data + at + 4, len, f));
		at += 4 + (size_t)len;
	}
	return HF_OK;
}

enum hf_err chain_load(const char *path, const struct hf_sign_pub *root, bool may_miss, struct hf_space **ret_space,
                       struct hf_buf *ret_bytes, struct hf_fault *f)
{
	struct hf_buf bytes;
	hf_buf_init(&bytes, CHAIN_MAX);
	enum hf_err e = hf_file_read(path, CHAIN_MAX, &bytes);
	if (e != HF_OK && !(e == HF_E_UNKNOWN && may_miss)) {
		hf_buf_done(&bytes);
		return hf_file_fault(f, e, path, CHAIN_MAX);
	}
	struct hf_space *s = hf_space_new(root);
	e = extend_all(s, path, &bytes, f);
	if (e != HF_OK) {
		hf_space_free(s);
		hf_buf_done(&bytes);
		return e;
	}
	*ret_space = s;
	if (ret_bytes)
		*ret_bytes = bytes;
	else
		hf_buf_done(&bytes);
	return HF_OK;
}

/* A copy that may be changed. */
static Hufu__Descriptor *copy_descriptor(const Hufu__Descriptor *from)
{
	size_t len = 0;
	uint8_t *bytes = hf_encode(&from->base, &len);
	Hufu__Descriptor *d = bytes ? HF_DECODE_OWN(descriptor, bytes, len) : NULL;
	free(bytes);
	return d;
}

static enum hf_err load_next(struct draft *d, struct hf_fault *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf bytes = HF_BUF_INIT;
	char path[PATH_CAP];
	enum hf_err e = hf_file_read(in_dir(d->dir, "staged.descriptor", path), HF_MAX_DESCRIPTOR * 2, &bytes);
	if (e == HF_OK)
		d->d = HF_DECODE_OWN(descriptor, bytes.data, bytes.len);
	else if (hf_space_current(d->chain))
		d->d = copy_descriptor(hf_space_current(d->chain));
	if (!d->d || !d->d->header)
		return hf_fault_set(f, HF_E_FORMAT,
		                    "the folder %.300s has neither a staged nor a signed descriptor; make it with "
		                    "`hufu space create`",
		                    d->dir);
	return HF_OK;
}

enum hf_err draft_open(const char *dir, struct draft *ret_draft, struct hf_fault *f)
{
	struct draft d = {.dir = dir};
	char path[PATH_CAP];
	HF_TRY(root_key_load(in_dir(dir, "root.key", path), &d.root, f));
	HF_TRY(chain_load(in_dir(dir, "descriptors.dsse", path), &d.root, true, &d.chain, &d.chain_bytes, f));
	hf_arena_init(&d.mem, NULL, 0);
	enum hf_err e = load_next(&d, f);
	if (e != HF_OK) {
		draft_done(&d);
		return e;
	}
	*ret_draft = d;
	return HF_OK;
}

void draft_done(struct draft *d)
{
	hf_space_free(d->chain);
	hf_buf_done(&d->chain_bytes);
	hf_decoded_free(d->d);
	hf_arena_done(&d->mem);
	memset(d, 0, sizeof(*d));
}

static enum hf_err write_file(const char *dir, const char *name, const void *data, size_t len, unsigned mode,
                              struct hf_fault *f)
{
	char path[PATH_CAP];
	enum hf_err e = hf_file_write(in_dir(dir, name, path), data, len, mode);
	return e == HF_OK ? HF_OK : hf_fault_set(f, e, "%.300s cannot be written", path);
}

enum hf_err draft_stage(struct draft *d, struct hf_fault *f)
{
	size_t len = 0;
	uint8_t *bytes = hf_encode(&d->d->base, &len);
	if (!bytes)
		return hf_fault_set(f, HF_E_MEMORY, "no memory is left");
	enum hf_err e = write_file(d->dir, "staged.descriptor", bytes, len, 0600, f);
	free(bytes);
	return e;
}

char *draft_text(struct draft *d, const char *text)
{
	size_t len = strlen(text) + 1;
	return memcpy(hf_arena_get(&d->mem, len), text, len);
}

char **draft_texts(struct draft *d, const struct hf_list *list)
{
	char **out = hf_arena_get(&d->mem, (list->count + 1) * sizeof(*out));
	for (size_t i = 0; i < list->count; i++)
		out[i] = draft_text(d, list->item[i]);
	return out;
}

Hufu__Member *draft_member(struct draft *d, const char *id)
{
	for (size_t i = 0; i < d->d->n_members; i++)
		if (strcmp(d->d->members[i]->id, id) == 0)
			return d->d->members[i];
	return NULL;
}

static bool has_key(const Hufu__Member *m, const Hufu__MemberKey *k)
{
	for (size_t i = 0; i < m->n_keys; i++)
		if (m->keys[i]->public_key.len == k->public_key.len &&
		    memcmp(m->keys[i]->public_key.data, k->public_key.data, k->public_key.len) == 0)
			return true;
	return false;
}

/* Keys that end, now or soon, are not begun again: a request from before the change would take the node its new one. */
static enum hf_err check_keys_go_on(const Hufu__Member *old, const Hufu__Member *request, struct hf_fault *f)
{
	for (size_t i = 0; i < old->n_keys; i++)
		if (old->keys[i]->not_after_ms != 0 && has_key(request, old->keys[i]))
			return hf_fault_set(
			        f, HF_E_CONFLICT,
			        "the request of %s brings a %s key whose time is over; take the request that "
			        "`hufu keys rotate` wrote last",
			        old->id, hf_key_use_name((enum hf_key_use)old->keys[i]->use));
	return HF_OK;
}

/* Former keys stay, so that old signatures can be checked. */
static void change_keys(struct draft *d, Hufu__Member *old, Hufu__Member *request, int64_t change_ms)
{
	Hufu__MemberKey **keys = hf_arena_get(&d->mem, (old->n_keys + request->n_keys) * sizeof(*keys));
	size_t n = 0;
	for (size_t i = 0; i < old->n_keys; i++) {
		keys[n++] = old->keys[i];
		if (!has_key(request, old->keys[i]) && old->keys[i]->not_after_ms == 0)
			old->keys[i]->not_after_ms = change_ms;
	}
	for (size_t i = 0; i < request->n_keys; i++) {
		if (has_key(old, request->keys[i]))
			continue;
		request->keys[i]->not_before_ms = change_ms;
		keys[n++] = request->keys[i];
	}
	old->keys = keys;
	old->n_keys = n;
}

static void insert(struct draft *d, Hufu__Member *m)
{
	Hufu__Descriptor *x = d->d;
	Hufu__Member **members = hf_arena_get(&d->mem, (x->n_members + 1) * sizeof(*members));
	size_t at = 0;
	while (at < x->n_members && strcmp(x->members[at]->id, m->id) < 0)
		at++;
	if (at)
		memcpy(members, x->members, at * sizeof(*members));
	members[at] = m;
	if (x->n_members > at)
		memcpy(members + at + 1, x->members + at, (x->n_members - at) * sizeof(*members));
	x->members = members;
	x->n_members++;
}

enum hf_err draft_admit(struct draft *d, Hufu__Member *request, int64_t change_ms, Hufu__Member **ret_member,
                        struct hf_fault *f)
{
	Hufu__Member *m = draft_member(d, request->id);
	if (!m) {
		request->n_roles = request->n_mirrors = request->n_attributes =
		        0; /* those the authority gives, not the applicant */
		request->not_before_ms = request->not_after_ms = 0;
		insert(d, request);
		*ret_member = request;
		return HF_OK;
	}
	HF_TRY(check_keys_go_on(m, request, f));
	change_keys(d, m, request, change_ms);
	m->organization = request->organization;
	m->organization_name = request->organization_name;
	m->jurisdiction = request->jurisdiction;
	m->addresses = request->addresses;
	m->n_addresses = request->n_addresses;
	m->departments = request->departments;
	m->n_departments = request->n_departments;
	*ret_member = m;
	return HF_OK;
}

void draft_revoke(struct draft *d, const char *member, const Hufu__MemberKey *key, const char *reason, int64_t at_ms)
{
	Hufu__Descriptor *x = d->d;
	Hufu__MemberRevocation *r = hf_arena_get(&d->mem, sizeof(*r));
	Hufu__MemberRevocation **list = hf_arena_get(&d->mem, (x->n_revocations + 1) * sizeof(*list));
	hufu__member_revocation__init(r);
	r->member = draft_text(d, member);
	r->reason = draft_text(d, reason);
	r->at_ms = at_ms;
	if (key)
		r->public_key = key->public_key;
	if (x->n_revocations)
		memcpy(list, x->revocations, x->n_revocations * sizeof(*list));
	list[x->n_revocations++] = r;
	x->revocations = list;
}

static enum hf_err append(struct draft *d, const struct hf_buf *envelope, struct hf_fault *f)
{
	uint8_t len[4];
	char path[PATH_CAP];
	HF_TRY(hf_space_extend(d->chain, envelope->data, envelope->len, f));
	hf_put_u32(len, (uint32_t)envelope->len);
	if (!hf_buf_add(&d->chain_bytes, len, sizeof(len)) ||
	    !hf_buf_add(&d->chain_bytes, envelope->data, envelope->len))
		return hf_fault_set(f, HF_E_LIMIT, "the chain of descriptors is too long");
	HF_TRY(write_file(d->dir, "descriptors.dsse", d->chain_bytes.data, d->chain_bytes.len, 0644, f));
	unlink(in_dir(d->dir, "staged.descriptor", path));
	return HF_OK;
}

enum hf_err draft_issue(struct draft *d, const struct hf_sign_key *root, int64_t valid_days, struct hf_fault *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf envelope = HF_BUF_INIT;
	Hufu__Descriptor *x = d->d;
	int64_t now = wall_now_ms();
	struct hf_id message = hf_id_new(now);
	struct hf_hash prev;
	x->header->suite = HF_SUITE_INTL_1;
	x->header->issuer = (char *)ROOT;
	x->header->message_id = (ProtobufCBinaryData){sizeof(message.b), message.b};
	x->header->time_ms = now;
	x->number = hf_space_number(d->chain) + 1;
	if (x->number > 1) {
		hf_space_digest(d->chain, &prev);
		x->prev = (ProtobufCBinaryData){sizeof(prev.b), prev.b};
	}
	x->root_key = (ProtobufCBinaryData){sizeof(d->root.b), d->root.b};
	x->not_before_ms = now - HF_CLOCK_SKEW_MS;
	x->not_after_ms = now + valid_days * DAY_MS;
	enum hf_err e = hf_envelope_make_message(root, ROOT, HF_TYPE_DESCRIPTOR, &x->base, &envelope);
	e = e == HF_OK ? append(d, &envelope, f) : hf_fault_set(f, e, "the descriptor cannot be signed");
	x->header->message_id.len = x->prev.len = 0; /* they stood on this stack */
	return e;
}

enum hf_err authority_key(const char *dir, const char *passphrase, struct hf_sign_key **ret_key, struct hf_fault *f)
{
	struct hf_keyfile *file = NULL;
	char path[PATH_CAP];
	enum hf_keyfile_result r = hf_keyfile_load(in_dir(dir, "root.secret", path), passphrase, &file);
	if (r != HF_KEYFILE_OK)
		return hf_fault_set(
		        f, HF_E_CREDENTIAL,
		        "the root key %.300s cannot be used: %s; give its passphrase with --passphrase-file", path,
		        hf_keyfile_result_text(r));
	const uint8_t *seed = hf_keyfile_get(file, ROOT);
	struct hf_sign_key *k = seed ? hf_sign_key_from_seed(seed) : NULL;
	hf_keyfile_free(file);
	if (!k)
		return hf_fault_set(f, HF_E_FORMAT, "%.300s holds no root key", path);
	*ret_key = k;
	return HF_OK;
}

static enum hf_err write_public(const char *dir, const struct hf_sign_key *k, struct hf_fault *f)
{
	struct hf_sign_pub pub;
	char text[HF_BASE64_LEN(32) + 2];
	hf_sign_key_pub(k, &pub);
	size_t len = hf_base64(pub.b, sizeof(pub.b), text);
	text[len++] = '\n';
	return write_file(dir, "root.key", text, len, 0644, f);
}

static enum hf_err write_first(const char *dir, const char *id, const char *name, struct hf_fault *f)
{
	Hufu__Descriptor d = HUFU__DESCRIPTOR__INIT;
	Hufu__Header h = HUFU__HEADER__INIT;
	h.space = (char *)id;
	d.header = &h;
	d.space_name = (char *)name;
	struct draft x = {.dir = dir, .d = &d};
	return draft_stage(&x, f);
}

static enum hf_err make_key(const char *dir, const char *passphrase, struct hf_sign_key **ret_key, struct hf_fault *f)
{
	char path[PATH_CAP];
	uint8_t seed[32];
	struct hf_keyfile *file = hf_keyfile_new();
	hf_random(seed, sizeof(seed));
	bool ok = file && hf_keyfile_put(file, ROOT, seed) &&
	          hf_keyfile_save(file, in_dir(dir, "root.secret", path), passphrase) == HF_KEYFILE_OK;
	hf_keyfile_free(file);
	struct hf_sign_key *k = ok ? hf_sign_key_from_seed(seed) : NULL;
	hf_wipe(seed, sizeof(seed));
	if (!k)
		return hf_fault_set(f, HF_E_IO, "the root key cannot be written to %.300s", dir);
	*ret_key = k;
	return HF_OK;
}

enum hf_err authority_create(const char *dir, const char *id, const char *name, const char *passphrase,
                             struct hf_fault *f)
{
	struct hf_sign_key *k = NULL;
	struct hf_name parsed;
	char path[PATH_CAP];
	if (!hf_name_parse(id, &parsed))
		return hf_fault_set(f, HF_E_ARGUMENT, "the space id '%.80s' is not 1 to 63 of a-z, 0-9, '.' and '-'",
		                    id);
	if (!*name || !hf_text_ok(name, strlen(name), HF_MAX_TITLE))
		return hf_fault_set(f, HF_E_ARGUMENT, "the space needs a name for people of at most %u bytes",
		                    HF_MAX_TITLE);
	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		return hf_fault_set(f, HF_E_IO, "the folder %.300s cannot be made: %s", dir, strerror(errno));
	if (access(in_dir(dir, "root.secret", path), F_OK) == 0)
		return hf_fault_set(f, HF_E_EXISTS, "%.300s is there already; a space's root key is never overwritten",
		                    path);
	HF_TRY(make_key(dir, passphrase, &k, f));
	enum hf_err e = write_public(dir, k, f);
	if (e == HF_OK)
		e = write_first(dir, parsed.s, name, f);
	hf_sign_key_free(k);
	return e;
}
