/* What everything about a profile's credential shares; the agent's. */
#ifndef POSTOAK_OAUTH_ENVIRONMENT_H
#define POSTOAK_OAUTH_ENVIRONMENT_H

#include <stdbool.h>

#include "config/error.h"
#include "config/loop.h"
#include "oauth/command.h"
#include "oauth/discovery.h"
#include "oauth/http.h"
#include "oauth/store.h"

struct environment {
	struct loop *loop;
	struct http *http;
	struct commands *commands;
	struct discovery *discovery;
	struct store *store;      /* null: it could not be opened */
	struct error store_error; /* why */
	bool attended;            /* agent.h: nothing is begun that nobody asked for */
};

#endif
