/* table.c - the detectors, most specific first; declared in masking/detector.h. */
#include <string.h>

#include "masking/detector.h"

#define HF_DETECTOR_ROWS(X)                                                                                            \
	X(resident_id)                                                                                                 \
	X(credit_code)                                                                                                 \
	X(bank_card)                                                                                                   \
	X(payment_card)                                                                                                \
	X(iban)                                                                                                        \
	X(mobile)                                                                                                      \
	X(phone)                                                                                                       \
	X(landline)                                                                                                    \
	X(email)                                                                                                       \
	X(mac)                                                                                                         \
	X(ip)                                                                                                          \
	X(plate)                                                                                                       \
	X(vin)                                                                                                         \
	X(imo)                                                                                                         \
	X(passport)                                                                                                    \
	X(travel_permit)                                                                                               \
	X(driving_licence)                                                                                             \
	X(driver_file)                                                                                                 \
	X(transport_certificate)                                                                                       \
	X(organization_code)                                                                                           \
	X(etc_card)                                                                                                    \
	X(mmsi)                                                                                                        \
	X(waybill)                                                                                                     \
	X(name)                                                                                                        \
	X(organization_name)                                                                                           \
	X(address)                                                                                                     \
	X(trajectory)                                                                                                  \
	X(longitude)                                                                                                   \
	X(latitude)                                                                                                    \
	X(birth)                                                                                                       \
	X(gender)                                                                                                      \
	X(age)                                                                                                         \
	X(time)                                                                                                        \
	X(amount)                                                                                                      \
	X(weight)                                                                                                      \
	X(speed)                                                                                                       \
	X(free_text)

#define DECLARE(name) extern const struct hf_detector hf_detector_##name;
HF_DETECTOR_ROWS(DECLARE)
#undef DECLARE

static const struct hf_detector *const rows[] = {
#define ROW(name) &hf_detector_##name,
        HF_DETECTOR_ROWS(ROW)
#undef ROW
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))
_Static_assert(ROWS < HF_DETECTORS_MAX, "one bit each, and room for rules of the user");

const struct hf_detector *const *hf_detectors(size_t *ret_count)
{
	*ret_count = ROWS;
	return rows;
}

const struct hf_detector *hf_detector_named(const char *id)
{
	for (size_t i = 0; i < ROWS; i++)
		if (strcmp(rows[i]->id, id) == 0)
			return rows[i];
	return NULL;
}

static const char *const sensitivities[] = {
        [HF_SENS_GENERAL] = "general",
        [HF_SENS_PERSONAL] = "personal",
        [HF_SENS_IMPORTANT] = "important",
        [HF_SENS_CORE] = "core",
};

const char *hf_sensitivity_name(enum hf_sensitivity s)
{
	return s >= HF_SENS_GENERAL && s <= HF_SENS_CORE ? sensitivities[s] : "none";
}

enum hf_sensitivity hf_sensitivity_named(const char *name)
{
	for (enum hf_sensitivity s = HF_SENS_GENERAL; s <= HF_SENS_CORE; s++)
		if (strcmp(sensitivities[s], name) == 0)
			return s;
	return 0;
}
