/* stream.c - declared in stream.h, and hf_exchange_subscribe. */
#include "exchange/stream.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "state_exchange.pb-c.h"

/* ---- places ---- */

static void place_of(const Hufu__StreamPlace *in, struct hf_follow_place *ret_p)
{
	memset(ret_p, 0, sizeof(*ret_p));
	ret_p->at = in->at;
	if (in->check.len == sizeof(ret_p->check))
		memcpy(ret_p->check, in->check.data, sizeof(ret_p->check));
}

Hufu__StreamPlace *stream_place(const struct transfer *t, struct hf_follow_place *p, Hufu__StreamPlace *place)
{
	if (!t->stream)
		return NULL;
	hufu__stream_place__init(place);
	place->at = p->at;
	if (p->at > 0)
		place->check = (ProtobufCBinaryData){sizeof(p->check), p->check};
	return place;
}

void stream_row(const struct transfer *t, Hufu__TransferRow *r)
{
	if (!t->stream)
		return;
	r->stream = true;
	r->stream_from = t->from.at;
	r->stream_from_check = (ProtobufCBinaryData){32, (uint8_t *)(uintptr_t)t->from.check};
	r->stream_to = t->to.at;
	r->stream_to_check = (ProtobufCBinaryData){32, (uint8_t *)(uintptr_t)t->to.check};
}

static void load_place(uint64_t at, const ProtobufCBinaryData *check, struct hf_follow_place *ret_p)
{
	ret_p->at = at;
	if (check->len == sizeof(ret_p->check))
		memcpy(ret_p->check, check->data, sizeof(ret_p->check));
}

void stream_load(struct transfer *t, const Hufu__TransferRow *r)
{
	t->stream = r->stream;
	load_place(r->stream_from, &r->stream_from_check, &t->from);
	load_place(r->stream_to, &r->stream_to_check, &t->to);
}

/* ---- provider ---- */

enum hf_err stream_asked(struct hf_exchange *x, const Hufu__TransferRequest *in, const char *source, struct hf_fault *f)
{
	struct hf_follow_place from;
	struct hf_source_view v;
	bool is;

	if (hf_source_get(x->sources, source, &v) != HF_OK)
		return HF_OK; /* serve.c says so */
	is = hf_source_is_stream(&v);
	hf_source_view_done(&v);
	if (is != (in->stream != NULL))
		return hf_fault_set(f, HF_E_ARGUMENT, "%s",
		                    is ? "the entry is a stream of messages; `hufu subscribe` follows it"
		                       : "the entry is no stream; `hufu fetch` gets it");
	if (!is)
		return HF_OK;
	place_of(in->stream, &from);
	return hf_follow_waits(x->sources, source, &from, f);
}

void stream_take(struct transfer *t, const Hufu__TransferRequest *in)
{
	t->stream = in->stream != NULL;
	if (t->stream)
		place_of(in->stream, &t->from);
}

enum hf_err stream_open(struct transfer *t, struct hf_fault *f)
{
	struct hf_follow_segment seg = {.from = t->from,
	                                .to = t->to,
	                                .fields = (const char *const *)t->fields,
	                                .field_count = t->mask_plan[0] ? 0 : t->field_count};

	HF_TRY(hf_follow_open(t->x->sources, t->source, &seg, &t->reader, f));
	t->to = seg.to;
	t->table_bytes = seg.bytes;
	t->table_rows = seg.rows;
	return HF_OK;
}

/* ---- consumer ---- */

enum hf_err stream_begun(struct transfer *t, const Hufu__TransferStart *s, struct hf_fault *f)
{
	if (t->stream != (s->stream != NULL) ||
	    (s->stream && (s->stream->at <= t->from.at || s->stream->check.len != 32)))
		return hf_fault_set(f, HF_E_FORMAT, "%s does not say up to where it sends the stream", t->peer);
	if (t->stream)
		place_of(s->stream, &t->to);
	return HF_OK;
}

/* A folder of one entry and system is one subscription. */
static void key_of(const struct hf_id *entry, const char *system, const char *folder, size_t len,
                   struct hf_hash *ret_key)
{
	struct hf_sha256 *h = hf_sha256_new();

	hf_sha256_add(h, entry->b, sizeof(entry->b));
	hf_sha256_add(h, system, strlen(system) + 1);
	hf_sha256_add(h, folder, len);
	hf_sha256_end(h, ret_key);
	hf_sha256_free(h);
}

static size_t folder_of(const struct transfer *t)
{
	const char *slash = strrchr(t->output, '/');

	return slash ? (size_t)(slash - t->output) : 0;
}

