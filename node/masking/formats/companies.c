/* companies.c - unified social credit codes (authority, kind and region kept, both checks mended), organization codes.
 */
#include "masking/codes.h"
#include "masking/formats/formats.h"

static bool read_credit(const struct hf_bytes *v, struct hf_ranked *r)
{
	hf_slots_begin(r);
	return v->len == 18 && hf_code_credit_ok(v->data) && hf_slots_add(r, v, 8, 8, &hf_alphabet_credit) &&
	       hf_slots_end(r);
}

static void write_credit(hf_u128 rank, const struct hf_ranked *r, uint8_t *value, size_t len)
{
	(void)len;
	hf_ranked_put(rank, r, value);
	value[16] = hf_code_organization(value + 8);
	value[17] = hf_code_credit(value);
}

/* Eight characters and the check, with or without a hyphen before it. */
static bool read_organization(const struct hf_bytes *v, struct hf_ranked *r)
{
	if ((v->len != 9 && (v->len != 10 || v->data[8] != '-')) ||
	    hf_code_organization(v->data) != v->data[v->len - 1] || v->data[v->len - 1] == 0)
		return false;
	hf_slots_begin(r);
	return hf_slots_add(r, v, 0, 8, &hf_alphabet_alnum) && hf_slots_end(r);
}

static void write_organization(hf_u128 rank, const struct hf_ranked *r, uint8_t *value, size_t len)
{
	hf_ranked_put(rank, r, value);
	value[len - 1] = hf_code_organization(value);
}

const struct hf_format hf_format_credit_code = {"cn.credit-code", read_credit, write_credit};
const struct hf_format hf_format_organization_code = {"cn.organization-code", read_organization, write_organization};
