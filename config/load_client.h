/* The section oauth_clients. */
#ifndef POSTOAK_CONFIG_LOAD_CLIENT_H
#define POSTOAK_CONFIG_LOAD_CLIENT_H

#include "config/load_context.h"

/* Load load->clients into the configuration. Returns 0, or -1 and the error. */
int load_clients(struct load *load);

/* Where a client's name stands. */
const struct yaml_node *load_client_position(
    const struct load *load, const struct config_client *client);

/* True where the file itself, not a template or default, gives the client this key. */
bool load_client_has(const struct load *load, const struct config_client *client, const char *key);

#endif