static void key_of_transfer(const struct transfer *t, struct hf_hash *ret_key)
{
	key_of(&t->resource, t->system, t->output, folder_of(t), ret_key);
}

static Hufu__StreamRow *row_get(const struct hf_exchange *x, const struct hf_hash *key)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;

	if (hf_store_get(x->store, HF_TABLE_STREAM, key->b, sizeof(key->b), &b) != HF_OK)
		return NULL;
	return HF_DECODE_OWN(stream_row, b.data, b.len);
}

void stream_delivered(const struct transfer *t, struct hf_unit *u)
{
	Hufu__StreamRow row = HUFU__STREAM_ROW__INIT;
	char folder[OUTPUT_MAX];
	struct hf_hash key;
	uint8_t *data;
	size_t len;

	if (!t->stream)
		return;
	key_of_transfer(t, &key);
	HF_CLEANUP(hf_decoded_done) Hufu__StreamRow *was = row_get(t->x, &key);
	snprintf(folder, sizeof(folder), "%.*s", (int)folder_of(t), t->output);
	row.entry = (ProtobufCBinaryData){16, (uint8_t *)(uintptr_t)t->resource.b};
	row.provider = (char *)(uintptr_t)t->peer;
	row.system = (char *)(uintptr_t)t->system;
	row.folder = folder;
	row.at = t->to.at;
	row.check = (ProtobufCBinaryData){32, (uint8_t *)(uintptr_t)t->to.check};
	row.deliveries = (was ? was->deliveries : 0) + 1;
	row.messages = (was ? was->messages : 0) + t->rows;
	row.updated_ms = hf_now_ms(&t->x->base->clock);
	data = hf_encode(&row.base, &len);
	if (!data)
		abort();
	hf_unit_put(u, HF_TABLE_STREAM, key.b, sizeof(key.b), data, len);
	free(data);
}

/* What asks for this subscription's next messages already. */
static const struct transfer *under_way(const struct hf_exchange *x, const struct hf_hash *key)
{
	for (const struct transfer *t = x->transfers; t; t = t->next) {
		struct hf_hash k;

		if (t->provider || !t->stream || t->gone || transfer_ended(t->state))
			continue;
		key_of_transfer(t, &k);
		if (memcmp(k.b, key->b, sizeof(k.b)) == 0)
			return t;
	}
	return NULL;
}

static enum hf_err check_folder(const char *folder, struct hf_fault *f)
{
	struct stat st;
	size_t len = folder ? strlen(folder) : 0;

	if (len < 2 || folder[0] != '/' || folder[len - 1] == '/' || strstr(folder, "/.") || strstr(folder, "//") ||
	    len > 400)
		return hf_fault_set(
		        f, HF_E_ARGUMENT,
		        "the folder must be an absolute path of at most 400 bytes without '.' and '..' in it");
	if (lstat(folder, &st) != 0 || !S_ISDIR(st.st_mode))
		return hf_fault_set(f, HF_E_ARGUMENT, "there is no folder %s; make it, for this entry alone", folder);
	return HF_OK;
}

enum hf_err hf_exchange_subscribe(struct hf_exchange *x, const struct hf_actor *actor, const struct hf_fetch *in,
                                  const char *folder, struct hf_unit *unit, struct hf_draft *draft,
                                  struct hf_subscription *ret_s, struct hf_fault *f)
{
	struct hf_fetch next = *in;
	struct hf_follow_place from = {.at = 0};
	struct hf_hash key;
	char output[OUTPUT_MAX], id[HF_ID_TEXT];

	HF_TRY(check_folder(folder, f));
	key_of(&in->resource, in->system ? in->system : "", folder, strlen(folder), &key);
	HF_CLEANUP(hf_decoded_done) Hufu__StreamRow *row = row_get(x, &key);
	const struct transfer *t = under_way(x, &key);
	*ret_s = (struct hf_subscription){
	        .at = row ? row->at : 0, .deliveries = row ? row->deliveries : 0, .messages = row ? row->messages : 0};
	if (t) {
		ret_s->transfer = t->id;
		ret_s->waits = true;
		hf_id_text(&t->resource, id);
		hf_draft_text(draft, HF_FIELD_OBJECT, id);
		return HF_OK;
	}
	if (row)
		load_place(row->at, &row->check, &from);
	snprintf(output, sizeof(output), "%s/%020" PRIu64 ".csv", folder, from.at);
	next.output = output;
	next.stream = &from;
	return hf_exchange_fetch(x, actor, &next, unit, draft, &ret_s->transfer, f);
}
