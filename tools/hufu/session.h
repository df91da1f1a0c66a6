/*
 * session.h - tokens of open sessions, one file per account in DIR/run/sessions, readable by the owner only.
 */
#ifndef HUFU_TOOLS_SESSION_H
#define HUFU_TOOLS_SESSION_H

#include "cli.h"

#define SESSION_TEXT 65

/* The token of --as, or of the only session there is; "" when there is none. False after printing that several are
 * there. */
bool session_load(struct hf_cli *cli, char out[SESSION_TEXT]);
/* False after printing the error. */
bool session_save(struct hf_cli *cli, const char *account, const char *token);
/* Of --as, or the only one. */
void session_forget(struct hf_cli *cli);

#endif
