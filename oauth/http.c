/* SPDX-License-Identifier: ISC */
#include "oauth/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sysexits.h>

#include <bsd/stdlib.h>
#include <bsd/string.h>
#include <bsd/sys/queue.h>
#include <curl/curl.h>

struct http_transfer {
	LIST_ENTRY(http_transfer) entry;
	struct http *http;
	CURL *easy;
	struct curl_slist *headers;
	struct form form;
	char *body;
	size_t length;
	size_t size;
	size_t header_octets;
	int64_t date;
	char too_large[64];
	char error[CURL_ERROR_SIZE];
	http_done *done;
	void *context;
};

struct http {
	struct loop *loop;
	CURLM *multi;
	struct loop_timer timer;
	LIST_HEAD(transfer_list, http_transfer) transfers;
};

static bool
is_loopback(const char *host)
{
	struct in_addr address;

	if (strcmp(host, "[::1]") == 0)
		return true;
	return inet_pton(AF_INET, host, &address) == 1 && ntohl(address.s_addr) >> 24 == 127;
}

static bool
has_part(CURLU *url, CURLUPart part)
{
	char *value = NULL;
	bool found = curl_url_get(url, part, &value, 0) == CURLUE_OK;

	curl_free(value);
	return found;
}

bool
http_url_allowed(const char *text)
{
	CURLU *url = curl_url();
	char *scheme = NULL;
	char *host = NULL;
	bool allowed = false;

	if (url != NULL && curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK &&
	    curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
	    curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK)
		allowed = (strcmp(scheme, "https") == 0 ||
			      (strcmp(scheme, "http") == 0 && is_loopback(host))) &&
			  !has_part(url, CURLUPART_USER) && !has_part(url, CURLUPART_PASSWORD) &&
			  !has_part(url, CURLUPART_FRAGMENT);
	curl_free(scheme);
	curl_free(host);
	curl_url_cleanup(url);
	return allowed;
}

/* Release a transfer that is no longer, or not yet, in the multi handle. */
static void
transfer_free(struct http_transfer *transfer)
{
	curl_easy_cleanup(transfer->easy);
	/* The Authorization header may hold a client's secret. */
	for (struct curl_slist *header = transfer->headers; header != NULL; header = header->next)
		explicit_bzero(header->data, strlen(header->data));
	curl_slist_free_all(transfer->headers);
	form_wipe(&transfer->form);
	freezero(transfer->body, transfer->size);
	free(transfer);
}

static void
describe(const struct http_transfer *transfer, CURLcode code, struct http_response *response)
{
	long sent = 0;
	long status = 0;
	curl_off_t retry_after = 0;

	if (code != CURLE_OK) {
		curl_easy_getinfo(transfer->easy, CURLINFO_REQUEST_SIZE, &sent);
		response->result = sent > 0 ? HTTP_LOST : HTTP_NOT_SENT;
		response->error = transfer->too_large[0] != '\0' ? transfer->too_large
				  : transfer->error[0] != '\0'   ? transfer->error
								 : curl_easy_strerror(code);
		return;
	}
	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &retry_after);
	response->result = HTTP_ANSWERED;
	response->status = status < 0 ? 0 : (unsigned)status;
	response->body = transfer->length > 0 ? transfer->body : "";
	response->length = transfer->length;
	response->retry_after = retry_after < 0       ? 0
				: retry_after > 86400 ? 86400
						      : (unsigned)retry_after;
	response->date = transfer->date;
}

static void
finish(struct http_transfer *transfer, CURLcode code)
{
	struct http_response response = {.error = ""};

	describe(transfer, code, &response);
	curl_multi_remove_handle(transfer->http->multi, transfer->easy);
	LIST_REMOVE(transfer, entry);
	transfer->done(&response, transfer->context);
	transfer_free(transfer);
}

/* Callbacks may begin and cancel transfers: each finished one is looked up anew. */
static void
reap(struct http *http)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
		struct http_transfer *transfer = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
		finish(transfer, message->data.result);
	}
}

static void
act(struct http *http, curl_socket_t fd, int events)
{
	int running;

	curl_multi_socket_action(http->multi, fd, events, &running);
	reap(http);
}

