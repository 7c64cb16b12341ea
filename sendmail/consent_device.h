/* A person's consent on another device (RFC 8628). */
#ifndef POSTOAK_SENDMAIL_CONSENT_DEVICE_H
#define POSTOAK_SENDMAIL_CONSENT_DEVICE_H

#include "sendmail/consent_call.h"

/*
 * Show where to enter which code, and wait until somebody has, or it expires. Returns
 * EX_OK with the report on standard output; -1 and `error` as consent_by_browser.
 */
int consent_by_device(const struct consent_call *call, struct error *error);

#endif
