/* mask_propose.c - `hufu mask plan --propose`: a plan from an inventory, for people to fill in and correct. */
#include <stdio.h>

#include "base/mem.h"
#include "mask.h"
#include "masking/inventory.h"
#include "masking/propose.h"

int hf_mask_propose(struct hf_cli *cli, const char *path)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf plan = HF_BUF_INIT;
	json_t *inventory = hf_mask_load(cli, path);
	struct hf_fault f = {.code = HF_OK};
	enum hf_err e;
	size_t open;

	if (!inventory)
		return HF_EXIT_REFUSED;
	e = hf_inventory_check(inventory, &f);
	if (e == HF_OK)
		e = hf_plan_propose(inventory, "proposed", &plan, &f);
	open = e == HF_OK ? hf_inventory_open(inventory) : 0;
	json_decref(inventory);
	if (e != HF_OK)
		return hf_cli_fail(cli, "%s: %s", path, f.text);
	if (cli->json) {
		json_t *o = json_pack("{s:s%, s:I}", "plan", (const char *)plan.data, plan.len, "unconfirmed",
		                      (json_int_t)open);

		hf_cli_json(o);
		json_decref(o);
		return HF_EXIT_DONE;
	}
	if (open > 0)
		printf("# %zu rows of the inventory are not confirmed; confirm them before this is used\n", open);
	printf("%.*s", (int)plan.len, (const char *)plan.data);
	return HF_EXIT_DONE;
}
