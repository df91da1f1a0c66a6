/*
 * codes.h - the check digits and characters of the codes that stand in transport data: computed and verified.
 *
 * Identification uses them to tell a code from any other string of its shape, format-keeping techniques to repair what
 * they have changed. Pure; any thread. Bytes are ASCII without a NUL at the end, letters upper case. A function that
 * computes returns 0 when a byte is outside the code's alphabet.
 */
#ifndef HUFU_MASKING_CODES_H
#define HUFU_MASKING_CODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Luhn (ISO/IEC 7812-1 annex B): the digit behind `len` digits. Payment cards, on-board units, IMEI. */
uint8_t hf_code_luhn(const uint8_t *digits, size_t len);
bool hf_code_luhn_ok(const uint8_t *digits, size_t len); /* len digits with the check digit */

/* GB 11643-1999, ISO 7064 MOD 11-2: the 18th character, '0' to '9' or 'X', behind 17 digits. */
uint8_t hf_code_resident(const uint8_t first[17]);

/* GB 32100-2015: 31 characters without I, O, S, V, Z; the 18th, modulo 31. Characters 9 to 17 are an organization code
 * with its own check. */
#define HF_CODE_CREDIT_SET "0123456789ABCDEFGHJKLMNPQRTUWXY"
uint8_t hf_code_credit(const uint8_t first[17]);
bool hf_code_credit_ok(const uint8_t code[18]); /* both checks */

/* GB 11714-1997: the 9th character, '0' to '9' or 'X', behind 8 of 0-9, A-Z. */
uint8_t hf_code_organization(const uint8_t first[8]);

/* GB 16735-2019, ISO 3779: what stands at position 9, '0' to '9' or 'X', for the 16 others; 33 characters without I, O,
 * Q. The byte at position 9 itself is not looked at. */
#define HF_CODE_VIN_SET "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"
uint8_t hf_code_vin(const uint8_t vin[17]);

/* IMO ship number (resolution A.1117(30)): the 7th digit behind 6. */
uint8_t hf_code_imo(const uint8_t first[6]);

/* ISO 13616: the two check digits of an IBAN of len characters (15 to 34) without spaces; those in place are not looked
 * at. False: a character that may not stand there. */
bool hf_code_iban(const uint8_t *iban, size_t len, uint8_t ret_digits[2]);

/* ISO 6346 freight container: the 11th digit behind 4 letters and 6 digits. */
uint8_t hf_code_container(const uint8_t first[10]);

/* A day of the Gregorian calendar, years 1800 to 2199. */
bool hf_code_day_ok(unsigned year, unsigned month, unsigned day);

#endif
