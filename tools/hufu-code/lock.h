/*
 * lock.h - takes everything from this process that a detector does not need (seccomp, Landlock, limits).
 */
#ifndef HUFU_CODE_LOCK_H
#define HUFU_CODE_LOCK_H

#include <stdbool.h>

/* Before the library is loaded: it and what it links may be read, nothing else be done. */
bool lock_for_loading(void);
/* Before any of it is asked: no files any more. */
bool lock_for_good(void);

#endif
