/* formats.h - inside of formats/: the rows of table.c. */
#ifndef HUFU_MASKING_FORMATS_FORMATS_H
#define HUFU_MASKING_FORMATS_FORMATS_H

#include "masking/formats/format.h"

#define HF_FORMATS(X)                                                                                                  \
	X(resident_id)                                                                                                 \
	X(driving_licence)                                                                                             \
	X(passport)                                                                                                    \
	X(travel_permit)                                                                                               \
	X(driver_file)                                                                                                 \
	X(mobile)                                                                                                      \
	X(landline)                                                                                                    \
	X(phone)                                                                                                       \
	X(bank_card)                                                                                                   \
	X(payment_card)                                                                                                \
	X(iban)                                                                                                        \
	X(plate)                                                                                                       \
	X(vin)                                                                                                         \
	X(credit_code)                                                                                                 \
	X(organization_code)                                                                                           \
	X(etc_card)                                                                                                    \
	X(transport_certificate)                                                                                       \
	X(waybill)                                                                                                     \
	X(mmsi)                                                                                                        \
	X(mac)

#define HF_FORMAT_DECLARE(name) extern const struct hf_format hf_format_##name;
HF_FORMATS(HF_FORMAT_DECLARE)
#undef HF_FORMAT_DECLARE

#endif
