/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <cmocka.h>

#include "oauth/metadata.h"

static void
documents_are_where_the_standards_say(void **state)
{
	static const struct {
		const char *issuer;
		const char *oauth;
		const char *openid;
	} cases[] = {
	    {"https://e", "https://e/.well-known/oauth-authorization-server",
		"https://e/.well-known/openid-configuration"},
	    {"https://e/", "https://e/.well-known/oauth-authorization-server",
		"https://e/.well-known/openid-configuration"},
	    {"https://e:8443/realms/a",
		"https://e:8443/.well-known/oauth-authorization-server/realms/a",
		"https://e:8443/realms/a/.well-known/openid-configuration"},
	    {"https://e/a/", "https://e/.well-known/oauth-authorization-server/a",
		"https://e/a/.well-known/openid-configuration"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *oauth = metadata_url(cases[i].issuer, METADATA_OAUTH);
		char *openid = metadata_url(cases[i].issuer, METADATA_OPENID);

		assert_string_equal(oauth, cases[i].oauth);
		assert_string_equal(openid, cases[i].openid);
		free(oauth);
		free(openid);
	}
}

static int
parse(struct metadata *metadata, const char *issuer, const char *body, struct error *error)
{
	return metadata_parse(metadata, issuer, body, strlen(body), error);
}

static void
what_it_says_is_taken(void **state)
{
	struct metadata metadata;
	struct error error;

	(void)state;
	assert_int_equal(parse(&metadata, "https://e/a",
			     "{\"issuer\": \"https://e/a\", \"token_endpoint\": \"https://e/t\","
			     " \"authorization_endpoint\": \"https://e/z\","
			     " \"device_authorization_endpoint\": \"https://e/d\","
			     " \"revocation_endpoint\": \"https://e/r\","
			     " \"authorization_response_iss_parameter_supported\": true,"
			     " \"token_endpoint_auth_methods_supported\":"
			     " [\"client_secret_basic\", \"none\", \"tls_client_auth\", 1]}",
			     &error),
	    0);
	assert_string_equal(metadata.token_endpoint, "https://e/t");
	assert_string_equal(metadata.authorization_endpoint, "https://e/z");
	assert_string_equal(metadata.device_authorization_endpoint, "https://e/d");
	assert_string_equal(metadata.revocation_endpoint, "https://e/r");
	assert_true(metadata.iss_parameter);
	assert_int_equal(metadata.methods, 1U << CLIENT_SECRET_BASIC | 1U << CLIENT_PUBLIC);
	metadata_free(&metadata);
	assert_int_equal(parse(&metadata, "http://127.0.0.1:1",
			     "{\"issuer\": \"http://127.0.0.1:1\","
			     " \"token_endpoint\": \"http://127.0.0.1:2/t\"}",
			     &error),
	    0);
	assert_null(metadata.revocation_endpoint);
	assert_false(metadata.iss_parameter);
	assert_int_equal(metadata.methods, 0);
	metadata_free(&metadata);
}

static void
what_cannot_be_trusted_is_refused(void **state)
{
	static const struct {
		const char *body;
		int status;
		const char *text;
	} cases[] = {
	    {"", EX_DATAERR, "no metadata"},
	    {"<html>", EX_DATAERR, "no metadata"},
	    {"[]", EX_DATAERR, "no metadata"},
	    {"{\"token_endpoint\": \"https://e/t\"}", EX_DATAERR, "no metadata"},
	    {"{\"issuer\": 1}", EX_DATAERR, "no metadata"},
	    {"{\"issuer\": \"https://e/\", \"token_endpoint\": \"https://e/t\"}", EX_CONFIG,
		"issuer \"https://e/\", which is not the configured one"},
	    {"{\"issuer\": \"https://E\", \"token_endpoint\": \"https://e/t\"}", EX_CONFIG,
		"not the configured one"},
	    {"{\"issuer\": \"https://e\"}", EX_CONFIG, "names no token_endpoint"},
	    {"{\"issuer\": \"https://e\", \"token_endpoint\": \"http://e/t\"}", EX_CONFIG,
		"token_endpoint \"http://e/t\" cannot be asked"},
	    {"{\"issuer\": \"https://e\", \"token_endpoint\": \"http://127.0.0.1/t\"}", EX_CONFIG,
		"cannot be asked"},
	    {"{\"issuer\": \"https://e\", \"token_endpoint\": \"file:///etc/passwd\"}", EX_CONFIG,
		"cannot be asked"},
	    {"{\"issuer\": \"https://e\", \"token_endpoint\": \"https://u:p@e/t\"}", EX_CONFIG,
		"cannot be asked"},
	    {"{\"issuer\": \"https://e\", \"token_endpoint\": \"https://e/t\","
	     " \"revocation_endpoint\": \"gopher://e/\"}",
		EX_CONFIG, "revocation_endpoint"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct metadata metadata;
		struct error error;

		assert_int_equal(parse(&metadata, "https://e", cases[i].body, &error), -1);
		assert_int_equal(error.status, cases[i].status);
		if (strstr(error.text, cases[i].text) == NULL)
			fail_msg("%s\nexpected: %s", error.text, cases[i].text);
		assert_null(metadata.token_endpoint);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(documents_are_where_the_standards_say),
	    cmocka_unit_test(what_it_says_is_taken),
	    cmocka_unit_test(what_cannot_be_trusted_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
