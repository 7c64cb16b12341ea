/* SPDX-License-Identifier: ISC */
#include "sendmail/consent_browser.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <bsd/string.h>

#include "config/loop.h"
#include "config/secret.h"
#include "oauth/request_word.h"
#include "sendmail/browser.h"
#include "sendmail/consent_explain.h"
#include "sendmail/pasted_line.h"
#include "sendmail/redirect_listener.h"

#define PATIENCE 600 /* seconds, as long as the agent remembers */

struct errand {
	const struct consent_call *call;
	struct loop *loop;
	struct redirect_listener *listener; /* null: nobody can come back here */
	struct pasted_line *paste;          /* null: nothing is read */
	struct loop_timer patience;
	char redirect_uri[REDIRECT_URI_MAX];
	char handle[CONSENT_HANDLE_SIZE];
	char *url;
	bool over; /* the agent has forgotten the request */
	int result;
	struct error error;
};

static void
finish(struct errand *errand, int result)
{
	errand->result = result;
	loop_stop(errand->loop);
}

/* Hand a response to the agent. Returns 0, or -1 and errand->error. */
static int
hand_in(struct errand *errand, const char *response)
{
	const struct consent_call *call = errand->call;
	const char *verb = call->redeems ? "oauth redeem" : "oauth inspect";
	char *word = request_word_encode(response);
	char *report = NULL;
	int result = word == NULL ? error_set(&errand->error, EX_OSERR, "no memory")
				  : consent_ask(call, verb, word, &report, &errand->error);

	secret_free(word);
	if (result == 0 && call->explains)
		consent_explain_response(response);
	if (result == 0)
		fputs(report, stdout);
	free(report);
	return result;
}

static void
arrived(const char *response, struct redirect_verdict *verdict, void *context)
{
	struct errand *errand = context;
	const struct consent_call *call = errand->call;
	int result = hand_in(errand, response);

	errand->over = true;
	finish(errand, result);
	if (result < 0) {
		verdict->title = "Access was not granted";
		snprintf(verdict->text, sizeof(verdict->text),
		    "%s\nPostoak says so in the terminal, too. You can close this window.",
		    errand->error.text);
		return;
	}
	verdict->title = call->redeems ? "Access granted" : "Response received";
	snprintf(verdict->text, sizeof(verdict->text), "%s%s %s.\nYou can close this window.",
	    call->redeems ? "Postoak has got tokens for "
			  : "Postoak explains it in the terminal, for ",
	    call->kind, call->name);
}

static void
pasted(const char *line, void *context)
{
	struct errand *errand = context;

	if (line == NULL) {
		pasted_line_close(errand->paste);
		errand->paste = NULL;
		if (errand->listener == NULL)
			finish(errand, error_set(&errand->error, EX_NOPERM,
					   "nothing was pasted, and access not granted"));
		return;
	}
	if (hand_in(errand, line) == 0) {
		errand->over = true;
		finish(errand, 0);
	} else if (errand->error.status != EX_DATAERR) {
		errand->over = true;
		finish(errand, -1);
	} else {
		printf("It does not fit: %s.\nPaste the whole address of the page that the browser "
		       "ended at:\n",
		    errand->error.text);
		fflush(stdout);
	}
}

static void
signalled(int signal, void *context)
{
	struct errand *errand = context;

	if (signal == SIGCONT) {
		if (errand->paste != NULL)
			pasted_line_renew(errand->paste);
		return;
	}
	finish(errand, error_set(&errand->error, EX_TEMPFAIL, "interrupted; nothing was changed"));
}

static void
out_of_patience(void *context)
{
	struct errand *errand = context;

	finish(errand, error_set(&errand->error, EX_TEMPFAIL,
			   "nobody granted access within %d minutes; begin anew", PATIENCE / 60));
}

/* Where the browser is to come back to; and listen there, where that is possible. */
static int
prepare_redirect(struct errand *errand, enum consent_way way, struct error *error)
{
	const char *configured = errand->call->client->redirect_uri;
	struct redirect_uri uri;

	if (configured == NULL)
		configured = REDIRECT_URI_DEFAULT;
	if (!redirect_uri_parse(&uri, configured))
		return error_set(error, EX_CONFIG, "redirect_uri is too long");
	strlcpy(errand->redirect_uri, configured, sizeof(errand->redirect_uri));
	if (way == CONSENT_PASTE)
		return 0;
	if (uri.loopback) {
		if (redirect_listener_open(&uri, &errand->listener, error) < 0)
			return -1;
		if (!redirect_uri_write(&uri, errand->redirect_uri, sizeof(errand->redirect_uri)))
			return error_set(error, EX_CONFIG, "redirect_uri is too long");
	} else if (way == CONSENT_BROWSER) {
		return error_set(error, EX_CONFIG,
		    "redirect_uri of client %s is not on this host: what comes there has to be "
		    "pasted (--paste)",
		    errand->call->client->name);
	}
	return 0;
}

