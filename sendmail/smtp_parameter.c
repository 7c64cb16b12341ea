/* SPDX-License-Identifier: ISC */
#include "sendmail/smtp_parameter.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "queue/spool/envelope_syntax.h"
#include "sendmail/dsn.h"

/* RFC 1870 5 */
#define SIZE_DIGITS_MAX 20

/* What a parameter means; `value` is null where it has none. False for a bad value. */
typedef bool take_parameter(const char *value, void *parameters);

struct parameter {
	const char *keyword;
	take_parameter *take;
};

static bool
take_size(const char *value, void *context)
{
	struct smtp_mail_parameters *parameters = context;

	if (value == NULL || *value == '\0' || strlen(value) > SIZE_DIGITS_MAX ||
	    value[strspn(value, "0123456789")] != '\0')
		return false;
	parameters->size = strtoull(value, NULL, 10); /* the largest there is for more */
	return true;
}

static bool
take_body(const char *value, void *context)
{
	(void)context;
	return value != NULL &&
	       (strcasecmp(value, "7BIT") == 0 || strcasecmp(value, "8BITMIME") == 0);
}

static bool
take_smtputf8(const char *value, void *context)
{
	struct smtp_mail_parameters *parameters = context;

	parameters->smtputf8 = true;
	return value == NULL;
}

static bool
take_ret(const char *value, void *context)
{
	struct smtp_mail_parameters *parameters = context;

	if (value != NULL)
		parameters->ret = dsn_ret(value);
	return value != NULL && parameters->ret != RET_UNSET;
}

static bool
take_envid(const char *value, void *context)
{
	struct smtp_mail_parameters *parameters = context;

	parameters->envelope_id = value;
	return value != NULL && envelope_envid_is_valid(value);
}

static bool
take_notify(const char *value, void *context)
{
	struct smtp_rcpt_parameters *parameters = context;

	if (value != NULL)
		parameters->notify = dsn_notify(value);
	return value != NULL && parameters->notify != 0;
}

static bool
take_orcpt(const char *value, void *context)
{
	struct smtp_rcpt_parameters *parameters = context;

	parameters->orcpt = value;
	return value != NULL && envelope_orcpt_is_valid(value);
}

static const struct parameter mail_parameters[] = {
    {"SIZE", take_size},
    {"BODY", take_body},
    {"SMTPUTF8", take_smtputf8},
    {"RET", take_ret},
    {"ENVID", take_envid},
    {NULL, NULL},
};

static const struct parameter rcpt_parameters[] = {
    {"NOTIFY", take_notify},
    {"ORCPT", take_orcpt},
    {NULL, NULL},
};

static const char *
parse(char *text, const struct parameter *table, void *parameters)
{
	char *word;

	while ((word = strsep(&text, " \t")) != NULL) {
		const struct parameter *known = table;
		char *value = word;

		if (*word == '\0')
			continue;
		strsep(&value, "=");
		while (known->keyword != NULL && strcasecmp(known->keyword, word) != 0)
			known++;
		if (known->keyword == NULL)
			return "555 Parameter not known";
		if (!known->take(value, parameters))
			return "501 Parameter with a bad value";
	}
	return NULL;
}

const char *
smtp_parameter_mail(char *text, struct smtp_mail_parameters *parameters)
{
	*parameters = (struct smtp_mail_parameters){0};
	return parse(text, mail_parameters, parameters);
}

const char *
smtp_parameter_rcpt(char *text, struct smtp_rcpt_parameters *parameters)
{
	*parameters = (struct smtp_rcpt_parameters){0};
	return parse(text, rcpt_parameters, parameters);
}
