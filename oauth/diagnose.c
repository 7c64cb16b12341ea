/* SPDX-License-Identifier: ISC */
#include "oauth/diagnose.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#define ENTRA_GRANT                                                                               \
	"The sign-in behind this profile is no longer valid (password, MFA, consent or 90 idle\n" \
	"days). Run: postoak oauth grant PROFILE\n"                                               \
	"If it returns often, use grant client_credentials, which no sign-in policy ends."
#define ENTRA_POLICY                                                                        \
	"A sign-in policy of the tenant (MFA, Conditional Access) stands in the way. Run: " \
	"postoak\n"                                                                         \
	"oauth grant PROFILE, exempt the account, or use grant client_credentials."
#define ENTRA_SECRET                                                                               \
	"The client secret is wrong or expired. Make a new one (Entra: App registrations,\n"       \
	"Certificates & secrets), copy its Value, not its Secret ID, put it where client_secret\n" \
	"points (postoak secret set NAME), then: postoak oauth refresh PROFILE"
#define ENTRA_APPLICATION                                                                         \
	"The application is unknown in this tenant or disabled. Compare client_id and tenant_id " \
	"of\n"                                                                                    \
	"the oauth_client with the app registration's Overview page."
#define ENTRA_PUBLIC_CLIENT                                                          \
	"The app registration is a public client but a secret was sent: configure\n" \
	"client_authentication: none and no client_secret, or register it as a web application."
#define ENTRA_PUBLIC_FLOW                                                           \
	"The app registration wants a secret. Configure client_secret, or turn on " \
	"Authentication,\n"                                                         \
	"\"Allow public client flows\" in Entra."
#define ENTRA_CERTIFICATE                                                                       \
	"The certificate is not the one uploaded to the app registration, or it has expired.\n" \
	"Compare the thumbprint under Certificates & secrets."
#define ENTRA_CLOCK "The assertion's times do not fit the server's. Check this host's clock (NTP)."
#define ENTRA_TENANT                                                                             \
	"The app is registered for one tenant only. Set tenant_id of the oauth_client to that\n" \
	"tenant instead of common or organizations."
#define ENTRA_RESOURCE                                                                            \
	"The app registration lacks the permission. Add Office 365 Exchange Online,\n"            \
	"SMTP.SendAsApp (application; or SMTP.Send, delegated) under API permissions and grant\n" \
	"admin consent."
#define ENTRA_SCOPE                                                             \
	"The scope is not one the server knows. For client_credentials it is\n" \
	"https://outlook.office365.com/.default, for a person's grant\n"        \
	"https://outlook.office.com/SMTP.Send with offline_access."
#define ENTRA_REDIRECT                                                                         \
	"Add the redirect URI http://localhost (Mobile and desktop applications) to the app\n" \
	"registration, or set redirect_uri of the oauth_client to a registered one."
#define ENTRA_LOOP                                                                               \
	"The server saw the same request too often. Postoak waits by itself; look for another\n" \
	"program that uses this app registration."
#define ENTRA_SERVER "A passing fault on Microsoft's side. Postoak tries again by itself."

/* Numbers of Entra ID. */
static const struct {
	long number;
	const char *advice;
} entra_rows[] = {
    {50173, ENTRA_GRANT},
    {50089, ENTRA_GRANT},
    {65001, ENTRA_GRANT},
    {70000, ENTRA_GRANT},
    {70008, ENTRA_GRANT},
    {700082, ENTRA_GRANT},
    {700084, ENTRA_GRANT},
    {70043, ENTRA_GRANT},
    {50076, ENTRA_POLICY},
    {50078, ENTRA_POLICY},
    {50079, ENTRA_POLICY},
    {53003, ENTRA_POLICY},
    {70002, ENTRA_SECRET},
    {7000215, ENTRA_SECRET},
    {7000222, ENTRA_SECRET},
    {700016, ENTRA_APPLICATION},
    {70001, ENTRA_APPLICATION},
    {700011, ENTRA_APPLICATION},
    {7000112, ENTRA_APPLICATION},
    {700025, ENTRA_PUBLIC_CLIENT},
    {7000218, ENTRA_PUBLIC_FLOW},
    {700027, ENTRA_CERTIFICATE},
    {700030, ENTRA_CERTIFICATE},
    {50012, ENTRA_CERTIFICATE},
    {700024, ENTRA_CLOCK},
    {50011, ENTRA_REDIRECT},
    {50194, ENTRA_TENANT},
    {500011, ENTRA_RESOURCE},
    {650057, ENTRA_RESOURCE},
    {65005, ENTRA_RESOURCE},
    {70011, ENTRA_SCOPE},
    {28002, ENTRA_SCOPE},
    {1002012, ENTRA_SCOPE},
    {50196, ENTRA_LOOP},
    {50033, ENTRA_SERVER},
    {50087, ENTRA_SERVER},
    {90033, ENTRA_SERVER},
    {70012, ENTRA_SERVER},
    {51005, ENTRA_SERVER},
};

