/* The service manager's notification protocol: sd_notify(3), without its library. */
#ifndef POSTOAK_QUEUE_SD_NOTIFY_H
#define POSTOAK_QUEUE_SD_NOTIFY_H

/*
 * Send `state` ("READY=1\nSTATUS=...") to $NOTIFY_SOCKET; nothing where that is not
 * set. Failures are ignored: the service manager is not there to stop us.
 */
void sd_notify_send(const char *state);

/* "RELOADING=1" with the time it wants for Type=notify-reload. */
void sd_notify_reloading(void);

#endif
