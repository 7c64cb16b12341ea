/* SPDX-License-Identifier: ISC */
#include "config/pack.h"

#include <string.h>

void
pack_init(struct packer *packer, void *buffer, size_t size)
{
	*packer = (struct packer){.data = buffer, .size = size};
}

static void
pack_bytes(struct packer *packer, const void *bytes, size_t length)
{
	if (packer->overflow || length > packer->size - packer->length) {
		packer->overflow = true;
		return;
	}
	memcpy(packer->data + packer->length, bytes, length);
	packer->length += length;
}

void
pack_u32(struct packer *packer, uint32_t value)
{
	pack_bytes(packer, &value, sizeof(value));
}

void
pack_u64(struct packer *packer, uint64_t value)
{
	pack_bytes(packer, &value, sizeof(value));
}

void
pack_string(struct packer *packer, const char *string)
{
	size_t length = string == NULL ? 0 : strlen(string);

	pack_u32(packer, (uint32_t)length);
	pack_bytes(packer, string == NULL ? "" : string, length + 1);
}

void
unpack_init(struct unpacker *unpacker, const void *data, size_t length)
{
	*unpacker = (struct unpacker){.data = data, .left = length};
}

static const unsigned char *
unpack_bytes(struct unpacker *unpacker, size_t length)
{
	const unsigned char *bytes = unpacker->data;

	if (unpacker->bad || length > unpacker->left) {
		unpacker->bad = true;
		return NULL;
	}
	unpacker->data += length;
	unpacker->left -= length;
	return bytes;
}

uint32_t
unpack_u32(struct unpacker *unpacker)
{
	const unsigned char *bytes = unpack_bytes(unpacker, sizeof(uint32_t));
	uint32_t value = 0;

	if (bytes != NULL)
		memcpy(&value, bytes, sizeof(value));
	return value;
}

uint64_t
unpack_u64(struct unpacker *unpacker)
{
	const unsigned char *bytes = unpack_bytes(unpacker, sizeof(uint64_t));
	uint64_t value = 0;

	if (bytes != NULL)
		memcpy(&value, bytes, sizeof(value));
	return value;
}

const char *
unpack_string(struct unpacker *unpacker)
{
	size_t length = unpack_u32(unpacker);
	const unsigned char *bytes;

	/* A length of SIZE_MAX cannot come from 32 bits, so this cannot wrap. */
	bytes = unpack_bytes(unpacker, length + 1);
	if (bytes == NULL)
		return "";
	if (bytes[length] != '\0' || memchr(bytes, '\0', length) != NULL) {
		unpacker->bad = true;
		return "";
	}
	return (const char *)bytes;
}

bool
unpack_complete(const struct unpacker *unpacker)
{
	return !unpacker->bad && unpacker->left == 0;
}
