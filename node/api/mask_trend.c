/* mask_trend.c - the route of what masking reached of a dataset over time (DS-89). */
#include "release/trend.h"

#include "api/api.h"

static enum hf_err trend(struct hf_api_request *rq)
{
	const char *source;
	json_t *out = NULL;

	HF_TRY(hf_api_text(rq, "source", true, HF_NAME_MAX, &source));
	HF_TRY(hf_release_trend(rq->m->release, source, &out, &rq->fault));
	json_object_update(rq->out, out);
	json_decref(out);
	return HF_OK;
}

const struct hf_route hf_routes_mask_trend[] = {
        {"GET", "/v1/mask/trend", HF_MAY_STATUS, HF_EVENT_INVALID, trend, 0},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
