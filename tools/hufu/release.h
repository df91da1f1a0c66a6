/* release.h - what the commands of `hufu release` share. */
#ifndef HUFU_TOOLS_RELEASE_H
#define HUFU_TOOLS_RELEASE_H

#include "cli.h"

/* How the node is asked for a task: by its id in a session, or by a ticket. */
struct hf_release_asked {
	const char *method, *route, *key, *value;
};
/* Prints the task that out names, or, with wait, waits until it has ended or is paused and prints what became of it. */
int hf_release_say_begun(struct hf_cli *cli, const json_t *out, const struct hf_release_asked *wait);

#endif
