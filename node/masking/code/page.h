/*
 * page.h - what a node and the process that runs a user's code (tools/hufu-code) share: one page of memory, which both
 * can write, and a socket with one byte for each question and answer. Its size never changes.
 *
 * The node believes nothing that stands in it: texts are copied and checked, verdicts are yes or no.
 */
#ifndef HUFU_MASKING_CODE_PAGE_H
#define HUFU_MASKING_CODE_PAGE_H

#include <stdint.h>

#define HF_CODE_VALUES 256u /* in one question */
#define HF_CODE_VALUE 4096u /* bytes of one, at most */
#define HF_CODE_BYTES (256u << 10)
#define HF_CODE_SECONDS 1u         /* of processor time for one question, */
#define HF_CODE_SECONDS_ALL 60u    /* for all of one process, */
#define HF_CODE_WAIT_MS 30000      /* and by the clock for one question, */
#define HF_CODE_WAIT_ALL_MS 300000 /* and for all of one process */
#define HF_CODE_MEMORY (128u << 20)

#define HF_CODE_LIST 32u
#define HF_CODE_WORD 104u
#define HF_CODE_EXAMPLES 16u
#define HF_CODE_EXAMPLE 256u

/* struct hufu_detector of method.h; a list ends with an empty text. */
struct hf_code_record {
	char title[208], basis[208], evidence[16], sensitivity[16], technique[16];
	uint32_t level;
	double share;
	char names[HF_CODE_LIST + 1][HF_CODE_WORD], comments[HF_CODE_LIST + 1][HF_CODE_WORD];
	char examples[HF_CODE_EXAMPLES + 1][HF_CODE_EXAMPLE], others[HF_CODE_EXAMPLES + 1][HF_CODE_EXAMPLE];
};

struct hf_code_page {
	struct hf_code_record record; /* after LOAD */
	char why[208];                /* after NO */
	uint32_t count;               /* of values to CHECK, one behind the other in data */
	uint32_t len[HF_CODE_VALUES];
	uint8_t verdict[HF_CODE_VALUES]; /* 1: such a value */
	uint8_t data[HF_CODE_BYTES];
};

/* Questions and answers. */
#define HF_CODE_LOAD 'L'
#define HF_CODE_CHECK 'C'
#define HF_CODE_YES 'y'
#define HF_CODE_NO 'n'

/* Descriptors of the process. */
#define HF_CODE_FD_LIBRARY 3
#define HF_CODE_FD_ASK 4
#define HF_CODE_FD_PAGE 5

#endif
