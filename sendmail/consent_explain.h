/* Authorization requests and responses, parameter by parameter, for people. */
#ifndef POSTOAK_SENDMAIL_CONSENT_EXPLAIN_H
#define POSTOAK_SENDMAIL_CONSENT_EXPLAIN_H

/* Write what `url` asks for to standard output. */
void consent_explain_request(const char *url);

/* The same for `response`, a URL or query; its code is not shown. */
void consent_explain_response(const char *response);

#endif
