/* name.c - names of persons: a surname of the table and one to three Han characters more; Latin ones only by the
 * field's name. */
#include "masking/detect/tables.h"

static const char *const compound[] = {"欧阳", "司马", "上官", "诸葛", "夏侯", "东方", "皇甫", "尉迟",
                                       "公孙", "慕容", "令狐", "司徒", "长孙", "宇文", "轩辕", "南宫",
                                       "西门", "端木", "百里", "闻人", "申屠", "独孤"};

static bool compound_first(const uint8_t *p)
{
	for (size_t i = 0; i < sizeof(compound) / sizeof(compound[0]); i++)
		if (memcmp(p, compound[i], 6) == 0)
			return true;
	return false;
}

static enum hf_match latin(const struct hf_cell *c)
{
	size_t words = 1 + hf_bits(c->mark);

	return (c->upper & 1) && c->lower && words <= 4 ? HF_MATCH_SHAPE : HF_MATCH_NO;
}

static enum hf_match check(const struct hf_cell *c, const struct hf_detect_tables *t)
{
	uint32_t first = hf_han_at(c->data);

	if (!(c->classes & HF_CHAR_HIGH))
		return latin(c);
	if (c->classes != HF_CHAR_HIGH || c->len % 3 != 0 || c->len > 12 || !hf_is_han(first))
		return HF_MATCH_NO;
	for (size_t i = 3; i < c->len; i += 3)
		if (!hf_is_han(hf_han_at(c->data + i)))
			return HF_MATCH_NO;
	if (c->len == 12 || (c->len == 9 && !hf_han_in(&t->surnames, first)))
		return compound_first(c->data) ? HF_MATCH_VALID : HF_MATCH_SHAPE;
	if (c->len > 6 && hf_han_in(&t->things, hf_han_at(c->data + c->len - 3)))
		return HF_MATCH_SHAPE;
	return hf_han_in(&t->surnames, first) ? HF_MATCH_VALID : HF_MATCH_SHAPE;
}

static const char *const names[] = {
        "person_name",   "full_name",    "real_name",   "first_name",     "last_name",  "surname",
        "given_name",    "family_name",  "driver_name", "passenger_name", "owner_name", "contact_name",
        "customer_name", "user_name_cn", "xm",          "姓名",           "名字",       "联系人",
        "驾驶员",        "司机",         "乘客",        "车主",           "货主",       "收件人",
        "寄件人",        "法定代表人",   NULL};
static const char *const weak_names[] = {"name", NULL};
static const char *const tables[] = {"person",     "persons",  "people",    "driver",   "drivers",   "passenger",
                                     "passengers", "customer", "customers", "employee", "employees", "staff",
                                     "user",       "users",    "owner",     "owners",   "人员",      "司机",
                                     "驾驶员",     "乘客",     "员工",      "车主",     NULL};

extern const struct hf_detector hf_detector_name;
const struct hf_detector hf_detector_name = {
        .id = "person.name",
        .title = "name of a person",
        .basis = "table of surnames, two to four Han characters",
        .technique = "mask",
        .sensitivity = HF_SENS_PERSONAL,
        .level = 3,
        .evidence = HF_EVIDENCE_CONTENT,
        .chance = 0.3,
        .shape = {{6, 12, HF_CHAR_HIGH, HF_CHAR_HIGH},
                  {2, 40, HF_CHAR_LETTER, HF_CHAR_LETTER | HF_CHAR_MARK | HF_CHAR_POINT}},
        .check = check,
        .first = "A-Z\xE4-\xE9",
        .names = names,
        .weak_names = weak_names,
        .tables = tables,
};
