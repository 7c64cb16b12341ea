/* SPDX-License-Identifier: ISC */
#include "queue/trial.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include <bsd/string.h>

#include "config/channel.h"
#include "queue/advice.h"
#include "queue/delivery/work.h"
#include "queue/health.h"
#include "queue/maillog.h"
#include "queue/message/address.h"
#include "queue/spool/queue_id.h"
#include "queue/trial_message.h"

#define TRIALS_MAX 4

/* A worker that talks without end does not keep the others waiting. */
#define REPORTS_A_TURN 64

/* Where a verdict's advice is broken into lines. */
#define WIDTH 78

struct trial {
	LIST_ENTRY(trial) entry;
	struct trials *trials;
	char profile[CONFIG_NAME_MAX + 1]; /* by name: a reload changes what it means */
	char *recipient;
	uid_t uid; /* who asked */
	struct accept *message;
	uint64_t id; /* in the log, and in the message's Received field */
	int client;
	int worker; /* -1: none now */
	bool again; /* the second worker, with another token */
	bool decided;
	bool gone; /* the client; nothing more can be said */
	struct outcome outcome;
	char relay[320];
	double seconds[2]; /* connecting, transmission */
	struct loop_timer limit;
};

struct trials {
	struct context *context;
	struct dispatch *dispatch;
	void (*changed)(struct lane *lane, void *arg);
	void *arg;
	struct channel_message message;
	LIST_HEAD(, trial) list;
	size_t count;
};

static const struct config_profile *
profile_of(const struct trial *trial)
{
	return config_find_profile(trial->trials->context->config, trial->profile);
}

static struct lane *
lane_of(const struct trial *trial)
{
	const struct config_profile *profile = profile_of(trial);

	return profile == NULL ? NULL : context_lane(trial->trials->context, profile);
}

/* ---- telling the client ---- */

/* A client that does not read what little there is, is as good as gone. */
static void
say(struct trial *trial, const char *text, size_t length)
{
	if (!trial->gone &&
	    send(trial->client, text, length, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)length)
		trial->gone = true;
}

