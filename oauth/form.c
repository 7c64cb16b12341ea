/* SPDX-License-Identifier: ISC */
#include "oauth/form.h"

#include <ctype.h>
#include <string.h>

#include <bsd/stdlib.h>

static void
append_octet(struct form *form, char octet)
{
	if (form->failed)
		return;
	if (form->length + 1 >= form->size) {
		size_t size = form->size == 0 ? 512 : form->size * 2;
		char *text = NULL;

		if (size <= FORM_MAX)
			text = recallocarray(form->text, form->size, size, 1);
		if (text == NULL) {
			form_wipe(form);
			form->failed = true;
			return;
		}
		form->text = text;
		form->size = size;
	}
	form->text[form->length++] = octet;
}

void
form_append(struct form *form, const char *text)
{
	for (; *text != '\0'; text++)
		append_octet(form, *text);
}

void
form_append_encoded(struct form *form, const char *text)
{
	static const char hex[] = "0123456789ABCDEF";

	for (; *text != '\0'; text++) {
		unsigned char octet = (unsigned char)*text;

		/* isalnum knows the C locale only: no program of ours calls setlocale. */
		if (isalnum(octet) || strchr("-._", octet) != NULL) {
			append_octet(form, *text);
		} else if (octet == ' ') {
			append_octet(form, '+');
		} else {
			append_octet(form, '%');
			append_octet(form, hex[octet >> 4]);
			append_octet(form, hex[octet & 15]);
		}
	}
}

void
form_add(struct form *form, const char *name, const char *value)
{
	if (form->length > 0)
		append_octet(form, '&');
	form_append_encoded(form, name);
	append_octet(form, '=');
	form_append_encoded(form, value);
}

void
form_wipe(struct form *form)
{
	freezero(form->text, form->size);
	*form = (struct form){0};
}
