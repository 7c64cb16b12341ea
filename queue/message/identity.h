/*
 * Identity: which envelope sender and From a relay sees, so that it accepts mail
 * of this host's programs as its account's own.
 */
#ifndef POSTOAK_MESSAGE_IDENTITY_H
#define POSTOAK_MESSAGE_IDENTITY_H

#include <stddef.h>

#include "config/config.h"

struct identity {
	char *header; /* the header block to send, canonical, without the empty line */
	size_t length;
	char *from;     /* the address(es) in From as sent, for the log; null without From */
	char *reply_to; /* Reply-To as sent, for the log; null without */
};

/*
 * The MAIL FROM address for an envelope sender ("" null) under a profile's
 * rewrite_from and null_sender policy. A fresh string.
 */
char *identity_sender(
    const struct config *config, const struct config_profile *profile, const char *sender);

/*
 * Rewrite the header block (`length` octets, canonical, without the empty line):
 * From by rewrite_from; X-Original-From keeps the old value and becomes Reply-To where
 * none is set and its domain is public; else the profile's reply_to template
 * ({sender} the envelope sender, {user} the submitting user's name or number with what
 * is no letter, digit, '.', '_' or '-' replaced by '_', {hostname}) is added where the
 * message has no Reply-To.
 *
 * Display names are kept; authors who become the same address are one; groups give
 * their members; a From that cannot be read counts as an address without domain.
 * Where several authors remain in a rewritten From and there is no Sender, the profile's
 * address becomes Sender (RFC 5322 3.6.2). Fields added stand before all others;
 * everything else stays octet for octet.
 *
 * Returns 0, or -1 and errno (ENOMEM). Free with identity_free.
 */
int identity_rewrite(const struct config *config, const struct config_profile *profile,
    const char *sender, const char *user, const char *header, size_t length,
    struct identity *identity);
void identity_free(struct identity *identity);

#endif
