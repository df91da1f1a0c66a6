/* latitude.c - latitudes in degrees. */
#include "masking/detect/tables.h"

static enum hf_match check(const struct hf_cell *c, const struct hf_detect_tables *t)
{
	unsigned whole, decimals;

	(void)t;
	if (!hf_degrees_at(c, &whole, &decimals) || whole > 90)
		return HF_MATCH_NO;
	return decimals >= 4 && whole >= 1 ? HF_MATCH_VALID : HF_MATCH_SHAPE;
}

static const char *const names[] = {"latitude", "lat", "lat_deg", "纬度", NULL};
static const char *const weak_names[] = {"y", NULL};
static const char *const tables[] = {"position", "positions", "track", "tracks", "gps", "轨迹", "位置", NULL};

extern const struct hf_detector hf_detector_latitude;
const struct hf_detector hf_detector_latitude = {
        .id = "position.latitude",
        .title = "latitude",
        .basis = "a number from -90 to 90, by the field's name or beside a longitude",
        .technique = "round",
        .sensitivity = HF_SENS_PERSONAL,
        .level = 3,
        .evidence = HF_EVIDENCE_PAIR,
        .chance = 0.5,
        .shape = {{3, 20, HF_CHAR_DIGIT | HF_CHAR_POINT, HF_CHAR_DIGIT | HF_CHAR_POINT | HF_CHAR_MARK}},
        .check = check,
        .first = "0-9+-",
        .names = names,
        .weak_names = weak_names,
        .tables = tables,
};
