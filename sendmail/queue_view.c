/* SPDX-License-Identifier: ISC */
#include "sendmail/queue_view.h"

#include <stdlib.h>
#include <sysexits.h>

#include "config/request.h"
#include "config/text_stream.h"
#include "queue/listing.h"
#include "queue/spool/spool.h"
#include "sendmail/control.h"

/* Seconds without progress. */
#define LISTING_TIMEOUT 60

static int
list_spool(const struct config *config, const struct selection *selection, bool json, FILE *out,
    struct error *error)
{
	struct listing_options options = {.json = json, .selection = selection};
	struct spool spool;
	int result;

	if (spool_create(config, error) < 0 || spool_open(config, &spool, error) < 0)
		return -1;
	result = listing_write(&spool, &options, out, error);
	spool_close(&spool);
	return result;
}

int
queue_view_write(const struct config *config, const struct selection *selection, bool json,
    FILE *out, struct error *error)
{
	char request[REQUEST_MAX];
	int fd;

	if (selection_request(selection, json ? "list json" : "list text", request,
		sizeof(request) - 1, error) < 0)
		return -1;
	fd = control_send(config, request, error);
	if (fd >= 0)
		return request_copy(fd, out, LISTING_TIMEOUT, error);
	if (error->status != EX_UNAVAILABLE || !control_is_owner(config))
		return -1;
	return list_spool(config, selection, json, out, error);
}

int
queue_view_count(const struct config *config, const struct selection *selection, size_t *count,
    struct error *error)
{
	char *listing = NULL;
	size_t length;
	FILE *out = text_stream_open(&listing, &length);
	int result;

	if (out == NULL)
		return error_set_errno(error, EX_OSERR, "listing");
	result = queue_view_write(config, selection, true, out, error);
	if (fclose(out) != 0 && result == 0)
		result = error_set_errno(error, EX_OSERR, "listing");
	if (result == 0) {
		/* One object a line. */
		*count = 0;
		for (size_t i = 0; i < length; i++)
			*count += listing[i] == '\n';
	}
	free(listing);
	return result;
}
