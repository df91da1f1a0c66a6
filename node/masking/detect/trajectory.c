/* trajectory.c - positions and paths in one value: pairs of degrees, or well-known text. */
#include "masking/detect/tables.h"
#include <stdlib.h>

/* "number separator number" from *at on; both in range. */
static bool pair(const struct hf_cell *c, size_t *at)
{
	double v[2] = {0, 0};
	unsigned decimals = 0;

	for (unsigned i = 0; i < 2; i++) {
		char text[24];
		size_t n = 0;
		char *end;

		while (*at < c->len && (c->data[*at] == ' ' || (i == 1 && c->data[*at] == ',')))
			++*at;
		while (*at < c->len && n + 1 < sizeof(text) && strchr("0123456789.-", c->data[*at]))
			text[n++] = (char)c->data[(*at)++];
		text[n] = '\0';
		if (!strchr(text, '.') || n < 3)
			return false;
		v[i] = strtod(text, &end);
		decimals += (unsigned)strlen(strchr(text, '.')) - 1;
		if (*end || v[i] < -180 || v[i] > 180)
			return false;
	}
	return decimals >= 4 && (v[0] <= 90 || v[1] <= 90);
}

static enum hf_match check(const struct hf_cell *c, const struct hf_detect_tables *t)
{
	size_t at = 0;

	(void)t;
	if (c->upper & 1) {
		const uint8_t *open = memchr(c->data, '(', c->len);

		if (!open || (memcmp(c->data, "POINT", 5) != 0 && memcmp(c->data, "LINES", 5) != 0))
			return HF_MATCH_NO;
		at = (size_t)(open - c->data) + 1;
	} else if (c->data[0] == '[' || c->data[0] == '(') {
		at = 1 + (c->len > 1 && c->data[1] == '[');
	}
	return pair(c, &at) ? HF_MATCH_VALID : HF_MATCH_NO;
}

static const char *const names[] = {"trajectory",  "track", "path", "route_points", "position", "location",
                                    "coordinates", "geom",  "轨迹", "坐标",         "位置",     NULL};

extern const struct hf_detector hf_detector_trajectory;
const struct hf_detector hf_detector_trajectory = {
        .id = "position.path",
        .title = "position or trajectory",
        .basis = "pairs of degrees, or well-known text POINT, LINESTRING",
        .technique = "round",
        .sensitivity = HF_SENS_PERSONAL,
        .level = 4,
        .evidence = HF_EVIDENCE_CONTENT,
        .chance = 0,
        .shape = {{9, 64, HF_CHAR_DIGIT | HF_CHAR_POINT | HF_CHAR_MARK,
                   HF_CHAR_DIGIT | HF_CHAR_POINT | HF_CHAR_MARK | HF_CHAR_UPPER | HF_CHAR_OTHER}},
        .check = check,
        .first = "0-9PL[(-",
        .names = names,
};
