/* SPDX-License-Identifier: ISC */
#include "queue/spool/envelope.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "queue/message/address.h"
#include "queue/message/recipients.h"
#include "queue/spool/digits.h"
#include "queue/spool/envelope_syntax.h"
#include "queue/spool/line_reader.h"

/*
 * One parser a field. `value` is what follows "name: " and may be written to. Each
 * returns 0, EINVAL where the value is malformed, or ENOMEM.
 */

static int
parse_key(char *value, struct envelope *envelope)
{
	if (!envelope_key_is_valid(value))
		return EINVAL;
	memcpy(envelope->key, value, ENVELOPE_KEY_SIZE);
	return 0;
}

static int
parse_received(char *value, struct envelope *envelope)
{
	const char *p = value;

	return digits_time(&p, &envelope->received_us) && *p == '\0' ? 0 : EINVAL;
}

static int
parse_uid(char *value, struct envelope *envelope)
{
	const char *p = value;
	uint64_t number;

	/* (uid_t)-1 is nobody. */
	if (!digits_number(&p, &number) || *p != '\0' || number >= UINT32_MAX)
		return EINVAL;
	envelope->uid = (uid_t)number;
	return 0;
}

static int
copy(const char *value, char **field)
{
	*field = strdup(value);
	return *field != NULL ? 0 : ENOMEM;
}

static int
parse_sender(char *value, struct envelope *envelope)
{
	if (value[0] != '\0' && !address_is_valid(value))
		return EINVAL;
	return copy(value, &envelope->sender);
}

/* One of two words; *second tells which. */
static int
parse_either(const char *value, const char *first, const char *second, bool *is_second)
{
	*is_second = strcmp(value, second) == 0;
	return *is_second || strcmp(value, first) == 0 ? 0 : EINVAL;
}

static int
parse_body(char *value, struct envelope *envelope)
{
	return parse_either(value, "7bit", "8bit", &envelope->eight_bit);
}

static int
parse_smtputf8(char *value, struct envelope *envelope)
{
	return parse_either(value, "no", "yes", &envelope->smtputf8);
}

static int
parse_ret(char *value, struct envelope *envelope)
{
	bool headers;
	int code = parse_either(value, "full", "hdrs", &headers);

	envelope->ret = headers ? RET_HDRS : RET_FULL;
	return code;
}

static int
parse_envid(char *value, struct envelope *envelope)
{
	return envelope_envid_is_valid(value) ? copy(value, &envelope->envid) : EINVAL;
}

/* The end of the address: the first space outside quotes, or the end of the line. */
static char *
address_end(char *text)
{
	bool quoted = false;

	for (; *text != '\0' && (quoted || *text != ' '); text++) {
		if (*text == '"')
			quoted = !quoted;
		else if (quoted && *text == '\\' && text[1] != '\0')
			text++;
	}
	return text;
}

/* Where `text` is " name=VALUE", end VALUE and return it, with *rest behind it. */
static char *
parameter(char *text, const char *name, char **rest)
{
	size_t length = strlen(name);

	if (text[0] != ' ' || strncmp(text + 1, name, length) != 0 || text[1 + length] != '=')
		return NULL;
	text += 1 + length + 1;
	*rest = text + strcspn(text, " ");
	return text;
}

static int
grow(struct envelope *envelope)
{
	size_t count = envelope->recipient_count;
	struct recipient *larger;

	/* Full whenever the count is a power of two. */
	if ((count & (count - 1)) != 0)
		return 0;
	larger = reallocarray(
	    envelope->recipients, count == 0 ? 1 : 2 * count, sizeof(envelope->recipients[0]));
	if (larger == NULL)
		return ENOMEM;
	envelope->recipients = larger;
	return 0;
}

static int
parse_recipient(char *value, struct envelope *envelope)
{
	struct recipient recipient = {0};
	char *rest = address_end(value);
	char *address_stop = rest;
	char *notify;
	char *orcpt;

	if (envelope->recipient_count == RECIPIENTS_MAX)
		return EINVAL;
	notify = parameter(rest, "notify", &rest);
	if (notify != NULL) {
		recipient.notify = envelope_notify_parse(notify, (size_t)(rest - notify));
		if (recipient.notify == 0)
			return EINVAL;
	}
	orcpt = parameter(rest, "orcpt", &rest);
	if (*rest != '\0' || (orcpt != NULL && !envelope_orcpt_is_valid(orcpt)))
		return EINVAL;
	*address_stop = '\0';
	if (!address_is_valid(value))
		return EINVAL;
	if (grow(envelope) != 0 || copy(value, &recipient.address) != 0)
		return ENOMEM;
	if (orcpt != NULL && copy(orcpt, &recipient.orcpt) != 0) {
		free(recipient.address);
		return ENOMEM;
	}
	envelope->recipients[envelope->recipient_count++] = recipient;
	return 0;
}

static int
parse_size(char *value, struct envelope *envelope)
{
	const char *p = value;

	return digits_decimal(&p, ENVELOPE_SIZE_DIGITS, &envelope->size) && *p == '\0' ? 0 : EINVAL;
}

