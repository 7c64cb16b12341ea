/* SPDX-License-Identifier: ISC */
#include "oauth/smtp_advice.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define SEND_AS                                                                                   \
	"The login may not send as this From address. Use rewrite_from: always, or grant it in\n" \
	"Exchange Online PowerShell: Add-RecipientPermission ADDRESS -Trustee USERNAME\n"         \
	"-AccessRights SendAs"
#define TOO_MANY_CONNECTIONS                                                              \
	"More connections than the mailbox may have (3), counted over all hosts. Lower\n" \
	"limits: {connections: ...} on hosts that share the mailbox."
#define MAILBOX_RIGHTS                                                                  \
	"The application has no right to the mailbox. In Exchange Online PowerShell:\n" \
	"Add-MailboxPermission USERNAME -User SERVICE-PRINCIPAL-ID -AccessRights FullAccess"
#define BLOCKED                                                                          \
	"The provider has blocked the sender, usually for suspected spam. In Microsoft " \
	"Defender:\n"                                                                    \
	"Review, Restricted entities."
#define OLD_TLS                                                                                  \
	"The relay refuses the TLS version. Set tls_minimum_version: \"1.2\" or remove it, and " \
	"look\n"                                                                                 \
	"for a proxy in between that speaks an older TLS."
#define MECHANISM                                                                               \
	"The relay does not take this login. Remove mechanism, or choose another; see whether " \
	"the\n"                                                                                 \
	"profile should use a token (oauth_client, grant) or a password."
#define CHECK_MICROSOFT                                                                            \
	"Check: username is the mailbox the token is for; SMTP AUTH is on for it; for\n"           \
	"client_credentials the app has SMTP.SendAsApp with admin consent, New-ServicePrincipal\n" \
	"was given the Enterprise application's object ID, Add-MailboxPermission gave FullAccess."

