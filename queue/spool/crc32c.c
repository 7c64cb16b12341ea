/* SPDX-License-Identifier: ISC */
#include "queue/spool/crc32c.h"

#include <stdbool.h>
#include <string.h>

/* The Castagnoli polynomial with its bits reversed. */
#define POLYNOMIAL UINT32_C(0x82f63b78)

/* Both take and give the register as it is, without the inversions around it. */
static uint32_t
update_by_table(uint32_t crc, const unsigned char *octets, size_t length)
{
	static uint32_t table[256];

	/* The last entry is not 0 once the table is made. */
	if (table[255] == 0)
		for (uint32_t i = 0; i < 256; i++) {
			uint32_t value = i;

			for (int bit = 0; bit < 8; bit++)
				value = (value >> 1) ^ ((value & 1) != 0 ? POLYNOMIAL : 0);
			table[i] = value;
		}
	while (length-- > 0)
		crc = (crc >> 8) ^ table[(crc ^ *octets++) & 0xff];
	return crc;
}

#ifdef __x86_64__
__attribute__((target("sse4.2"))) static uint32_t
update_by_instruction(uint32_t crc, const unsigned char *octets, size_t length)
{
	uint64_t register64 = crc;
	uint64_t word;

	for (; length >= sizeof(word); octets += sizeof(word), length -= sizeof(word)) {
		memcpy(&word, octets, sizeof(word));
		register64 = __builtin_ia32_crc32di(register64, word);
	}
	crc = (uint32_t)register64;
	while (length-- > 0)
		crc = __builtin_ia32_crc32qi(crc, *octets++);
	return crc;
}
#endif

uint32_t
crc32c(uint32_t crc, const void *data, size_t length)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("sse4.2"))
		return ~update_by_instruction(~crc, data, length);
#endif
	return ~update_by_table(~crc, data, length);
}

/* a * b modulo the polynomial; the coefficient of x^0 is the highest bit. */
static uint32_t
multiply(uint32_t a, uint32_t b)
{
	uint32_t product = 0;

	for (uint32_t bit = UINT32_C(1) << 31; bit != 0; bit >>= 1) {
		if ((a & bit) != 0)
			product ^= b;
		b = (b >> 1) ^ ((b & 1) != 0 ? POLYNOMIAL : 0);
	}
	return product;
}

uint32_t
crc32c_combine(uint32_t crc_a, uint32_t crc_b, uint64_t length_b)
{
	uint32_t shift = UINT32_C(1) << 31; /* x^0 */
	uint32_t power = UINT32_C(1) << 23; /* x^8: one octet */

	/* Appending length_b octets multiplies A's remainder by x^(8 length_b). */
	for (; length_b != 0; length_b >>= 1) {
		if ((length_b & 1) != 0)
			shift = multiply(shift, power);
		power = multiply(power, power);
	}
	return multiply(shift, crc_a) ^ crc_b;
}
