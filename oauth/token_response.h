/*
 * What a token endpoint answers (RFC 6749, sections 5.1 and 5.2), made sense of.
 *
 * Providers differ from the RFC and from each other: any content type is read,
 * expires_in may be a numeric string or missing, errors may have no body. The
 * verdict follows the `error` member and the HTTP status only; provider-specific
 * numbers in the description change without notice.
 */
#ifndef POSTOAK_OAUTH_TOKEN_RESPONSE_H
#define POSTOAK_OAUTH_TOKEN_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "oauth/identity.h"

enum token_verdict {
	TOKEN_RESPONSE_GRANTED,
	TOKEN_RESPONSE_TRY_LATER,     /* the server's trouble, or an answer that is none */
	TOKEN_RESPONSE_GRANT_AGAIN,   /* a person has to grant access again */
	TOKEN_RESPONSE_CONFIGURATION, /* a person has to correct the configuration */
};

#define TOKEN_RESPONSE_LIFE_MAX 31536000 /* seconds; nobody means more than a year */

struct token_response {
	enum token_verdict verdict;
	char *access_token;           /* with GRANTED only: printable ASCII without spaces */
	char *refresh_token;          /* null: none came */
	char *scope;                  /* null: as asked for */
	char identity[IDENTITY_SIZE]; /* whose they are, or "" */
	bool has_life;
	uint32_t life;          /* seconds; with has_life, 1 to TOKEN_RESPONSE_LIFE_MAX */
	char error[65];         /* the error member, or "" */
	char description[2048]; /* error_description as it came, cut; not yet scrubbed */
	const char *fault;      /* static: why an answer is unusable without `error`; or null */
};

/*
 * Make sense of `length` octets of body that came with HTTP `status`. Never fails:
 * what cannot be read has a verdict too. The caller wipes `response`.
 */
void token_response_parse(
    struct token_response *response, unsigned status, const char *body, size_t length);

/* What a command ends with: 0, EX_TEMPFAIL, EX_NOPERM (a person is needed) or EX_CONFIG. */
int token_response_status(enum token_verdict verdict);

/* True where `text` can be used as an access token: printable ASCII without spaces, not too long.
 */
bool token_response_is_access_token(const char *text);

/* Wipe and free the tokens. */
void token_response_wipe(struct token_response *response);

/*
 * The first scope of `asked` (names) that `granted` (separated by spaces, null: all
 * of them) lacks, or null. Those that concern no access (openid, offline_access,
 * profile, email, address, phone) and Microsoft's "/.default" are not looked for.
 */
const char *token_response_missing_scope(const char *granted, char *const *asked, size_t count);

#endif
