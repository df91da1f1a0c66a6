/*
 * classes.h - what people say of the fields of a source counts for deliveries, too, not only when an entry on it is
 * published (MK-15, MK-23, MK-54, DS-30).
 */
#ifndef HUFU_CATALOG_CLASSES_H
#define HUFU_CATALOG_CLASSES_H

#include "catalog/catalog.h"

/* What goes out of a source. */
struct hf_going_out {
	const char *const *fields;
	size_t count;
	bool masked; /* by a plan, which masks what people said is sensitive */
};
/* An own entry is graded and marked no lower than what people have said by now that these fields of its source hold,
 * and offers them no wider than the controls of now allow; nobody's finding is enough for any of them. UNCLASSIFIED
 * with field, kind and the way out: for this node's people. Cheap when nothing sensitive goes out. Loop thread. */
enum hf_err hf_catalog_classes_stand(const struct hf_catalog *c, const struct hf_catalog_item *it,
                                     const struct hf_source_view *v, const struct hf_going_out *out,
                                     struct hf_fault *f) HF_MUST_CHECK;

#endif