/* Null members match everything; `provider` is how the template's name begins. First match. */
static const struct {
	const char *provider;
	const char *error;
	unsigned status;
	const char *advice;
} token_rows[] = {
    {"google", "invalid_grant", 0,
	"The grant has ended: revoked, the password changed, 6 months unused, or 7 days old while\n"
	"the consent screen's publishing status is Testing (set it to In production, or "
	"Internal).\n"
	"Then run: postoak oauth grant PROFILE"},
    {"google", "unauthorized_client", 0,
	"The client may not do this. For a service account: in the Workspace admin console under\n"
	"Security, API controls, Domain-wide delegation, list its client ID with the scope\n"
	"https://mail.google.com/"},
    {"google", "invalid_client", 0,
	"client_id and client_secret do not belong together. Compare them with the credential in\n"
	"the Google Cloud console (APIs & Services, Credentials)."},
    {NULL, "invalid_grant", 0,
	"The grant has ended or was revoked. Run: postoak oauth grant PROFILE\n"
	"With grant refresh_token: put a new refresh token where refresh_token points."},
    {NULL, "interaction_required", 0,
	"The provider wants a person to sign in. Run: postoak oauth grant PROFILE"},
    {NULL, "consent_required", 0,
	"The provider wants a person's consent. Run: postoak oauth grant PROFILE"},
    {NULL, "login_required", 0,
	"The provider wants a person to sign in. Run: postoak oauth grant PROFILE"},
    {NULL, "invalid_client", 0,
	"The provider does not accept the client's authentication. Check client_id,\n"
	"client_authentication, and what client_secret points to, or whether the key of "
	"private_key\n"
	"is registered there; then: postoak oauth refresh PROFILE"},
    {NULL, "unauthorized_client", 0,
	"The client is not registered for this grant. Allow it at the provider, or change grant."},
    {NULL, "unsupported_grant_type", 0,
	"The server does not know this grant. Check token_endpoint and the profile's grant."},
    {NULL, "invalid_scope", 0,
	"The server does not know a scope, or the client may not have it. Check scopes."},
    {NULL, "invalid_request", 0,
	"The server misses or does not understand a parameter. Check token_endpoint,\n"
	"client_authentication and token_parameters."},
    {NULL, "", 401,
	"The provider does not accept the client's authentication. Check client_id, the secret\n"
	"that client_secret points to, and client_authentication; then: postoak oauth refresh\n"
	"PROFILE"},
    {NULL, "", 403,
	"The provider refuses the client. Check client_id and the secret that client_secret\n"
	"points to; then: postoak oauth refresh PROFILE"},
    {NULL, "", 404, "There is no token endpoint at that address. Check token_endpoint."},
    {NULL, "", 405, "There is no token endpoint at that address. Check token_endpoint."},
};

