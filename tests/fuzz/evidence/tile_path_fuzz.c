/*
 * tile_path_fuzz.c - paths of tiles and entry bundles from anywhere. One that is taken names a tile that there can be,
 * and is the only path of it: put together again it is the same.
 */
#include <stdlib.h>
#include <string.h>

#include "evidence/ledger_dir.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[300], again[HF_TILE_PATH];
	struct hf_tile_name n;

	if (size >= sizeof(path))
		return 0;
	memcpy(path, data, size);
	path[size] = '\0';
	if (!hf_dir_tile_parse(path, &n))
		return 0;
	if (n.level < -1 || n.level >= (int)HF_DIR_LEVELS || n.width < 1 || n.width > HF_DIR_TILE)
		abort();
	hf_dir_tile_path(n.level, n.tile, n.width, again);
	if (strlen(path) != strlen(again) || memcmp(path, again, strlen(again)) != 0)
		abort();
	return 0;
}
