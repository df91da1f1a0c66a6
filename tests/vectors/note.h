/*
 * note.h - published signed notes, verifier keys, checkpoints and cosignatures.
 * Sources: c2sp.org/signed-note (test vector and example); golang.org/x/mod/sumdb/note (note_test.go);
 * c2sp.org/tlog-cosignature (example); a checkpoint of the public staging log arche2025h1 with the cosignatures of four
 * public witnesses, whose verifier keys are those their operators publish.
 */
#ifndef HUFU_VECTORS_NOTE_H
#define HUFU_VECTORS_NOTE_H

#define DASH "\xe2\x80\x94 "

/* c2sp.org/signed-note, test vector. */
#define C2SP_VKEY "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
#define C2SP_NOTE                                                                                                      \
	"This is an example message.\n"                                                                                \
	"\n" DASH "example.com/foo "                                                                                   \
	"Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"

/* c2sp.org/signed-note, example: its text has an empty line of its own. */
#define C2SP_POEM_TEXT                                                                                                 \
	"Ognuno sta solo sul cuor della terra\n"                                                                       \
	"trafitto da un raggio di sole:\n"                                                                             \
	"\n"                                                                                                           \
	"ed \xc3\xa8 subito sera.\n"
#define C2SP_POEM                                                                                                      \
	C2SP_POEM_TEXT                                                                                                 \
	"\n" DASH "quasimodo.example/salvatore "                                                                       \
	"NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"

/* golang.org/x/mod/sumdb/note. The seed is the base64 of the signer key without its type byte. */
#define GO_VKEY "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
#define GO_SIGNER "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
#define GO_TEXT                                                                                                        \
	"If you think cryptography is the answer to your problem,\n"                                                   \
	"then you don't know what your problem is.\n"
#define GO_LINE                                                                                                        \
	DASH "PeterNeumann "                                                                                           \
	     "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
#define GO_NOTE GO_TEXT "\n" GO_LINE

/* golang.org/x/mod/sumdb/note: keys that must be refused, with key ids that fit. */
static const char *const go_bad_vkeys[] = {
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
};

/* c2sp.org/tlog-cosignature, example: a checkpoint, a log signature, a cosignature. */
#define C2SP_CHECKPOINT                                                                                                \
	"example.com/behind-the-sofa\n"                                                                                \
	"20852163\n"                                                                                                   \
	"CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
#define C2SP_COSIGNED                                                                                                  \
	C2SP_CHECKPOINT                                                                                                \
	"\n" DASH "example.com/behind-the-sofa "                                                                       \
	"Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n" DASH          \
	"witness.example.com/w1 "                                                                                      \
	"jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
#define C2SP_COSIGNED_TIME 1679315147
/* What the specification says that the cosigner signs there. */
#define C2SP_COSIGNED_MESSAGE                                                                                          \
	"cosignature/v1\n"                                                                                             \
	"time 1679315147\n"                                                                                            \
	"example.com/behind-the-sofa\n"                                                                                \
	"20852163\n"                                                                                                   \
	"CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"

/* The public log: its first line is an RFC 6962 signature (type 5), which we pass over. */
#define ARCHE_CHECKPOINT                                                                                               \
	"arche2025h1.staging.ct.transparency.dev\n"                                                                    \
	"1432088532\n"                                                                                                 \
	"U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n"
#define ARCHE_NOTE                                                                                                     \
	ARCHE_CHECKPOINT                                                                                               \
	"\n" DASH "arche2025h1.staging.ct.transparency.dev "                                                           \
	"zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ" \
	"55lv"                                                                                                         \
	"Gt0=\n" DASH "arche2025h1.staging.ct.transparency.dev "                                                       \
	"ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=\n" DASH          \
	"transparency.dev/DEV:witness-little-garden "                                                                  \
	"2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/"                                                                     \
	"KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==\n" DASH "witness1.smartit.nu/witness1 "      \
	"pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/"                                                    \
	"iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==\n" DASH "remora.n621.de "                                     \
	"2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/"                        \
	"zZ0WBxtqB0DrAWfBw==\n" DASH "witness.stagemole.eu "                                                           \
	"Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==\n"
#define ARCHE_VKEY "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f"
#define ARCHE_COSIGNED_TIME 0x6a122120

static const char *const arche_witness_vkeys[] = {
        "transparency.dev/DEV:witness-little-garden+d8042a87+BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM",
        "witness1.smartit.nu/witness1+a48c820f+BPSFWg9G6KPiO7QPryYO5Xq4oYJJ+kAvLKLSimDhoxMO",
        "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
        "witness.stagemole.eu+67f7aea0+BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv",
};

#endif
