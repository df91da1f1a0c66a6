/* target.c - the table of targets (target.h). */
#include "exchange/target.h"

#include <stddef.h>
#include <string.h>

#include "exchange/transfer.h"
#include "source/outlet.h"

static const struct target *const rows[TARGET_KINDS] = {
        [TARGET_FILE] = &target_file,
        [TARGET_SEALED] = &target_sealed,
        [TARGET_JSONL] = &target_jsonl,
        [TARGET_CSV_ZST] = &target_csv_zst,
        [TARGET_JSONL_ZST] = &target_jsonl_zst,
        [TARGET_SQLITE] = &target_sqlite,
        [TARGET_POSTGRESQL] = &target_postgresql,
};

const struct target *target_of(enum target_kind kind)
{
	return (unsigned)kind < TARGET_KINDS ? rows[kind] : NULL;
}

static bool given(const char *text)
{
	return text && text[0];
}

static enum hf_err choose_outlet(struct hf_exchange *x, const struct hf_fetch *in, enum target_kind *ret_kind,
                                 struct hf_fault *f)
{
	struct hf_outlet o;
	char table[HF_LOAD_TABLE];
	if (given(in->output) || given(in->format))
		return hf_fault_set(
		        f, HF_E_ARGUMENT,
		        "a delivery goes either into a table of a target or into a file; leave --output and "
		        "--format out, or --to");
	HF_TRY(hf_outlet_find(x->sources, in->to, &o, table, f));
	for (unsigned k = 0; k < TARGET_KINDS; k++)
		if (rows[k] && rows[k]->outlet && strcmp(rows[k]->outlet, o.kind) == 0) {
			*ret_kind = (enum target_kind)k;
			return HF_OK;
		}
	return hf_fault_set(f, HF_E_UNSUPPORTED, "this node loads into no target of the kind '%s'", o.kind);
}

enum hf_err target_choose(struct hf_exchange *x, const struct hf_fetch *in, enum target_kind *ret_kind,
                          const char **ret_place, struct hf_fault *f)
{
	*ret_place = given(in->to) ? in->to : in->output;
	if (given(in->to))
		return choose_outlet(x, in, ret_kind, f);
	if (!given(in->output) && given(in->format))
		return hf_fault_set(f, HF_E_ARGUMENT, "a format is that of a file; name it with --output");
	if (!given(in->output) || !given(in->format)) {
		*ret_kind = given(in->output) ? TARGET_FILE : TARGET_SEALED;
		return HF_OK;
	}
	for (unsigned k = 0; k < TARGET_KINDS; k++)
		if (rows[k] && rows[k]->format && strcmp(rows[k]->format, in->format) == 0) {
			*ret_kind = (enum target_kind)k;
			return HF_OK;
		}
	return hf_fault_set(f, HF_E_UNSUPPORTED,
	                    "this node writes no '%.20s'; the formats of a file are csv, csv.zst, jsonl and jsonl.zst",
	                    in->format);
}

bool target_passes(enum hf_err e)
{
	return e == HF_E_UNREACHABLE || e == HF_E_TIMEOUT || e == HF_E_BUSY;
}

enum hf_err target_not_there(enum hf_err e, int sys_error, struct hf_fault *f)
{
	return hf_fault_set(f, e, "the delivered data could not be brought to its place: %s", strerror(sys_error));
}
