/* rows.c - see rows.h. */
#include "api/rows.h"

#define DEFAULT 200
#define MOST 1000

void hf_api_out_text(json_t *o, const char *name, const char *text)
{
	json_object_set_new(o, name, json_string(text ? text : ""));
}

void hf_api_out_time_if(json_t *o, const char *name, int64_t ms)
{
	if (ms)
		hf_api_out_time(o, name, ms);
}

void hf_api_out_id_of(json_t *o, const char *name, const ProtobufCBinaryData *b)
{
	struct hf_id id;
	if (hf_id_from_bytes(b->data, b->len, &id))
		hf_api_out_id(o, name, &id);
}

enum hf_err hf_api_rows_begin(struct hf_api_request *rq, const char *name, struct hf_api_rows *ret_rows)
{
	*ret_rows = (struct hf_api_rows){rq, NULL, DEFAULT};
	HF_TRY(hf_api_int(rq, "limit", false, 1, MOST, &ret_rows->limit));
	ret_rows->list = json_array();
	json_object_set_new(rq->out, name, ret_rows->list);
	json_object_set_new(rq->out, "more", json_false());
	return HF_OK;
}

bool hf_api_rows_full(struct hf_api_rows *l)
{
	if ((int64_t)json_array_size(l->list) < l->limit)
		return false;
	json_object_set_new(l->rq->out, "more", json_true());
	return true;
}
