/*
 * The bodies of channel messages: numbers and strings one after the other.
 *
 * Both ends are the same program on the same machine, so numbers are in host
 * order; the reader still trusts no length, because the writer may have been
 * captured.
 */
#ifndef POSTOAK_CONFIG_PACK_H
#define POSTOAK_CONFIG_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct packer {
	unsigned char *data; /* the caller's buffer */
	size_t size;         /* its octets */
	size_t length;       /* octets used */
	bool overflow;       /* something did not fit; the rest was dropped */
};

struct unpacker {
	const unsigned char *data;
	size_t left;
	bool bad; /* the body ended early or a string was malformed; all further reads give 0 and ""
		   */
};

void pack_init(struct packer *packer, void *buffer, size_t size);
void pack_u32(struct packer *packer, uint32_t value);
void pack_u64(struct packer *packer, uint64_t value);

/* A string of any length that fits; null is packed as "". */
void pack_string(struct packer *packer, const char *string);

void unpack_init(struct unpacker *unpacker, const void *data, size_t length);
uint32_t unpack_u32(struct unpacker *unpacker);
uint64_t unpack_u64(struct unpacker *unpacker);

/* The string inside the body itself, terminated; valid as long as the body is. */
const char *unpack_string(struct unpacker *unpacker);

/* True where everything was read, nothing is left and nothing was malformed. */
bool unpack_complete(const struct unpacker *unpacker);

#endif
