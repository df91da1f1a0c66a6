/* longitude.c - longitudes in degrees; without a name they are told by values beyond 90 beside a latitude. */
#include "masking/detect/tables.h"

static enum hf_match check(const struct hf_cell *c, const struct hf_detect_tables *t)
{
	unsigned whole, decimals;

	(void)t;
	if (!hf_degrees_at(c, &whole, &decimals))
		return HF_MATCH_NO;
	return decimals >= 4 && whole >= 90 ? HF_MATCH_VALID : HF_MATCH_SHAPE;
}

static const char *const names[] = {"longitude", "lon", "lng", "long", "lon_deg", "经度", NULL};
static const char *const weak_names[] = {"x", NULL};
static const char *const tables[] = {"position", "positions", "track", "tracks", "gps", "轨迹", "位置", NULL};

extern const struct hf_detector hf_detector_longitude;
const struct hf_detector hf_detector_longitude = {
        .id = "position.longitude",
        .title = "longitude",
        .basis = "a number from -180 to 180, by the field's name or beside a latitude",
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