static int
parse_crc(char *value, struct envelope *envelope)
{
	const char *p = value;
	uint64_t number;

	if (!digits_hexadecimal(&p, ENVELOPE_CRC_DIGITS, &number) || *p != '\0')
		return EINVAL;
	envelope->crc = (uint32_t)number;
	return 0;
}

enum times { ONCE, AT_MOST_ONCE, AT_LEAST_ONCE };

/* In the order in which they stand. */
static const struct field {
	const char *name;
	enum times times;
	int (*parse)(char *value, struct envelope *envelope);
} fields[] = {
    {"key", ONCE, parse_key},
    {"received", ONCE, parse_received},
    {"uid", ONCE, parse_uid},
    {"sender", ONCE, parse_sender},
    {"body", ONCE, parse_body},
    {"smtputf8", ONCE, parse_smtputf8},
    {"ret", AT_MOST_ONCE, parse_ret},
    {"envid", AT_MOST_ONCE, parse_envid},
    {"recipient", AT_LEAST_ONCE, parse_recipient},
    {"size", ONCE, parse_size},
    {"crc32c", ONCE, parse_crc},
};

/* The next line of the header, or null and `error`. */
static char *
next_line(struct line_reader *reader, struct error *error)
{
	size_t length;
	char *line;

	switch (line_reader_next(reader, &line, &length)) {
	case LINE_OK:
		if (strlen(line) == length)
			return line;
		(void)error_set(error, EX_DATAERR, "a NUL in the message file's header");
		return NULL;
	case LINE_TOO_LONG:
		(void)error_set(error, EX_DATAERR, "too long a line in the message file's header");
		return NULL;
	case LINE_END:
		(void)error_set(error, EX_DATAERR, "the message file ends within its header");
		return NULL;
	case LINE_ERROR:
		break;
	}
	(void)error_set_errno(error, EX_IOERR, "cannot read the message file");
	return NULL;
}

static int
read_version(struct line_reader *reader, struct error *error)
{
	const char *p = next_line(reader, error);
	uint64_t version;

	if (p == NULL)
		return -1;
	if (strncmp(p, ENVELOPE_MAGIC, strlen(ENVELOPE_MAGIC)) != 0)
		return error_set(error, EX_DATAERR, "not a message file");
	p += strlen(ENVELOPE_MAGIC);
	if (!digits_number(&p, &version) || *p != '\0' || version < ENVELOPE_VERSION)
		return error_set(error, EX_DATAERR, "not a message file");
	if (version > ENVELOPE_VERSION)
		return error_set(error, EX_UNAVAILABLE,
		    "a message file of version %ju, made by a newer Postoak", (uintmax_t)version);
	return 0;
}

/* The value where the line is this field, else null. An editor may have stripped
 * the space before an empty value. */
static char *
field_value(char *line, const char *name)
{
	size_t length = strlen(name);

	if (strncmp(line, name, length) != 0 || line[length] != ':')
		return NULL;
	line += length + 1;
	if (*line == ' ')
		return line + 1;
	return *line == '\0' ? line : NULL;
}

static int
read_fields(struct line_reader *reader, struct envelope *envelope, struct error *error)
{
	char *line = next_line(reader, error);

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const struct field *field = &fields[i];
		size_t found = 0;
		char *value;

		for (; line != NULL && (value = field_value(line, field->name)) != NULL; found++) {
			int code = found > 0 && field->times != AT_LEAST_ONCE
				       ? EINVAL
				       : field->parse(value, envelope);

			if (code == ENOMEM)
				return error_set(error, EX_OSERR, "out of memory");
			if (code != 0)
				return error_set(error, EX_DATAERR,
				    "malformed %s in the message file's header", field->name);
			line = next_line(reader, error);
		}
		if (line == NULL)
			return -1;
		if (found == 0 && field->times != AT_MOST_ONCE)
			return error_set(error, EX_DATAERR,
			    "no %s where it belongs in the message file's header", field->name);
	}
	if (line[0] != '\0')
		return error_set(
		    error, EX_DATAERR, "an unknown line at the end of the message file's header");
	return 0;
}

static int
check_size(int fd, const struct envelope *envelope, struct error *error)
{
	uint64_t expected = envelope->body_offset + envelope->size;
	struct stat st;

	if (fstat(fd, &st) == -1)
		return error_set_errno(error, EX_IOERR, "cannot examine the message file");
	if ((uint64_t)st.st_size != expected)
		return error_set(error, EX_DATAERR,
		    "the message file has %jd octets, recorded are %ju", (intmax_t)st.st_size,
		    (uintmax_t)expected);
	return 0;
}

int
envelope_read(int fd, struct envelope *envelope, struct error *error)
{
	struct line_reader reader;

	memset(envelope, 0, sizeof(*envelope));
	line_reader_init(&reader, fd, ENVELOPE_HEADER_MAX, false);
	if (read_version(&reader, error) == -1 || read_fields(&reader, envelope, error) == -1)
		goto fail;
	envelope->body_offset = reader.end;
	envelope->crc_offset = reader.end - strlen("\n\n") - ENVELOPE_CRC_DIGITS;
	if (check_size(fd, envelope, error) == -1)
		goto fail;
	return 0;

fail:
	envelope_free(envelope);
	return -1;
}
