/* CRC-32C (Castagnoli, RFC 3720 B.4): the checksum of spool files and log lines. */
#ifndef POSTOAK_SPOOL_CRC32C_H
#define POSTOAK_SPOOL_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Continue `crc` (0 to begin) over `length` octets. */
uint32_t crc32c(uint32_t crc, const void *data, size_t length);

/* The checksum of A followed by B, from their checksums and the length of B. */
uint32_t crc32c_combine(uint32_t crc_a, uint32_t crc_b, uint64_t length_b);

#endif
