/*
 * Submission over the socket run/submit, for those who cannot write to the spool.
 *
 * The client connects and sends one line,
 *
 *	postoak-submit 1 now        (or "later": do not wake the runner for it)
 *
 * then a whole message file (envelope.h), and shuts down its side. The answer is one
 * line "STATUS TEXT" as in request.h: status 0 and the queue id once the message is
 * durable, else a sysexits number and why not. Of the envelope uid, key and time are
 * the receiver's own: who submits is whom the kernel names.
 */
#ifndef POSTOAK_SPOOL_SUBMIT_PROTOCOL_H
#define POSTOAK_SPOOL_SUBMIT_PROTOCOL_H

#define SUBMIT_SOCKET "submit" /* in the runtime directory */

#define SUBMIT_GREETING "postoak-submit 1 "
#define SUBMIT_NOW SUBMIT_GREETING "now\n"
#define SUBMIT_LATER SUBMIT_GREETING "later\n"

/* Seconds that a client has to send everything. */
#define SUBMIT_TIME 60

#endif