static void
socket_ready(int fd, uint32_t ready, void *context)
{
	int events = 0;

	if ((ready & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
		events |= CURL_CSELECT_IN;
	if ((ready & EPOLLOUT) != 0)
		events |= CURL_CSELECT_OUT;
	if ((ready & EPOLLERR) != 0)
		events |= CURL_CSELECT_ERR;
	act(context, fd, events);
}

static void
timer_expired(void *context)
{
	act(context, CURL_SOCKET_TIMEOUT, 0);
}

static int
watch_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *unused)
{
	struct http *http = context;
	uint32_t events = 0;

	(void)easy;
	(void)unused;
	if (what == CURL_POLL_REMOVE) {
		loop_forget(http->loop, fd);
		return 0;
	}
	if (what != CURL_POLL_OUT)
		events |= EPOLLIN;
	if (what != CURL_POLL_IN)
		events |= EPOLLOUT;
	if (loop_watch(http->loop, fd, events, socket_ready, http) == 0)
		return 0;
	/* The resolver may have closed a descriptor of that number without telling. */
	loop_forget(http->loop, fd);
	return loop_watch(http->loop, fd, events, socket_ready, http);
}

static int
set_timer(CURLM *multi, long ms, void *context)
{
	struct http *http = context;

	(void)multi;
	if (ms < 0)
		loop_timer_cancel(http->loop, &http->timer);
	else
		loop_timer_set(http->loop, &http->timer, (uint64_t)ms);
	return 0;
}

struct http *
http_new(struct loop *loop)
{
	struct http *http;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		errno = ENOMEM;
		return NULL;
	}
	http = calloc(1, sizeof(*http));
	if (http == NULL)
		return NULL;
	http->loop = loop;
	LIST_INIT(&http->transfers);
	loop_timer_init(&http->timer, timer_expired, http);
	http->multi = curl_multi_init();
	if (http->multi == NULL) {
		free(http);
		errno = ENOMEM;
		return NULL;
	}
	curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
	curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
	curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
	return http;
}

void
http_free(struct http *http)
{
	if (http == NULL)
		return;
	while (!LIST_EMPTY(&http->transfers))
		http_cancel(LIST_FIRST(&http->transfers));
	curl_multi_cleanup(http->multi);
	loop_timer_cancel(http->loop, &http->timer);
	free(http);
	curl_global_cleanup();
}

static size_t
take_body(char *data, size_t unit, size_t count, void *context)
{
	struct http_transfer *transfer = context;
	size_t length = unit * count;

	if (length > HTTP_BODY_MAX - transfer->length) {
		strlcpy(transfer->too_large, "the answer is larger than 1 MiB",
		    sizeof(transfer->too_large));
		return 0;
	}
	if (transfer->length + length > transfer->size) {
		size_t size = (transfer->length + length) * 2;
		char *body = recallocarray(transfer->body, transfer->size, size, 1);

		if (body == NULL)
			return 0;
		transfer->body = body;
		transfer->size = size;
	}
	memcpy(transfer->body + transfer->length, data, length);
	transfer->length += length;
	return length;
}

static size_t
take_header(char *data, size_t unit, size_t count, void *context)
{
	static const char name[] = "date:";
	struct http_transfer *transfer = context;
	size_t length = unit * count;
	char value[64];

	transfer->header_octets += length;
	if (transfer->header_octets > HTTP_HEADERS_MAX) {
		strlcpy(transfer->too_large, "the answer's header is larger than 64 KiB",
		    sizeof(transfer->too_large));
		return 0;
	}
	if (length > sizeof(name) - 1 && length < sizeof(value) &&
	    strncasecmp(data, name, sizeof(name) - 1) == 0) {
		time_t date;

		memcpy(value, data + sizeof(name) - 1, length - (sizeof(name) - 1));
		value[length - (sizeof(name) - 1)] = '\0';
		value[strcspn(value, "\r\n")] = '\0';
		date = curl_getdate(value, NULL);
		transfer->date = date < 0 ? 0 : date;
	}
	return length;
}

static curl_socket_t
open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
	(void)context;
	(void)purpose;
	return socket(
	    address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address->protocol);
}

static int
add_header(struct http_transfer *transfer, const char *name, const char *value)
{
	struct form line = {0};
	struct curl_slist *headers = NULL;

	form_append(&line, name);
	form_append(&line, ":");
	if (*value != '\0') {
		form_append(&line, " ");
		form_append(&line, value);
	}
	if (!line.failed)
		headers = curl_slist_append(transfer->headers, line.text);
	form_wipe(&line);
	if (headers == NULL)
		return -1;
	transfer->headers = headers;
	return 0;
}

