/* SPDX-License-Identifier: ISC */
#include "oauth/entra.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define GRANT                                                                                    \
	"The sign-in behind this profile is no longer valid. Run: postoak oauth grant PROFILE\n" \
	"If it returns often, use grant client_credentials, which no sign-in policy ends."
#define IDLE                                                           \
	"The refresh token died because nobody used it for 90 days.\n" \
	"Run: postoak oauth grant PROFILE"
#define SINGLE_PAGE                                                                      \
	"Refresh tokens of a single-page application live for 24 hours. In Entra, App\n" \
	"registrations, Authentication, move the redirect URI to \"Mobile and desktop\n" \
	"applications\"; then run: postoak oauth grant PROFILE"
#define CONSENT                                                                                   \
	"Nobody has consented to the permission. In Entra, App registrations, API permissions:\n" \
	"Grant admin consent. Then run: postoak oauth grant PROFILE (a person's grant) or\n"      \
	"postoak oauth refresh PROFILE (client_credentials)"
#define MFA                                                                                \
	"The tenant wants multi-factor authentication. Run: postoak oauth grant PROFILE\n" \
	"If it returns, exempt the account in Conditional Access, or use grant\n"          \
	"client_credentials, which asks nobody."
#define POLICY                                                                                \
	"Conditional Access blocks the sign-in. Exempt this application or account from the " \
	"policy\n"                                                                            \
	"that Entra's sign-in logs name (Monitoring, Sign-in logs), or use grant\n"           \
	"client_credentials; then run: postoak oauth grant PROFILE"
#define WRONG_SECRET                                                                             \
	"The client secret is wrong. In Entra, App registrations, Certificates & secrets, take " \
	"the\n"                                                                                  \
	"Value of a secret, not its Secret ID (made anew: it is shown once), put it where\n"     \
	"client_secret points, then run: postoak oauth refresh PROFILE"
#define OLD_SECRET                                                                               \
	"The client secret has expired. Make a new one (Entra: App registrations, Certificates " \
	"&\n"                                                                                    \
	"secrets), put its Value where client_secret points, then run:\n"                        \
	"postoak oauth refresh PROFILE"
#define APPLICATION                                                                               \
	"The application is unknown in this tenant or disabled. Compare client_id and tenant_id " \
	"of\n"                                                                                    \
	"the oauth_client with the Overview page of the app registration."
#define NOT_IN_TENANT                                                                           \
	"The tenant has no Enterprise application for this client_id. Compare tenant_id; else " \
	"let an\n"                                                                              \
	"administrator of the tenant grant consent (App registrations, API permissions)."
#define TENANT                                                                                     \
	"There is no such tenant. Set tenant_id of the oauth_client to the Directory (tenant) ID " \
	"on\n"                                                                                     \
	"the Overview page of the app registration; for a national cloud, check provider, too."
#define ONE_TENANT                                                                               \
	"The app is registered for one tenant only. Set tenant_id of the oauth_client to that\n" \
	"tenant instead of common or organizations."
#define PUBLIC_CLIENT                                                                \
	"The app registration is a public client but a secret was sent: configure\n" \
	"client_authentication: none and no client_secret, or register it as a web application."
#define PUBLIC_FLOW                                                                  \
	"The app registration wants a secret. Configure client_secret, or turn on\n" \
	"\"Allow public client flows\" (Entra: App registrations, Authentication)."
#define CERTIFICATE                                                                        \
	"The certificate is not one uploaded to the app registration, or it has expired. " \
	"Compare\n"                                                                        \
	"the thumbprint under Certificates & secrets with what certificate points to."
#define FEDERATION                                                                      \
	"No federated credential of the app registration fits client_assertion. Under " \
	"Certificates\n"                                                                \
	"& secrets, Federated credentials, compare issuer, subject and audience with the token's."
#define CLOCK "The assertion's times do not fit the server's. Check this host's clock (NTP)."
#define NO_RESOURCE                                                        \
	"The tenant does not have what the scope names. Set scopes to\n"   \
	"https://outlook.office365.com/.default (client_credentials) or\n" \
	"https://outlook.office.com/SMTP.Send, and see that the tenant has Exchange Online."
