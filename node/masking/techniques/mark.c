/* mark.c - the recipient's mark in low digits; declared in mark.h. */
#include "masking/techniques/mark.h"

#include <string.h>

enum hf_err hf_mark_open(const struct hf_mask_use *use, const char *technique, struct hf_fault *f,
                         struct hf_mark *ret_m)
{
	struct hf_mask_use marked = *use;

	memset(ret_m, 0, sizeof(*ret_m));
	ret_m->on = strcmp(hf_arg_text(use, "fingerprint", "off"), "on") == 0;
	if (!ret_m->on)
		return HF_OK;
	HF_TRY(hf_decimal_arg(use, technique, "step", "0", f, &ret_m->step));
	if (ret_m->step.units <= 0)
		return hf_fault_set(
		        f, HF_E_ARGUMENT,
		        "%s: fingerprint needs a step above 0; give the distance below which numbers need tell nothing",
		        technique);
	if (!use->mark)
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "%s: fingerprint needs to know whose it is; give scope: a consumer", technique);
	marked.key = use->mark;
	hf_prf_init(&ret_m->prf, &marked, "mark");
	return HF_OK;
}

void hf_mark_done(struct hf_mark *m)
{
	hf_prf_done(&m->prf);
}

int64_t hf_mark_room(const struct hf_decimal *step, unsigned scale)
{
	struct hf_decimal back = {0, scale};
	int64_t room;

	/* A step that is no whole number of the value's units has no room that would be the same for all. */
	if (!hf_decimal_at(step, scale, &room))
		return 0;
	back.units = room;
	return hf_decimal_compare(&back, step) == 0 ? room : 0;
}

void hf_mark_put(const struct hf_mark *m, const struct hf_mask_batch *b, size_t i, const int64_t limits[2],
                 struct hf_decimal *d)
{
	int64_t room = hf_mark_room(&m->step, d->scale), whole;
	struct hf_hash h;

	if (room < 2)
		return;
	whole = hf_round_units(d->units, room, HF_ROUND_FLOOR);
	if (whole < limits[0] || whole > limits[1] - (room - 1)) {
		d->units = whole < limits[0] ? limits[0] : whole;
		return;
	}
	hf_prf_of_row(&m->prf, b, i, &h);
	d->units = whole + (int64_t)hf_prf_below(&h, 0, (uint64_t)room);
}
