/* text.c - UTF-8: what is let in, where it may be cut, how wide it is on a terminal; declared in buf.h. */
#include <string.h>

#include "base/buf.h"
#include "crypto/utf8.h"

struct range {
	uint32_t first, last;
};

/* Unicode 15, East_Asian_Width W and F; unassigned gaps inside emoji blocks are taken along. */
static const struct range wide[] = {
        {0x1100, 0x115F},   {0x231A, 0x231B},   {0x2329, 0x232A},   {0x23E9, 0x23EC},   {0x23F0, 0x23F0},
        {0x23F3, 0x23F3},   {0x25FD, 0x25FE},   {0x2614, 0x2615},   {0x2648, 0x2653},   {0x267F, 0x267F},
        {0x2693, 0x2693},   {0x26A1, 0x26A1},   {0x26AA, 0x26AB},   {0x26BD, 0x26BE},   {0x26C4, 0x26C5},
        {0x26CE, 0x26CE},   {0x26D4, 0x26D4},   {0x26EA, 0x26EA},   {0x26F2, 0x26F3},   {0x26F5, 0x26F5},
        {0x26FA, 0x26FA},   {0x26FD, 0x26FD},   {0x2705, 0x2705},   {0x270A, 0x270B},   {0x2728, 0x2728},
        {0x274C, 0x274C},   {0x274E, 0x274E},   {0x2753, 0x2755},   {0x2757, 0x2757},   {0x2795, 0x2797},
        {0x27B0, 0x27B0},   {0x27BF, 0x27BF},   {0x2B1B, 0x2B1C},   {0x2B50, 0x2B50},   {0x2B55, 0x2B55},
        {0x2E80, 0x3029},   {0x302E, 0x303E},   {0x3041, 0x3098},   {0x309B, 0x3247},   {0x3250, 0x4DBF},
        {0x4E00, 0xA4CF},   {0xA960, 0xA97C},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE10, 0xFE19},
        {0xFE30, 0xFE6F},   {0xFF01, 0xFF60},   {0xFFE0, 0xFFE6},   {0x16FE0, 0x16FF1}, {0x17000, 0x18CFF},
        {0x1AFF0, 0x1B2FB}, {0x1F004, 0x1F004}, {0x1F0CF, 0x1F0CF}, {0x1F18E, 0x1F18E}, {0x1F191, 0x1F19A},
        {0x1F200, 0x1F265}, {0x1F300, 0x1F320}, {0x1F32D, 0x1F335}, {0x1F337, 0x1F37C}, {0x1F37E, 0x1F393},
        {0x1F3A0, 0x1F3CA}, {0x1F3CF, 0x1F3D3}, {0x1F3E0, 0x1F3F0}, {0x1F3F4, 0x1F3F4}, {0x1F3F8, 0x1F43E},
        {0x1F440, 0x1F440}, {0x1F442, 0x1F4FC}, {0x1F4FF, 0x1F53D}, {0x1F54B, 0x1F54E}, {0x1F550, 0x1F567},
        {0x1F57A, 0x1F57A}, {0x1F595, 0x1F596}, {0x1F5A4, 0x1F5A4}, {0x1F5FB, 0x1F64F}, {0x1F680, 0x1F6C5},
        {0x1F6CC, 0x1F6CC}, {0x1F6D0, 0x1F6D2}, {0x1F6D5, 0x1F6D7}, {0x1F6DC, 0x1F6DF}, {0x1F6EB, 0x1F6EC},
        {0x1F6F4, 0x1F6FC}, {0x1F7E0, 0x1F7EB}, {0x1F7F0, 0x1F7F0}, {0x1F90C, 0x1F93A}, {0x1F93C, 0x1F945},
        {0x1F947, 0x1F9FF}, {0x1FA70, 0x1FAFF}, {0x20000, 0x3FFFD},
};

/* Controls, combining marks and joiners of the scripts in use here. */
static const struct range narrow[] = {
        {0x0000, 0x001F}, {0x007F, 0x009F}, {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x0610, 0x061A},
        {0x064B, 0x065F}, {0x0900, 0x0902}, {0x0E31, 0x0E31}, {0x0E34, 0x0E3A}, {0x0E47, 0x0E4E}, {0x1160, 0x11FF},
        {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200B, 0x200F}, {0x202A, 0x202E}, {0x2060, 0x2064}, {0x20D0, 0x20F0},
        {0x302A, 0x302D}, {0x3099, 0x309A}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}, {0xE0100, 0xE01EF},
};
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static bool listed(uint32_t code, const struct range *ranges, size_t count)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (code > ranges[mid].last)
			low = mid + 1;
		else
			high = mid;
	}
	return low < count && code >= ranges[low].first;
}

/* Bytes of the character that a first byte begins; 1 for what begins none. */
static size_t announced(uint8_t first)
{
	if (first < 0xC0)
		return 1;
	return first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

size_t hf_utf8_cut(const char *text, size_t max)
{
	const uint8_t *p = (const uint8_t *)text;
	size_t lead = max;

	while (lead > 0 && max - lead < 3 && (p[lead - 1] & 0xC0) == 0x80)
		lead--;
	if (lead == 0)
		return max;
	/* p[lead - 1] begins the last character: keep that whole, or leave it out. */
	return announced(p[lead - 1]) > max - lead + 1 ? lead - 1 : max;
}

void hf_utf8_mend(char *text)
{
	const char *at = text, *end = text + strlen(text);
	char *out = text;
	bool broken = false;

	while (at != end) {
		const char *from = at;
		uint32_t code = 0;
		bool ok = hf_utf8_next(&at, end, &code);

		if (ok) {
			memmove(out, from, (size_t)(at - from));
			out += at - from;
		} else {
			at = from + 1;
			if (!broken)
				*out++ = '?';
		}
		broken = !ok;
	}
	*out = '\0';
}

static bool control(uint32_t code)
{
	return (code < 0x20 && code != '\n' && code != '\t') || (code >= 0x7F && code < 0xA0);
}

bool hf_text_ok(const char *text, size_t len, size_t max)
{
	const char *at = text;
	uint32_t code = 0;

	if (len == 0)
		return true;
	if (!text || len > max)
		return false;
	while (at != text + len)
		if (!hf_utf8_next(&at, text + len, &code) || control(code))
			return false;
	return true;
}

static size_t columns(uint32_t code)
{
	if (listed(code, narrow, COUNT(narrow)))
		return 0;
	return listed(code, wide, COUNT(wide)) ? 2 : 1;
}

size_t hf_text_width(const char *text)
{
	const char *at = text, *end = text + strlen(text);
	size_t width = 0;
	uint32_t code = 0;

	while (at != end) {
		if (hf_utf8_next(&at, end, &code)) {
			width += columns(code);
		} else {
			width++;
			at++;
		}
	}
	return width;
}
