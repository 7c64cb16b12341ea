/* What runner and agent say to each other. */
#ifndef POSTOAK_OAUTH_AGENT_PROTOCOL_H
#define POSTOAK_OAUTH_AGENT_PROTOCOL_H

/*
 * Messages between runner and agent (channel.h, pack.h).
 *
 * Runner to agent: AGENT_CREDENTIAL asks for the credential of a profile, to be
 * given over the descriptor that comes with it (credential.h). AGENT_RELOAD: read
 * the configuration file again; where it does not load, the old one stays.
 * AGENT_PROBE: a person resumed the profile; what is known of earlier failures is
 * forgotten, so that the AGENT_CREDENTIAL that follows tries at once. AGENT_RETRY: a
 * person tests the profile; the AGENT_CREDENTIAL that follows asks the authorization
 * server again where that refused before, but what relays refused stays known.
 *
 * Agent to runner: AGENT_CHANGED whenever what is known of a profile's credential
 * changed for better or worse: a token came after failures, a person granted or
 * refreshed (probe at once), or a failure appeared that mailq and status show. `ending`
 * tells that access ends within the hour unless a person grants it anew; "": it does not.
 */
enum agent_message {
	AGENT_CREDENTIAL = 200, /* string profile; one descriptor */
	AGENT_RELOAD,           /* empty */
	AGENT_CHANGED,          /* string profile, u32 enum agent_state, string what happened,
				   string what to do about it, string ending */
	AGENT_PROBE,            /* string profile */
	AGENT_RETRY,            /* string profile */
};

enum agent_state {
	AGENT_READY,        /* a usable credential is there */
	AGENT_TRY_LATER,    /* temporary trouble */
	AGENT_NEEDS_PERSON, /* a person has to do something */
};

#endif
