/* class_row.c - see class_row.h. */
#include "source/class_row.h"

#include <stdio.h>
#include <string.h>

void class_from_row(const Hufu__FieldClass *row, struct hf_field_class *c)
{
	memset(c, 0, sizeof(*c));
	if (!row || row->state > HF_CLASS_DOUBTED)
		return;
	c->state = (enum hf_class_state)row->state;
	snprintf(c->kind, sizeof(c->kind), "%s", row->kind);
	snprintf(c->data_class, sizeof(c->data_class), "%s", row->data_class);
	c->level = row->level;
	snprintf(c->technique, sizeof(c->technique), "%s", row->technique);
	snprintf(c->found, sizeof(c->found), "%s", row->found);
	c->confidence = row->confidence;
	c->by = row->by;
	c->mixed = row->mixed;
	c->values = row->values;
	c->valid = row->valid;
	c->shape = row->shape;
	snprintf(c->confirmed_by, sizeof(c->confirmed_by), "%s", row->confirmed_by);
	c->confirmed_ms = row->confirmed_ms;
}

bool class_to_row(const struct hf_field_class *c, Hufu__FieldClass *row)
{
	if (c->state == HF_CLASS_UNSEEN)
		return false;
	hufu__field_class__init(row);
	row->state = (uint32_t)c->state;
	row->kind = (char *)c->kind;
	row->data_class = (char *)c->data_class;
	row->level = c->level;
	row->technique = (char *)c->technique;
	row->found = (char *)c->found;
	row->confidence = c->confidence;
	row->by = c->by;
	row->mixed = c->mixed;
	row->values = c->values;
	row->valid = c->valid;
	row->shape = c->shape;
	row->confirmed_by = (char *)c->confirmed_by;
	row->confirmed_ms = c->confirmed_ms;
	return true;
}
