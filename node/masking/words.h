/*
 * words.h - names of fields and tables as words: "IDCardNo", "id-card no" and "id_card_no" are the same. For this
 * folder only.
 */
#ifndef HUFU_MASKING_WORDS_H
#define HUFU_MASKING_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#define HF_WORDS_MAX 320u

/* "_id_card_no_": lower case, words joined and enclosed by "_"; what is beyond ASCII stays. Long names are cut. */
void hf_words(const char *name, char out[HF_WORDS_MAX]);
/* One of the patterns is in words, as whole words, or anywhere when it is not ASCII. list is ended by NULL; NULL: no.
 */
bool hf_words_match(const char *words, const char *const *list);

#endif
