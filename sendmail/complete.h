/*
 * Completing a header at submission, as RFC 6409 section 8 has it: what must not
 * leave this host is taken out, what a message needs and does not have is added,
 * what relays would not understand is mended. Everything else stays octet for octet.
 */
#ifndef POSTOAK_SENDMAIL_COMPLETE_H
#define POSTOAK_SENDMAIL_COMPLETE_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

struct completion {
	const char *sender;    /* envelope sender for From, with domain; "" null */
	const char *full_name; /* for From, as -F gave it (sender.h); null: the user's */
	const char *hostname;  /* right side of the Message-ID */
	const char *mail_name; /* completes addresses */
	const char *unique;    /* left side of the Message-ID */
	time_t now;            /* for Date */
	bool strip_only;       /* add nothing, leave what fields say */
};

/*
 * The completed form of a canonical header block (`length` octets, without the empty
 * line), fresh; null and errno where memory ran out.
 *
 * Taken out: Bcc, Resent-Bcc, Return-Path, Content-Length, and Date, From and
 * Message-ID without content. Added where missing: Date, From, Message-ID, for a
 * resent message also Resent-Date, Resent-From, Resent-Message-ID; "To:
 * undisclosed-recipients:;" where no field with recipients is left. Changed: white
 * space before a field's colon goes, addresses without domain get one.
 */
char *complete_header(const struct completion *completion, const char *header, size_t length,
    size_t *completed_length);

#endif
