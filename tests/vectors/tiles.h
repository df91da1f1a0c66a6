/*
 * tiles.h - the examples of c2sp.org/tlog-tiles: the path of a tile, and which tiles trees of 70,000 and 256 entries
 * have.
 */
#ifndef HUFU_VECTORS_TILES_H
#define HUFU_VECTORS_TILES_H

#include <stdint.h>

#define C2SP_TILE_INDEX 1234067
#define C2SP_TILE_GROUPS "x001/x234/067"

static const struct {
	uint64_t size;
	struct {
		uint64_t full;
		uint32_t partial; /* width; 0: there is none */
	} level[4];
} c2sp_trees[] = {
        {70000, {{273, 112}, {1, 17}, {0, 1}, {0, 0}}},
        {256, {{1, 0}, {0, 1}, {0, 0}, {0, 0}}},
};

#endif
