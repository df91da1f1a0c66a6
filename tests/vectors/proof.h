/*
 * proof.h - the example of c2sp.org/tlog-proof. Its extra line is opaque (and no whole base64), and its signatures are
 * abridged in the specification; everything from the index on is as published.
 */
#ifndef HUFU_VECTORS_PROOF_H
#define HUFU_VECTORS_PROOF_H

#define C2SP_PROOF_HEAD "c2sp.org/tlog-proof@v1\n"
#define C2SP_PROOF_INDEX 73894
static const char *const c2sp_proof_path[] = {
        "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=", "B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=",
        "EKNzoDWG8LGC0Yp9o+sv3qllpMP9uHQ9B20KNL+Q1zs=", "RoopEkOdqkYqMB4MJXrbt/hMjOxsVn0IrWjpz1ZMMes=",
        "AHCioX9nLjsrse6YhjRRmk1WUEirVOLLRoOQ6vfO5vk=",
};
#define C2SP_PROOF_NOTE                                                                                                \
	"example.com/fancylog\n"                                                                                       \
	"109482\n"                                                                                                     \
	"sFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=\n"                                                               \
	"\n"                                                                                                           \
	"\xe2\x80\x94 example.com/fancylog hI2DJw[...]1roloI=\n"                                                       \
	"\xe2\x80\x94 witness1.example mJirIklj[...]qY9v2B/5bg==\n"                                                    \
	"\xe2\x80\x94 witness2.example TnKKVHLX[...]xwYwrSjgow==\n"                                                    \
	"\xe2\x80\x94 witness3.example S4X82uH5[...]3oEcROGLFQ==\n"
/* The lines after the extra line. */
#define C2SP_PROOF_TAIL                                                                                                \
	"index 73894\n"                                                                                                \
	"gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\n"                                                               \
	"B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=\n"                                                               \
	"EKNzoDWG8LGC0Yp9o+sv3qllpMP9uHQ9B20KNL+Q1zs=\n"                                                               \
	"RoopEkOdqkYqMB4MJXrbt/hMjOxsVn0IrWjpz1ZMMes=\n"                                                               \
	"AHCioX9nLjsrse6YhjRRmk1WUEirVOLLRoOQ6vfO5vk=\n"                                                               \
	"\n" C2SP_PROOF_NOTE

#endif
