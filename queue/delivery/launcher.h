/*
 * The launcher: forks workers, having read the trusted certificates once. It has
 * no spool and no secrets.
 */
#ifndef POSTOAK_DELIVERY_LAUNCHER_H
#define POSTOAK_DELIVERY_LAUNCHER_H

/*
 * Runner to launcher (channel.h): LAUNCHER_START, with two descriptors: the
 * worker's end of the runner's pair (work.h) and of the agent's pair
 * (credential.h). The worker takes its settings from the launcher's copy of the
 * configuration, and tells its dialogue where it is asked for a transcript. Where the launcher
 * cannot start one (unknown profile, fork failed) it sends WORK_FAILED over the first descriptor
 * itself. LAUNCHER_RELOAD: read the configuration and the certificates again; where it does not
 * load, keep the old.
 */
enum launcher_message {
	LAUNCHER_START = 400, /* string profile, u32 transcript; descriptors: worker channel,
				 credential channel */
	LAUNCHER_RELOAD,      /* empty */
};

struct launcher_options {
	const char *config_path;
	int monitor_channel; /* process.h */
};

/* Run until the monitor's channel closes; already the right user. An exit status. */
int launcher_run(const struct launcher_options *options);

#endif