#define PERMISSION                                                                         \
	"The app registration lacks the permission. Under API permissions add Office 365 " \
	"Exchange\n"                                                                       \
	"Online, SMTP.SendAsApp (application) or SMTP.Send (delegated), and grant admin consent."
#define SCOPE                                                                   \
	"The scope is not one the server knows. For client_credentials it is\n" \
	"https://outlook.office365.com/.default, for a person's grant\n"        \
	"https://outlook.office.com/SMTP.Send with offline_access: set scopes."
#define MIXED                                                 \
	"One token is for one service. In scopes leave only " \
	"https://outlook.office.com/SMTP.Send\n"              \
	"and offline_access: no User.Read, Mail.Send or other scope of Microsoft Graph."
#define REDIRECT                                                                               \
	"Add the redirect URI http://localhost (Mobile and desktop applications) to the app\n" \
	"registration, or set redirect_uri of the oauth_client to a registered one."
#define ACCOUNT                                                                                    \
	"The account is unknown in the tenant, disabled or locked. Look at it in Entra (Users),\n" \
	"compare username, then run: postoak oauth grant PROFILE"
#define ASSIGNMENT                                                                            \
	"The account is not assigned to the application. In Entra, Enterprise applications, " \
	"Users\n"                                                                             \
	"and groups, assign it, or turn off \"Assignment required\"."
#define LOOP                                                                                     \
	"The server saw the same request too often. Postoak waits by itself; look for another\n" \
	"program that uses this app registration."
#define SERVER "A passing fault on Microsoft's side. Postoak tries again by itself."

static const struct {
	long number;
	const char *advice;
} rows[] = {
    {28000, MIXED},
    {28002, SCOPE},
    {28003, SCOPE},
    {50011, REDIRECT},
    {50012, CERTIFICATE},
    {50020, ACCOUNT},
    {50033, SERVER},
    {50034, ACCOUNT},
    {50053, ACCOUNT},
    {50057, ACCOUNT},
    {50076, MFA},
    {50078, MFA},
    {50079, MFA},
    {50087, SERVER},
    {50089, GRANT},
    {50105, ASSIGNMENT},
    {50158, POLICY},
    {50173, GRANT},
    {50194, ONE_TENANT},
    {50196, LOOP},
    {51005, SERVER},
    {53000, POLICY},
    {53001, POLICY},
    {53002, POLICY},
    {53003, POLICY},
    {65001, CONSENT},
    {65004, CONSENT},
    {65005, PERMISSION},
    {70000, GRANT},
    {70001, APPLICATION},
    {70002, WRONG_SECRET},
    {70008, GRANT},
    {70011, SCOPE},
    {70012, SERVER},
    {70021, FEDERATION},
    {70043, GRANT},
    {90002, TENANT},
    {90033, SERVER},
    {90094, CONSENT},
    {500011, NO_RESOURCE},
    {650057, PERMISSION},
    {700011, APPLICATION},
    {700016, APPLICATION},
    {700024, CLOCK},
    {700025, PUBLIC_CLIENT},
    {700027, CERTIFICATE},
    {700030, CERTIFICATE},
    {700082, IDLE},
    {700084, SINGLE_PAGE},
    {700211, FEDERATION},
    {700212, FEDERATION},
    {700213, FEDERATION},
    {900023, TENANT},
    {1002012, SCOPE},
    {7000112, APPLICATION},
    {7000215, WRONG_SECRET},
    {7000218, PUBLIC_FLOW},
    {7000222, OLD_SECRET},
    {7000229, NOT_IN_TENANT},
};

const char *
entra_advice(const char *description)
{
	static const char mark[] = "AADSTS";

	for (const char *p = description; (p = strstr(p, mark)) != NULL;) {
		long number;

		p += sizeof(mark) - 1;
		number = isdigit((unsigned char)*p) ? strtol(p, NULL, 10) : 0;
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			if (rows[i].number == number)
				return rows[i].advice;
	}
	return NULL;
}