static CURLcode
set_security(CURL *easy, const struct http_request *request)
{
	bool encrypted = strncasecmp(request->url, "https:", 6) == 0;
	CURLcode code = CURLE_OK;

#if LIBCURL_VERSION_NUM >= 0x075500
	code = curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, encrypted ? "https" : "http");
#endif
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_SSLVERSION,
		    request->tls_minimum_version == TLS_1_3 ? (long)CURL_SSLVERSION_TLSv1_3
							    : (long)CURL_SSLVERSION_TLSv1_2);
	if (code == CURLE_OK && request->ca_file != NULL)
		code = curl_easy_setopt(easy, CURLOPT_CAINFO, request->ca_file);
	/* "" keeps libcurl from its own idea, the environment. A loopback URL in clear goes direct.
	 */
	if (code == CURLE_OK)
		code = curl_easy_setopt(
		    easy, CURLOPT_PROXY, encrypted && request->proxy != NULL ? request->proxy : "");
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
	return code;
}

static CURLcode
set_exchange(struct http_transfer *transfer, const struct http_request *request)
{
	CURL *easy = transfer->easy;
	long timeout = request->timeout > 0 ? (long)request->timeout : 30;

	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
	/* A look-up that takes too long is left to its thread: waiting for it, which libcurl does
	 * otherwise, would stop the loop, and with it every other profile. */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
	curl_easy_setopt(easy, CURLOPT_TIMEOUT, timeout);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, timeout);
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
	if (request->form != NULL) {
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer->form.text);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)transfer->form.length);
	}
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
	return curl_easy_setopt(easy, CURLOPT_URL, request->url);
}

/* Everything but handing it to the multi handle; -1 where memory is short. */
static int
prepare(struct http_transfer *transfer, const struct http_request *request)
{
	transfer->easy = curl_easy_init();
	if (transfer->easy == NULL ||
	    (request->form != NULL && (transfer->form.failed || transfer->form.text == NULL)))
		return -1;
	/* An empty Expect keeps libcurl from waiting for "100 Continue" with large assertions. */
	if (add_header(transfer, "Accept", "application/json") < 0 ||
	    add_header(transfer, "Expect", "") < 0 ||
	    add_header(transfer, "User-Agent", "postoak/" POSTOAK_VERSION) < 0 ||
	    (request->authorization != NULL &&
		add_header(transfer, "Authorization", request->authorization) < 0))
		return -1;
	if (set_security(transfer->easy, request) != CURLE_OK ||
	    set_exchange(transfer, request) != CURLE_OK)
		return -1;
	return 0;
}

struct http_transfer *
http_start(struct http *http, const struct http_request *request, http_done *done, void *context,
    struct error *error)
{
	struct http_transfer *transfer = calloc(1, sizeof(*transfer));

	if (transfer == NULL) {
		if (request->form != NULL)
			form_wipe(request->form);
		error_set_errno(error, EX_OSERR, "cannot begin a request");
		return NULL;
	}
	transfer->http = http;
	transfer->done = done;
	transfer->context = context;
	if (request->form != NULL) {
		transfer->form = *request->form;
		*request->form = (struct form){0};
	}
	if (request->url == NULL || !http_url_allowed(request->url)) {
		error_set(error, EX_CONFIG,
		    "\"%s\" cannot be asked: it must be an https URL, or http to a loopback "
		    "address",
		    request->url == NULL ? "" : request->url);
		transfer_free(transfer);
		return NULL;
	}
	if (prepare(transfer, request) < 0 ||
	    curl_multi_add_handle(http->multi, transfer->easy) != CURLM_OK) {
		error_set(error, EX_OSERR, "libcurl cannot begin a request to %s", request->url);
		transfer_free(transfer);
		return NULL;
	}
	LIST_INSERT_HEAD(&http->transfers, transfer, entry);
	return transfer;
}

void
http_cancel(struct http_transfer *transfer)
{
	curl_multi_remove_handle(transfer->http->multi, transfer->easy);
	LIST_REMOVE(transfer, entry);
	transfer_free(transfer);
}
