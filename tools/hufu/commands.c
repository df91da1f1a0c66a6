/*
 * commands.c - the list of command tables; a module adds its commands by one file and one row here.
 */
#include "cli.h"

/* One line each, so that two branches can add one. */
/* clang-format off */
const struct hf_command *const hf_command_tables[] = {
        hf_commands_space,
        hf_commands_node,
        hf_commands_identity,
        hf_commands_source,
        hf_commands_target,
        hf_commands_catalog,
        hf_commands_uses, /* before the table of `hufu grants`, which takes any word after it */
        hf_commands_authz,
        hf_commands_giving,
        hf_commands_emergency,
        hf_commands_scenario,
        hf_commands_agent,
        hf_commands_promote,
        hf_commands_policy,
        hf_commands_rulebook,
        hf_commands_decision,
        hf_commands_mandate,
        hf_commands_dispute,
        hf_commands_statistics,
        hf_commands_exchange,
        hf_commands_subscribe,
        hf_commands_derive,
        hf_commands_mask,
        hf_commands_release,
        hf_commands_schedule,
        hf_commands_disclosures,
        hf_commands_mask_keys,
        hf_commands_mask_policy,
        hf_commands_mask_trend,
        hf_commands_ledger,
        hf_commands_sensitive,
        hf_commands_data,
        hf_commands_recall,
        hf_commands_data_view,
        hf_commands_erasure,
        hf_commands_audit,
        hf_commands_keys,
        hf_commands_time,
        hf_commands_backup,
        NULL,
};
/* clang-format on */