/* 0 and null match everything; `text` is sought without regard to case. First match. */
static const struct {
	const char *provider; /* how the template's name begins */
	unsigned code;
	const char *enhanced;
	const char *text;
	const char *advice;
} rows[] = {
    {NULL, 535, "5.7.139", "disabled for the tenant",
	"SMTP AUTH is off in the tenant. In Exchange Online PowerShell: Set-TransportConfig\n"
	"-SmtpClientAuthenticationDisabled $false, or Set-CASMailbox USERNAME (same option). Else\n"
	"provider microsoft365-direct needs no login, for recipients inside the tenant only."},
    {NULL, 535, "5.7.139", "disabled for the mailbox",
	"SMTP AUTH is off for the mailbox. In Exchange Online PowerShell:\n"
	"Set-CASMailbox USERNAME -SmtpClientAuthenticationDisabled $false"},
    {NULL, 535, "5.7.139", "security defaults",
	"Security defaults of the tenant block this login. Use OAuth (oauth_client, grant), or\n"
	"replace them by Conditional Access policies (Entra: Overview, Properties, Manage\n"
	"security defaults)."},
    {NULL, 535, "5.7.139", "basic authentication is disabled",
	"The tenant takes no passwords. Give the profile an oauth_client and a grant instead of\n"
	"password."},
    {NULL, 535, "5.7.139", "did not meet the criteria",
	"Conditional Access blocks the login. Exempt the account or this host's address from the\n"
	"policy that Entra's sign-in logs name (Monitoring, Sign-in logs), or use grant\n"
	"client_credentials."},
    {NULL, 535, "5.7.139", "credentials were incorrect",
	"User name or password is wrong. Compare username; set the password where password "
	"points,\n"
	"or better use OAuth (oauth_client, grant); then run: postoak resume PROFILE"},
    {NULL, 535, "5.7.139", NULL,
	"A setting of the tenant or mailbox blocks the login. In Exchange Online PowerShell:\n"
	"Set-CASMailbox USERNAME -SmtpClientAuthenticationDisabled $false; look at sign-in logs\n"
	"and Conditional Access in Entra."},
    {NULL, 535, "5.7.3", NULL, CHECK_MICROSOFT},
    {NULL, 530, "5.7.57", NULL,
	"The relay wants a login, or lost it. Give the profile a username and an oauth_client or\n"
	"password."},
    {NULL, 550, "5.7.30", NULL,
	"Microsoft takes no passwords here any more. Give the profile an oauth_client and a grant\n"
	"instead of password."},
    {NULL, 432, "4.3.2", NULL, TOO_MANY_CONNECTIONS},
    {NULL, 0, NULL, "sender thread limit exceeded", TOO_MANY_CONNECTIONS},
    {NULL, 421, "4.7.66", NULL, OLD_TLS},
    {NULL, 0, NULL, "SendAsDenied", SEND_AS},
    {NULL, 0, "5.2.252", NULL, SEND_AS},
    {NULL, 550, "5.7.60", NULL, SEND_AS},
    {NULL, 0, NULL, "SubmissionQuotaExceeded",
	"The mailbox has used up its daily sending limit (Microsoft: 10 000 recipients). Postoak\n"
	"waits up to 24 hours. For more, use another mailbox or High Volume Email."},
    {NULL, 554, "5.2.2", NULL,
	"The mailbox is full: Microsoft keeps what is sent in Sent Items. Empty it or give it a\n"
	"retention policy."},
    {NULL, 430, "4.2.0", NULL, MAILBOX_RIGHTS},
    {NULL, 0, NULL, "MapiExceptionLogonFailed", MAILBOX_RIGHTS},
    {NULL, 0, NULL, "mailbox logon failure", MAILBOX_RIGHTS},
    {NULL, 501, "5.5.127", NULL,
	"The relay wants tokens with ten minutes of life left. Set refresh_ahead: 15m"},
    {NULL, 550, "5.5.105", NULL,
	"High Volume Email delivers inside the tenant only. Route other recipients to another\n"
	"profile (routes:)."},
    {NULL, 0, "5.1.8", NULL, BLOCKED},
    {NULL, 550, "5.7.708", NULL,
	"The provider takes no mail from this tenant or address. Ask its support to lift it."},
    {"microsoft", 451, "4.7.500", NULL,
	"Exchange slows down this tenant or address. Postoak waits; lower limits if it returns."},
    {NULL, 534, "5.7.9", NULL,
	"Google wants an application-specific password, or better OAuth: give the profile an\n"
	"oauth_client and grant: authorization_code."},
    {NULL, 534, NULL, NULL,
	"The provider wants a sign-in in a browser first, or an application password. Better: "
	"give\n"
	"the profile an oauth_client and a grant."},
    {NULL, 432, "4.7.12", NULL, "The provider wants the account's password changed first."},
    {NULL, 504, NULL, "authenticat", MECHANISM},
    {NULL, 538, NULL, NULL, MECHANISM},
    {NULL, 0, "5.4.5", NULL,
	"The account has used up its daily sending limit. Postoak waits up to 24 hours."},
    {NULL, 0, NULL, "daily smtp relay limit exceeded",
	"The domain has used up its daily relay limit. Postoak waits up to 24 hours."},
    {"google", 454, "4.7.0", NULL,
	"A passing fault of Google's login service. Postoak tries again by itself."},
    {"google", 421, "4.7.0", NULL,
	"Google delays connections at an unusual rate. Postoak waits; lower limits if it returns."},
    {"google", 0, NULL, "relay denied",
	"This host's address is not registered. In the Workspace admin console, Gmail, Routing, "
	"SMTP\n"
	"relay service, add it, or require SMTP authentication and give the profile a login."},
    {NULL, 0, NULL, "insufficient_scope",
	"The token does not cover sending mail. Compare scopes with those the relay names, then\n"
	"run: postoak oauth grant PROFILE"},
    {"google", 334, NULL, NULL,
	"Google does not take the token. Set scopes: [https://mail.google.com/], and see that\n"
	"username is the account that granted it; then run: postoak oauth grant PROFILE"},
    {"google", 535, NULL, NULL,
	"Check: username is the Google account that granted access; the scope is\n"
	"https://mail.google.com/; for a service account, domain-wide delegation lists it. Then\n"
	"run: postoak oauth grant PROFILE"},
    {"microsoft", 334, NULL, NULL, CHECK_MICROSOFT},
    {"microsoft", 535, NULL, NULL,
	"Check: username is the mailbox the token is for, and SMTP AUTH is on for it\n"
	"(Set-CASMailbox USERNAME -SmtpClientAuthenticationDisabled $false)."},
    {NULL, 334, NULL, NULL,
	"The relay does not take the token. Compare username with the account it is for, and\n"
	"scopes with those the relay names; then run: postoak resume PROFILE"},
    {NULL, 535, NULL, NULL,
	"The relay refuses the login. Check username and what password or oauth_client point to;\n"
	"then: postoak resume PROFILE"},
    {NULL, 530, NULL, NULL,
	"The relay wants a login. Give the profile a username and an oauth_client or password."},
    {NULL, 503, NULL, "authenticat",
	"The relay wants a login. Give the profile a username and an oauth_client or password."},
    {NULL, 0, NULL, "certificate not accepted",
	"Compare host with the names in the relay's certificate. For a relay with an authority of\n"
	"its own, set tls_ca_file."},
    {NULL, 0, NULL, "does not offer STARTTLS",
	"Check host, port and tls: port 465 wants tls: implicit, 587 tls: starttls."},
};

static bool
begins(const char *provider, const char *beginning)
{
	return beginning == NULL ||
	       (provider != NULL && strncmp(provider, beginning, strlen(beginning)) == 0);
}

const char *
smtp_advice(const char *provider, unsigned code, const char *enhanced, const char *text)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (begins(provider, rows[i].provider) &&
		    (rows[i].code == 0 || rows[i].code == code) &&
		    (rows[i].enhanced == NULL ||
			(enhanced != NULL && strcmp(rows[i].enhanced, enhanced) == 0)) &&
		    (rows[i].text == NULL ||
			(text != NULL && strcasestr(text, rows[i].text) != NULL)))
			return rows[i].advice;
	return NULL;
}