/* Rows for SMTP replies; 0 and null match everything; `text` is sought without regard to case. */
static const struct {
	const char *provider;
	unsigned code;
	const char *enhanced;
	const char *text;
	const char *advice;
} smtp_rows[] = {
    {NULL, 535, "5.7.139", "disabled for the tenant",
	"SMTP AUTH is off in the tenant. In Exchange Online PowerShell:\n"
	"Set-TransportConfig -SmtpClientAuthenticationDisabled $false, or for this mailbox only:\n"
	"Set-CASMailbox USERNAME -SmtpClientAuthenticationDisabled $false"},
    {NULL, 535, "5.7.139", "disabled for the mailbox",
	"SMTP AUTH is off for the mailbox. In Exchange Online PowerShell:\n"
	"Set-CASMailbox USERNAME -SmtpClientAuthenticationDisabled $false"},
    {NULL, 535, "5.7.139", "security defaults",
	"Security defaults of the tenant block this login. Use OAuth (oauth_client, grant), or\n"
	"replace them by Conditional Access policies (Entra: Properties, Manage security "
	"defaults)."},
    {NULL, 535, "5.7.139", "basic authentication is disabled",
	"The tenant takes no passwords. Give the profile an oauth_client and a grant instead of\n"
	"password."},
    {NULL, 535, "5.7.139", NULL,
	"A setting of the tenant or mailbox blocks the login. In Exchange Online PowerShell:\n"
	"Set-CASMailbox USERNAME -SmtpClientAuthenticationDisabled $false; look at sign-in logs\n"
	"and Conditional Access in Entra."},
    {NULL, 535, "5.7.3", NULL,
	"Check: username is the mailbox the token is for; SMTP AUTH is on for it; for\n"
	"client_credentials the app has SMTP.SendAsApp with admin consent, New-ServicePrincipal\n"
	"was given the Enterprise application's object ID, Add-MailboxPermission gave FullAccess."},
    {NULL, 530, "5.7.57", NULL,
	"The relay wants a login, or lost it. Give the profile a username and an oauth_client or\n"
	"password."},
    {NULL, 550, "5.7.30", NULL,
	"Microsoft takes no passwords here any more. Give the profile an oauth_client and a grant\n"
	"instead of password."},
    {NULL, 432, "4.3.2", NULL,
	"More connections than the mailbox may have (3), counted over all hosts. Lower\n"
	"limits: {connections: ...} on hosts that share the mailbox."},
    {NULL, 0, NULL, "sender thread limit exceeded",
	"More connections than the mailbox may have (3), counted over all hosts. Lower\n"
	"limits: {connections: ...} on hosts that share the mailbox."},
    {NULL, 421, "4.7.66", NULL,
	"The relay refuses the TLS version. Remove tls_minimum_version overrides and anything\n"
	"between that speaks TLS older than 1.2."},
    {NULL, 0, NULL, "SendAsDenied",
	"The login may not send as this From address. Use rewrite_from: always, or grant it:\n"
	"Add-RecipientPermission ADDRESS -Trustee USERNAME -AccessRights SendAs"},
    {NULL, 554, "5.2.252", NULL,
	"The login may not send as this From address. Use rewrite_from: always, or grant it:\n"
	"Add-RecipientPermission ADDRESS -Trustee USERNAME -AccessRights SendAs"},
    {NULL, 550, "5.7.60", NULL,
	"The login may not send as this From address. Use rewrite_from: always, or grant it:\n"
	"Add-RecipientPermission ADDRESS -Trustee USERNAME -AccessRights SendAs"},
    {NULL, 0, NULL, "SubmissionQuotaExceeded",
	"The mailbox has used up its daily sending limit (Microsoft: 10 000 recipients). Postoak\n"
	"waits up to 24 hours. For more, use another mailbox or High Volume Email."},
    {NULL, 554, "5.2.2", NULL,
	"The mailbox is full: Microsoft keeps what is sent in Sent Items. Empty it or give it a\n"
	"retention policy."},
    {NULL, 430, "4.2.0", NULL,
	"The application has no right to the mailbox. In Exchange Online PowerShell:\n"
	"Add-MailboxPermission USERNAME -User SERVICE-PRINCIPAL-ID -AccessRights FullAccess"},
    {NULL, 0, NULL, "MapiExceptionLogonFailed",
	"The application has no right to the mailbox. In Exchange Online PowerShell:\n"
	"Add-MailboxPermission USERNAME -User SERVICE-PRINCIPAL-ID -AccessRights FullAccess"},
    {NULL, 501, "5.5.127", NULL,
	"The relay wants tokens with ten minutes of life left. Set refresh_ahead: 15m"},
    {NULL, 550, "5.5.105", NULL,
	"High Volume Email delivers inside the tenant only. Route other recipients to another\n"
	"profile (routes:)."},
    {NULL, 0, "5.1.8", NULL,
	"The provider has blocked the sender, usually for suspected spam. In Microsoft Defender:\n"
	"Review, Restricted entities."},
    {NULL, 550, "5.7.708", NULL,
	"The provider takes no mail from this tenant or address. Ask its support to lift it."},
    {NULL, 534, "5.7.9", NULL,
	"Google wants an application-specific password, or better OAuth: give the profile an\n"
	"oauth_client and grant: authorization_code."},
    {NULL, 0, "5.4.5", NULL,
	"The account has used up its daily sending limit. Postoak waits up to 24 hours."},
    {NULL, 0, NULL, "daily smtp relay limit exceeded",
	"The domain has used up its daily relay limit. Postoak waits up to 24 hours."},
    {"google", 454, "4.7.0", NULL,
	"A passing fault of Google's login service. Postoak tries again by itself."},
    {"google", 421, "4.7.0", NULL,
	"Google delays connections at an unusual rate. Postoak waits; lower limits if it returns."},
    {"google", 535, NULL, NULL,
	"Check: username is the Google account that granted access; the scope is\n"
	"https://mail.google.com/; for a service account, domain-wide delegation lists it. Then\n"
	"run: postoak oauth grant PROFILE"},
    {"microsoft", 535, NULL, NULL,
	"Check: username is the mailbox the token is for, and SMTP AUTH is on for it\n"
	"(Set-CASMailbox USERNAME -SmtpClientAuthenticationDisabled $false)."},
    {NULL, 535, NULL, NULL,
	"The relay refuses the login. Check username and what password or oauth_client point to;\n"
	"then: postoak resume PROFILE"},
    {NULL, 530, NULL, NULL,
	"The relay wants a login. Give the profile a username and an oauth_client or password."},
};