/* Ask the agent for the URL. */
static int
begin(struct errand *errand, struct error *error)
{
	char *word = request_word_encode(errand->redirect_uri);
	char *answer = NULL;
	char *rest;
	const char *handle;
	const char *url = NULL;
	int result = word == NULL
			 ? error_set(error, EX_OSERR, "no memory")
			 : consent_ask(errand->call, "oauth authorize", word, &answer, error);

	secret_free(word);
	if (result < 0)
		return -1;
	rest = answer;
	handle = consent_line(&rest);
	if (handle != NULL)
		url = consent_line(&rest);
	if (url == NULL ||
	    strlcpy(errand->handle, handle, sizeof(errand->handle)) >= sizeof(errand->handle))
		result = error_set(error, EX_SOFTWARE, "the agent gives no address");
	else if ((errand->url = strdup(url)) == NULL)
		result = error_set(error, EX_OSERR, "no memory");
	free(answer);
	return result;
}

static void
tell(const struct errand *errand, bool shown, bool reads)
{
	struct redirect_uri uri;

	if (errand->call->explains)
		consent_explain_request(errand->url);
	printf(shown ? "A browser opens this address; else open it yourself:\n\n%s\n\n"
		     : "Open this address in a browser:\n\n%s\n\n",
	    errand->url);
	if (errand->listener != NULL && redirect_uri_parse(&uri, errand->redirect_uri)) {
		printf("Postoak waits for the browser at %s\n", errand->redirect_uri);
		if (!shown)
			printf("Where the browser is on another machine, forward that from there "
			       "first:\n    ssh -L %u:%s:%u THIS-HOST\n",
			    uri.port, uri.host, uri.port);
	}
	if (reads)
		printf("%saste the whole address of the page that it ends at, even where the "
		       "browser cannot show it\n(nothing is shown while you paste), and press "
		       "Return:\n",
		    errand->listener != NULL ? "Or p" : "P");
	fflush(stdout);
}

static int
wait_for_response(struct errand *errand, enum consent_way way, struct error *error)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGCONT};
	bool show = way == CONSENT_BROWSER || way == CONSENT_ANY;
	bool shown = show && errand->listener != NULL && browser_is_there();
	bool reads = way == CONSENT_PASTE || (way == CONSENT_ANY && !shown);

	if (loop_signals(errand->loop, signals, 4, signalled, errand) < 0 ||
	    (errand->listener != NULL && redirect_listener_serve(errand->listener, errand->loop,
					     errand->handle, arrived, errand) < 0))
		return error_set_errno(error, EX_OSERR, "cannot wait");
	tell(errand, shown, reads);
	if (reads && (errand->paste = pasted_line_open(errand->loop, pasted, errand)) == NULL)
		return error_set_errno(error, EX_OSERR, "standard input");
	if (shown)
		(void)browser_show(errand->url);
	loop_timer_set(errand->loop, &errand->patience, PATIENCE * 1000);
	if (loop_run(errand->loop) < 0)
		return error_set_errno(error, EX_OSERR, "cannot wait");
	if (errand->result < 0)
		*error = errand->error;
	return errand->result;
}

static int
run(struct errand *errand, enum consent_way way, struct error *error)
{
	if (prepare_redirect(errand, way, error) < 0 || begin(errand, error) < 0)
		return -1;
	return wait_for_response(errand, way, error);
}

static void
forget(struct errand *errand)
{
	struct error ignored;
	char *answer = NULL;

	if (errand->over || errand->handle[0] == '\0')
		return;
	(void)consent_ask_handle(errand->call, "oauth forget", errand->handle, &answer, &ignored);
	free(answer);
}

int
consent_by_browser(const struct consent_call *call, enum consent_way way, struct error *error)
{
	struct errand errand = {.call = call, .result = -1};
	int result = -1;

	errand.loop = loop_new();
	if (errand.loop == NULL)
		return error_set_errno(error, EX_OSERR, "cannot wait");
	loop_timer_init(&errand.patience, out_of_patience, &errand);
	result = run(&errand, way, error);
	pasted_line_close(errand.paste);
	forget(&errand);
	redirect_listener_close(errand.listener);
	loop_timer_cancel(errand.loop, &errand.patience);
	loop_free(errand.loop);
	free(errand.url);
	return result < 0 ? -1 : EX_OK;
}
