/* mandate.c - DS-25: who applies for shared data needs a recorded authorization, with purpose and scope, of his data
 * authority (catalog/mandate.h). */
#include "catalog/mandate.h"

#include "authz/internal.h"
#include "identity/accounts.h"

enum hf_err az_mandate_apply(struct hf_authz *a, const struct hf_step_in *in, const Hufu__Application *app,
                             const Hufu__CatalogEntry *entry)
{
	uint8_t name[32];
	bool known = hf_account_name_ref(a->identity, in->actor->account, name) == HF_OK;
	struct hf_mandate_ask ask = {.act = HF_MANDATE_APPLY,
	                             .purpose = app->purpose,
	                             .by = in->actor->account,
	                             .by_name = known ? name : NULL,
	                             .topic = entry->topic,
	                             .department = app->department,
	                             .data_class = entry->data_class,
	                             .system = app->system,
	                             .level = entry->level,
	                             .sharing = entry->sharing};
	struct hf_id mandate;
	if (!az_id_of(&app->resource, &ask.entry))
		return hf_fault_set(in->fault, HF_E_FORMAT, "the application names no entry");
	HF_TRY(hf_mandate_find(a->catalog, &ask, &mandate, in->fault));
	hf_draft_bytes(in->draft, HF_FIELD_MANDATE, mandate.b, sizeof(mandate.b));
	return HF_OK;
}
