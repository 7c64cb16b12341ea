/*
 * The worker: one connection to a relay, from resolving its name to QUIT, in
 * sequential code with deadlines. It reports and does not log.
 */
#ifndef POSTOAK_DELIVERY_WORKER_H
#define POSTOAK_DELIVERY_WORKER_H

#include <stdbool.h>

#include <openssl/ssl.h>

#include "config/config.h"

struct worker_options {
	const struct config *config;
	const struct config_profile *profile;
	SSL_CTX *trust;         /* certificates, prepared by the launcher; null with tls none */
	int runner_channel;     /* work.h */
	int credential_channel; /* credential.h */
	bool transcript;        /* tell the runner the dialogue */
};

/* Serve the runner until told to stop or the connection ends. Does not return. */
_Noreturn void worker_run(const struct worker_options *options);

#endif
