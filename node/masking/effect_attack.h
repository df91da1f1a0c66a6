/*
 * effect_attack.h - how many original values come back from a masked column (JT/T 1480 4.2.2, MK-3), by attackers who
 * have no key but know every original value. Pure; any thread.
 */
#ifndef HUFU_MASKING_EFFECT_ATTACK_H
#define HUFU_MASKING_EFFECT_ATTACK_H

#include "masking/effect.h"

/* Shares of the rows whose original is not null. */
struct hf_effect_attack {
	double same;       /* masking changed nothing */
	double unkeyed;    /* the value itself, or its SHA-256 */
	double dictionary; /* guessed right: the value itself, or the only original that has its SHA-256 (hexadecimal, 8
	                      digits or more) or that fits it but for characters that became '*' */
	double frequency; /* guessed right: the original that is as frequent among originals as this is here, by rank */
};
/* Row i of both tables must be the same thing: as many rows in both. before learns values of after. */
void hf_effect_attack(struct hf_effect_table *before, size_t before_column, const struct hf_effect_table *after,
                      size_t after_column, struct hf_effect_attack *ret_attack);

#endif