static bool
begins(const char *provider, const char *beginning)
{
	return beginning == NULL ||
	       (provider != NULL && strncmp(provider, beginning, strlen(beginning)) == 0);
}

static const char *
diagnose_entra(const char *description)
{
	static const char mark[] = "AADSTS";

	for (const char *p = description; (p = strstr(p, mark)) != NULL;) {
		long number;

		p += sizeof(mark) - 1;
		number = isdigit((unsigned char)*p) ? strtol(p, NULL, 10) : 0;
		for (size_t i = 0; i < sizeof(entra_rows) / sizeof(entra_rows[0]); i++)
			if (entra_rows[i].number == number)
				return entra_rows[i].advice;
	}
	return NULL;
}

const char *
diagnose_token(const char *provider, const char *error, const char *description, unsigned status)
{
	const char *advice = diagnose_entra(description);

	if (advice != NULL)
		return advice;
	for (size_t i = 0; i < sizeof(token_rows) / sizeof(token_rows[0]); i++)
		if (begins(provider, token_rows[i].provider) &&
		    strcmp(token_rows[i].error, error) == 0 &&
		    (token_rows[i].status == 0 || token_rows[i].status == status))
			return token_rows[i].advice;
	return NULL;
}

const char *
diagnose_smtp(const char *provider, unsigned code, const char *enhanced, const char *text)
{
	for (size_t i = 0; i < sizeof(smtp_rows) / sizeof(smtp_rows[0]); i++)
		if (begins(provider, smtp_rows[i].provider) &&
		    (smtp_rows[i].code == 0 || smtp_rows[i].code == code) &&
		    (smtp_rows[i].enhanced == NULL ||
			(enhanced != NULL && strcmp(smtp_rows[i].enhanced, enhanced) == 0)) &&
		    (smtp_rows[i].text == NULL ||
			(text != NULL && strcasestr(text, smtp_rows[i].text) != NULL)))
			return smtp_rows[i].advice;
	return NULL;
}

const char *
diagnose_reply(const char *provider, const char *reply)
{
	char enhanced[16] = "";
	unsigned code = 0;
	size_t length;

	for (; isdigit((unsigned char)*reply) && code < 1000; reply++)
		code = code * 10 + (unsigned)(*reply - '0');
	reply += strspn(reply, " -");
	length = strspn(reply, "0123456789.");
	if (length >= 5 && length < sizeof(enhanced))
		strlcpy(enhanced, reply, length + 1);
	return diagnose_smtp(provider, code, enhanced[0] == '\0' ? NULL : enhanced, reply);
}

void
diagnose_personal(
    char *out, size_t size, const char *advice, const char *profile, const char *username)
{
	const struct {
		const char *word;
		const char *meaning;
	} words[] = {{"PROFILE", profile}, {"USERNAME", username}};
	size_t used = 0;

	out[0] = '\0';
	while (*advice != '\0' && used + 1 < size) {
		const char *meaning = NULL;

		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]) && meaning == NULL; i++) {
			size_t length = strlen(words[i].word);

			if (words[i].meaning != NULL &&
			    strncmp(advice, words[i].word, length) == 0) {
				meaning = words[i].meaning;
				advice += length;
			}
		}
		if (meaning != NULL) {
			used = strlcat(out, meaning, size);
		} else {
			out[used++] = *advice++;
			out[used] = '\0';
		}
	}
}
