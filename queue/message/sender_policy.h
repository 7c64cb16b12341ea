/*
 * Who may send as whom: what untrusted_sender and trusted_users in postoak.yaml(5) say.
 *
 * A user's own addresses are his name at mail_name and at hostname, and the null
 * sender.
 */
#ifndef POSTOAK_MESSAGE_SENDER_POLICY_H
#define POSTOAK_MESSAGE_SENDER_POLICY_H

#include <stddef.h>
#include <sys/types.h>

#include "config/config.h"
#include "config/error.h"

/* Who wants to send as whom. */
struct sender_claim {
	const struct config *config;
	uid_t uid;
	const char *sender; /* RFC 5321 form; "" for the null sender */
};

/* Where a header goes, in pieces. Returns 0, or -1 and `error`. */
typedef int sender_policy_write(
    void *context, const char *data, size_t length, struct error *error);

/*
 * Give the header block `header` (canonical, `length` octets, without its empty line)
 * to `write` as the policy wants it: with `untrusted_sender: warn` the warnings that an
 * untrusted user brought are left out, and where the sender is not his own, a true one
 * stands first. Returns 0, or -1 and `error`: EX_NOPERM where he may not send as that
 * one, and then nothing was written; EX_TEMPFAIL; what `write` filled in.
 */
int sender_policy_apply(const struct sender_claim *claim, const char *header, size_t length,
    sender_policy_write *write, void *context, struct error *error);

#endif
