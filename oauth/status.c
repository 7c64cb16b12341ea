/* SPDX-License-Identifier: ISC */
#include "oauth/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "config/text_stream.h"

/* Scopes as an array: those granted where the server named them, else those asked for. */
static json_t *
scopes_of(const struct account_view *view)
{
	json_t *scopes = json_array();

	if (view->scope == NULL) {
		for (size_t i = 0; i < view->profile->scopes.count; i++)
			json_array_append_new(scopes, json_string(view->profile->scopes.items[i]));
		return scopes;
	}
	for (const char *p = view->scope; *p != '\0'; p += strspn(p, " ")) {
		size_t length = strcspn(p, " ");

		if (length > 0)
			json_array_append_new(scopes, json_stringn(p, length));
		p += length;
	}
	return scopes;
}

static json_t *
time_or_null(int64_t time)
{
	return time == 0 ? json_null() : json_integer(time);
}

static json_t *
object_of(const struct account_view *view)
{
	const struct config_profile *profile = view->profile;

	return json_pack("{s:s, s:s?, s:s, s:s, s:o, s:o, s:b, s:s?, s:s?}", "profile",
	    profile->name, "client", profile->client == NULL ? NULL : profile->client->name,
	    "grant", config_grant_name(profile->grant), "state", view->state, "expires_at",
	    time_or_null(view->expires_at), "scopes", scopes_of(view), "refresh_token",
	    (int)view->refresh_token, "last_error", view->last_error, "advice", view->advice);
}

char *
status_json(const struct account_view *views, size_t count)
{
	json_t *array = json_array();
	char *text;

	if (array == NULL)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		if (json_array_append_new(array, object_of(&views[i])) < 0) {
			json_decref(array);
			return NULL;
		}
	}
	text = json_dumps(array, 0);
	json_decref(array);
	return text;
}

static void
print_expiry(FILE *out, int64_t expires_at, int64_t now)
{
	long long left = (long long)(expires_at - now);
	char text[32];

	if (expires_at == 0)
		snprintf(text, sizeof(text), "-");
	else if (left <= 0)
		snprintf(text, sizeof(text), "expired");
	else if (left < 120)
		snprintf(text, sizeof(text), "%lld s", left);
	else if (left < 7200)
		snprintf(text, sizeof(text), "%lld min", left / 60);
	else
		snprintf(text, sizeof(text), "%lld h", left / 3600);
	fprintf(out, "%-12s", text);
}

/* `text` below a table row, each line indented. */
static void
print_indented(FILE *out, const char *text)
{
	while (*text != '\0') {
		size_t length = strcspn(text, "\n");

		fprintf(out, "    %.*s\n", (int)length, text);
		text += length + (text[length] == '\n' ? 1 : 0);
	}
}

char *
status_text(const struct account_view *views, size_t count, int64_t now)
{
	char *text = NULL;
	size_t size = 0;
	int width = 7;
	FILE *out = text_stream_open(&text, &size);

	if (out == NULL)
		return NULL;
	for (size_t i = 0; i < count; i++)
		if ((int)strlen(views[i].profile->name) > width)
			width = (int)strlen(views[i].profile->name);
	fprintf(out, "%-*s  %-18s  %-12s  %-12s  %s\n", width, "PROFILE", "GRANT", "STATE",
	    "EXPIRES IN", "REFRESH TOKEN");
	for (size_t i = 0; i < count; i++) {
		const struct account_view *view = &views[i];

		fprintf(out, "%-*s  %-18s  %-12s  ", width, view->profile->name,
		    config_grant_name(view->profile->grant), view->state);
		print_expiry(out, view->expires_at, now);
		fprintf(out, "  %s\n", view->refresh_token ? "yes" : "no");
		if (view->last_error != NULL)
			print_indented(out, view->last_error);
		if (view->advice != NULL)
			print_indented(out, view->advice);
	}
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
