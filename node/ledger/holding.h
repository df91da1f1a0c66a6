/*
 * holding.h - which ledgers of others this node stores and how much of them, and what becomes of this node's own ledger
 * at mirrors that refuse it. For this folder.
 *
 * A ledger is taken only with a reason: the descriptor names this node as mirror of that member, or a transaction on
 * record here has that member as a party. What is taken is bounded for each ledger and in total. Cosigning as a witness
 * asks neither.
 */
#ifndef HUFU_LEDGER_HOLDING_H
#define HUFU_LEDGER_HOLDING_H

#include "ledger/ledger.h"
#include "state_ledger.pb-c.h"

#define HF_HOLDING_ENTRY 48u      /* what an entry takes beside its own bytes: its key, its hash in the tree */
#define HF_HOLDING_OPENING 180u   /* likewise an opening: its key, its rows in the indexes of transactions and uses */
#define HF_HOLDING_GRACE_MS 10000 /* a push may be here before the mail that gives the reason for it */
#define HF_HOLDING_RECORD_MS (60 * 60 * 1000) /* one entry and one alarm about a ledger that goes on being refused */
#define HF_PUSH_PAUSE_MS 1000                 /* of the refused side; doubles */
#define HF_PUSH_PAUSE_MAX_MS (10 * 60 * 1000)

/* What this node stores of one peer's ledger. */
struct hf_holding {
	uint64_t bytes;
	enum hf_err refusing;          /* why pushes are refused at present; HF_OK: they are taken */
	int64_t since_ms, recorded_ms; /* monotonic; recorded_ms 0: not so far */
	uint64_t unrecorded;
};
/* This node's ledger at one peer. */
struct hf_pushing {
	enum hf_err reason;                   /* HF_OK: taken, as far as we know */
	char text[320];                       /* the peer's sentence */
	int64_t after_ms, pause_ms, alarm_ms; /* monotonic */
};

struct hf_answer;
struct hf_lpeer;

void hf_holding_load(struct hf_ledger *l); /* at the start, from the rows */
/* A row written before bytes were counted gets them. */
void hf_holding_fix(struct hf_ledger *l, const char *peer, Hufu__MirrorRow *row);
/* May so many more bytes of peer's ledger be stored? Else answers the refusal, which is recorded. */
bool hf_holding_admit(struct hf_ledger *l, const char *peer, const Hufu__MirrorRow *row, int64_t more,
                      const struct hf_answer *answer);
/* The same where nobody waits for an answer. */
bool hf_holding_room(struct hf_ledger *l, const char *peer, const Hufu__MirrorRow *row, int64_t more);
/* The row, with its new bytes, is on its way to the store. entries: the ledger grew. */
void hf_holding_took(struct hf_ledger *l, const char *peer, const Hufu__MirrorRow *row, bool entries);

/* The other direction. False while a refusal is waited out; pump() is told. */
bool hf_push_ready(struct hf_ledger *l, const struct hf_lpeer *p);
/* True when r is such a refusal: state, pause and one alarm follow from it. */
bool hf_push_refused(struct hf_ledger *l, struct hf_lpeer *p, const struct hf_reply *r);
/* The peer took something; entries: of the ledger itself, which ends any refusal, else only that of an uninvited. */
void hf_push_taken(struct hf_lpeer *p, bool entries);
/* The peer pushes its own ledger here, or came up: it is worth trying again now. */
void hf_push_again(struct hf_lpeer *p, bool whatever);

#endif