static void say_line(struct trial *trial, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
say_line(struct trial *trial, const char *format, ...)
{
	char line[OUTCOME_TEXT_MAX + OUTCOME_ADVICE_MAX];
	va_list ap;
	int length;

	va_start(ap, format);
	length = vsnprintf(line, sizeof(line) - 1, format, ap);
	va_end(ap);
	if (length < 0)
		return;
	if ((size_t)length > sizeof(line) - 2)
		length = (int)sizeof(line) - 2;
	line[length] = '\n';
	say(trial, line, (size_t)length + 1);
}

/* Advice, which is one line everywhere else, in lines that a terminal has room for. */
static void
say_advice(struct trial *trial, const char *advice)
{
	while (*advice != '\0') {
		size_t length = strlen(advice);

		if (length > WIDTH) {
			length = WIDTH;
			while (length > 0 && advice[length] != ' ')
				length--;
			if (length == 0)
				length = strcspn(advice, " ");
		}
		say_line(trial, "  %.*s", (int)length, advice);
		advice += length;
		advice += strspn(advice, " ");
	}
}

static const char *
verdict(const struct outcome *outcome, int *status)
{
	bool profile = outcome->scope == SCOPE_PROFILE;

	if (outcome->class == OUTCOME_DELIVERED) {
		*status = EX_OK;
		return "OK: the relay has taken the message";
	}
	if (profile &&
	    (outcome->profile == PROFILE_SUSPEND || outcome->profile == PROFILE_NEW_TOKEN)) {
		/* No relay and no agent was asked: this host's settings contradict each other. */
		*status = strcmp(outcome->enhanced, "4.3.5") == 0 ? EX_CONFIG : EX_NOPERM;
		return *status == EX_CONFIG ? "FAILED: the configuration has to be changed"
					    : "FAILED: a person is needed";
	}
	if (outcome->class == OUTCOME_LATER) {
		*status = EX_TEMPFAIL;
		return profile ? "LATER: mail would wait" : "LATER: the relay puts it off";
	}
	*status = EX_NOPERM;
	return outcome->scope == SCOPE_RECIPIENT ? "REFUSED: the relay does not take this recipient"
						 : "REFUSED: the relay does not take this message";
}

static void
log_verdict(const struct trial *trial)
{
	const struct outcome *outcome = &trial->outcome;
	const struct maillog_delivery line = {
	    .to = trial->recipient,
	    .relay = trial->relay[0] == '\0' ? NULL : trial->relay,
	    .delays = {0, 0, trial->seconds[0], trial->seconds[1]},
	    .enhanced = outcome->enhanced,
	    .status = outcome->class == OUTCOME_DELIVERED ? "sent"
		      : outcome->class == OUTCOME_LATER   ? "deferred"
							  : "bounced",
	    .reply = outcome->text,
	};

	maillog_delivery(trial->id, &line);
	maillog_removed(trial->id);
}

/* ---- the end ---- */

static void
drop_worker(struct trial *trial)
{
	if (trial->worker < 0)
		return;
	loop_forget(trial->trials->context->loop, trial->worker);
	close(trial->worker);
	trial->worker = -1;
}

static void
end(struct trial *trial)
{
	struct loop *loop = trial->trials->context->loop;
	char advice[ADVICE_MAX];
	const char *words;
	int status;

	words = verdict(&trial->outcome, &status);
	log_verdict(trial);
	say_line(trial, "%s: %s", words, trial->outcome.text);
	if (status != EX_OK) {
		advice_on_outcome(profile_of(trial), &trial->outcome, advice);
		say_advice(trial, advice);
	}
	say_line(trial, TRIAL_EXIT "%d", status);
	say(trial, "", 1);
	drop_worker(trial);
	loop_forget(loop, trial->client);
	close(trial->client);
	loop_timer_cancel(loop, &trial->limit);
	LIST_REMOVE(trial, entry);
	trial->trials->count--;
	accept_free(trial->message);
	free(trial->recipient);
	free(trial);
}

static void
end_failed(struct trial *trial, const char *text)
{
	if (!trial->decided)
		outcome_failure(STAGE_CONNECT, "4.3.0", &trial->outcome, "%s", text);
	end(trial);
}

static void
limit_reached(void *arg)
{
	end_failed(arg, "no verdict in time");
}

static void
client_speaks(int fd, uint32_t events, void *arg)
{
	struct trial *trial = arg;

	(void)fd;
	(void)events;
	/* It has nothing to say but that it is gone. */
	trial->gone = true;
	end_failed(trial, "broken off");
}

/* ---- what the worker says ---- */

static void worker_speaks(int fd, uint32_t events, void *arg);

/* Get a worker and give it the message. */
static int
begin(struct trial *trial)
{
	uint32_t index = 0;
	struct work_deliver deliver = {
	    .transaction = 1, .id = trial->id, .count = 1, .indexes = &index};

	(void)snprintf(deliver.user, sizeof(deliver.user), "%lu", (unsigned long)trial->uid);
	trial->worker =
	    dispatch_start_worker(trial->trials->dispatch, trial->profile, !trial->again);
	if (trial->worker < 0)
		return -1;
	if (work_send_deliver(trial->worker, &deliver, accept_file(trial->message)) == 0 &&
	    loop_watch(
		trial->trials->context->loop, trial->worker, EPOLLIN, worker_speaks, trial) == 0)
		return 0;
	drop_worker(trial);
	return -1;
}

/* The relay answered on its own account. */
static void
proved(const struct trial *trial)
{
	struct trials *trials = trial->trials;
	struct lane *lane = lane_of(trial);

	if (lane == NULL)
		return;
	if (profile_state_proved(&lane->state, time(NULL)))
		trials->changed(lane, trials->arg);
	lane_wake(lane);
}

static bool
take_result(struct trial *trial)
{
	struct work_result result;

	if (work_unpack_result(&trial->trials->message, &result) < 0)
		return false;
	if (!trial->decided)
		trial->outcome = result.outcome;
	trial->decided = true;
	if (result.outcome.scope != SCOPE_PROFILE)
		proved(trial);
	return true;
}

static bool
take_ended(struct trial *trial)
{
	struct work_ended ended;

	if (work_unpack_ended(&trial->trials->message, &ended) < 0)
		return false;
	trial->seconds[1] = ended.transmission_seconds;
	(void)work_send_quit(trial->worker);
	return true;
}

/* False where the trial has ended. */
static bool
take_failed(struct trial *trial, const struct work_failed *failed)
{
	if (failed->relay[0] != '\0')
		strlcpy(trial->relay, failed->relay, sizeof(trial->relay));
	drop_worker(trial);
	if (!trial->decided && failed->outcome.profile == PROFILE_NEW_TOKEN && !trial->again) {
		trial->again = true;
		say_line(trial, "-- the relay refuses the login; once more with a fresh token");
		if (begin(trial) == 0)
			return true;
	}
	if (!trial->decided)
		trial->outcome = failed->outcome;
	end(trial);
	return false;
}

/* False where the trial has ended. */
static bool
take(struct trial *trial)
{
	const struct channel_message *message = &trial->trials->message;
	char line[WORK_TRANSCRIPT_MAX];
	struct work_failed failed;
	struct work_ready ready;

	switch (message->type) {
	case WORK_TRANSCRIPT:
		if (work_unpack_transcript(message, line) < 0)
			break;
		say_line(trial, "%s", line);
		return true;
	case WORK_READY:
		if (work_unpack_ready(message, &ready) < 0)
			break;
		strlcpy(trial->relay, ready.relay, sizeof(trial->relay));
		trial->seconds[0] = ready.connect_seconds;
		return true;
	case WORK_RESULT:
		if (!take_result(trial))
			break;
		return true;
	case WORK_ENDED:
		if (!take_ended(trial))
			break;
		return true;
	case WORK_FAILED:
		if (work_unpack_failed(message, &failed) < 0)
			break;
		return take_failed(trial, &failed);
	case WORK_CLOSED:
		end_failed(trial, "the relay closed the connection before the message");
		return false;
	default:
		break;
	}
	end_failed(trial, "the worker talks nonsense");
	return false;
}

static void
worker_speaks(int fd, uint32_t events, void *arg)
{
	struct trial *trial = arg;

	(void)events;
	for (int i = 0; i < REPORTS_A_TURN && trial->worker == fd; i++) {
		int result = channel_receive(fd, &trial->trials->message);

		if (result < 0 && errno == EAGAIN)
			return;
		if (result <= 0) {
			end_failed(trial, "the worker died unexpectedly");
			return;
		}
		if (!take(trial))
			return;
	}
}

/* ---- requests ---- */

struct trials *
trials_new(struct context *context, struct dispatch *dispatch,
    void (*changed)(struct lane *lane, void *arg), void *arg)
{
	struct trials *trials = calloc(1, sizeof(*trials));

	if (trials == NULL)
		return NULL;
	trials->context = context;
	trials->dispatch = dispatch;
	trials->changed = changed;
	trials->arg = arg;
	LIST_INIT(&trials->list);
	if (channel_message_init(&trials->message) == 0)
		return trials;
	free(trials);
	return NULL;
}

void
trials_free(struct trials *trials)
{
	if (trials == NULL)
		return;
	while (!LIST_EMPTY(&trials->list))
		end_failed(LIST_FIRST(&trials->list), "the daemon is stopping");
	channel_message_free(&trials->message);
	free(trials);
}

static void
log_begin(const struct trial *trial)
{
	int file = accept_file(trial->message);
	struct envelope envelope;
	struct error error;

	if (envelope_read(file, &envelope, &error) < 0)
		return;
	maillog_taken(trial->id, &envelope, file);
	envelope_free(&envelope);
}

/* Take the request over and begin; what fails from here on is a verdict. */
static void
run(struct trial *trial, struct request *request)
{
	struct trials *trials = trial->trials;
	struct lane *lane = lane_of(trial);
	char state[ADVICE_MAX + 1200];

	trial->client = request_take_over(request);
	LIST_INSERT_HEAD(&trials->list, trial, entry);
	trials->count++;
	loop_timer_init(&trial->limit, limit_reached, trial);
	loop_timer_set(trials->context->loop, &trial->limit, TRIAL_LIMIT * 1000);
	log_begin(trial);
	say_line(trial, "0 ");
	if (lane != NULL && health_lane_waits(lane, state, sizeof(state)))
		say_line(trial, "-- %s", state);
	if (loop_watch(trials->context->loop, trial->client, EPOLLIN | EPOLLRDHUP, client_speaks,
		trial) < 0 ||
	    begin(trial) < 0)
		end_failed(trial, "cannot start a worker now");
}

static struct trial *
make(struct trials *trials, const char *profile, const char *recipient, uid_t uid,
    struct error *error)
{
	const struct config *config = trials->context->config;
	const struct config_profile *found = config_find_profile(config, profile);
	struct trial *trial;

	if (found == NULL) {
		error_set(error, EX_USAGE, "unknown profile %s", profile);
		return NULL;
	}
	if (!address_is_valid(recipient) || address_domain(recipient) == NULL) {
		error_set(error, EX_USAGE, "not an address with a domain: %s", recipient);
		return NULL;
	}
	trial = calloc(1, sizeof(*trial));
	if (trial == NULL || (trial->recipient = strdup(recipient)) == NULL ||
	    (trial->message = trial_message(config, found, recipient, uid, error)) == NULL) {
		if (trial == NULL || trial->recipient == NULL)
			error_set(error, EX_OSERR, "out of memory");
		else
			free(trial->recipient);
		free(trial);
		return NULL;
	}
	trial->trials = trials;
	trial->worker = -1;
	trial->uid = uid;
	trial->id = queue_id_now();
	strlcpy(trial->profile, profile, sizeof(trial->profile));
	return trial;
}

void
trials_start(struct trials *trials, struct request *request, char *words)
{
	const char *profile = strsep(&words, " ");
	struct trial *trial = NULL;
	struct error error;

	if (words == NULL)
		error_set(&error, EX_USAGE, "test wants a profile and a recipient");
	else if (trials->count == TRIALS_MAX || trials->context->stopping)
		error_set(&error, EX_TEMPFAIL, "too many tests at a time, try again later");
	else
		trial = make(trials, profile, words, request_uid(request), &error);
	if (trial == NULL)
		request_answer_error(request, &error);
	else
		run(trial, request);
}
