/* xtext, RFC 3461 section 4: how ENVID and ORCPT carry any text. */
#ifndef POSTOAK_SENDMAIL_XTEXT_H
#define POSTOAK_SENDMAIL_XTEXT_H

/* `text` as xtext, fresh; null where memory ran out. */
char *xtext_encode(const char *text);

/* A copy where `text` is xtext already, else xtext_encode's. */
char *xtext_ensure(const char *text);

#endif
