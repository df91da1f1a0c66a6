/* ledger_drafts.c - see ledger_drafts.h. */
#include "ledger_drafts.h"

struct hf_draft *ledger_draft_full(const struct hf_id *txn)
{
	struct hf_draft *d = hf_draft_new(HF_EVENT_TRANSFER_SENT, txn);
	hf_draft_text(d, HF_FIELD_ACTOR, "transport");
	hf_draft_text(d, HF_FIELD_OBJECT, "0198a7c2-5b1e-7d44-8a51-0c1f6d2e9b10");
	hf_draft_text(d, HF_FIELD_COUNTERPARTY, "insurer");
	hf_draft_text(d, HF_FIELD_GRANT, "0198a7c2-5b1e-7d44-8a51-0c1f6d2e9b11");
	hf_draft_text(d, HF_FIELD_MANNER, "channel");
	hf_draft_outcome(d, HF_OK, NULL);
	hf_draft_text(d, HF_FIELD_DATA_FORMAT, "text/csv");
	hf_draft_time(d, HF_FIELD_START_TIME, 1780000000000);
	hf_draft_time(d, HF_FIELD_END_TIME, 1780000012345);
	hf_draft_text(d, HF_FIELD_CLASS_GRADE, "transport/toll, level 2");
	hf_draft_text(d, HF_FIELD_CONSUMER_AUTHN, "channel key of insurer, person insurer/chen by password");
	hf_draft_text(d, HF_FIELD_PERMISSION_REVIEW, "agreement 0198a7c2-5b1e-7d44-8a51-0c1f6d2e9b12, generation 1");
	hf_draft_text(d, HF_FIELD_PACKAGING, "sealed chunks of 1 MiB, AES-256-GCM, manifest signed by the provider");
	hf_draft_text(d, HF_FIELD_DELIVERY, "pulled by the consumer over the authenticated channel");
	hf_draft_text(d, HF_FIELD_CACHE_DELETION, "nothing was cached");
	hf_draft_text(d, HF_FIELD_IDENTITY_CHECK, "Noise XX, both static keys in descriptor 3");
	hf_draft_text(d, HF_FIELD_ENDPOINT, "insurer");
	hf_draft_text(d, HF_FIELD_IP_ADDRESS, "127.0.1.2");
	hf_draft_int(d, HF_FIELD_DATA_LENGTH, 536870912);
	hf_draft_text(d, HF_FIELD_EXCEPTION, "none");
	hf_draft_text(d, HF_FIELD_ALARM, "none");
	hf_draft_text(d, HF_FIELD_PROVIDER_AUTHN, "channel key of transport in descriptor 3");
	hf_draft_text(d, HF_FIELD_RECEPTION, "received whole");
	hf_draft_text(d, HF_FIELD_QUALITY, "met");
	return d;
}
