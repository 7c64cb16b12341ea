"""What providers say becomes what to do: in mailq, in postoak status and in the log alike."""

import json
import re
import time

import pytest
from harness import wait_until
from scenario import HttpReply, Reply

TENANT = "11111111-2222-3333-4444-555555555555"
APPLICATION = "66666666-7777-8888-9999-000000000000"
PRINCIPAL = "99999999-8888-7777-6666-555555555555"
USER = "alerts@example.com"
OFF = "Authentication unsuccessful, SmtpClientAuthentication is disabled for the"


def use(host, template: str, **profile):
    """The profile's client is one of `template`; the loopback provider stands for its servers."""
    host.client.update(provider=template)
    if template.startswith("microsoft365"):
        host.client["tenant_id"] = TENANT
    host.profile.update(null_sender="keep", **profile)
    host.write_configuration()
    host.start()


def one_line(text: str) -> str:
    return " ".join(text.split())


def assert_told(host, state: str, *parts: str):
    """All three name what to do, with the names of this host, not with placeholders."""
    profile = host.wait_for_state(state)
    listing = wait_until(
        lambda: re.search(r"\(profile relay.*\)", q := host.mailq()) and q, "mailq to tell"
    )
    for part in parts:
        assert part in profile["advice"]
        assert part in one_line(listing)
        assert part in one_line(host.postoak("status", status=1))
        host.wait_for_log(re.escape(part))
    assert "\n" not in profile["advice"]
    assert not re.search("PROFILE|USERNAME", profile["advice"])
    assert len(host.spooled()) == 1 and host.provider.smtp.messages == []


SUSPENDING = {
    "SMTP AUTH off in the tenant": (
        "microsoft365",
        Reply(535, f"5.7.139 {OFF} Tenant. Visit https://aka.ms/smtp_auth_disabled"),
        [f"Set-CASMailbox {USER}", "Set-TransportConfig", "microsoft365-direct"],
    ),
    "SMTP AUTH off for the mailbox": (
        "microsoft365",
        Reply(535, f"5.7.139 {OFF} Mailbox. Visit https://aka.ms/smtp_auth_disabled"),
        [f"Set-CASMailbox {USER} -SmtpClientAuthenticationDisabled $false"],
    ),
    "security defaults": (
        "microsoft365",
        Reply(535, "5.7.139 user is locked by your organization's security defaults policy."),
        ["Manage security defaults"],
    ),
    "conditional access": (
        "microsoft365",
        Reply(535, "5.7.139 the request did not meet the criteria to be authenticated"),
        ["Conditional Access", "sign-in logs"],
    ),
    "5.7.3": (
        "microsoft365",
        Reply(535, "5.7.3 Authentication unsuccessful"),
        ["New-ServicePrincipal", "SMTP.SendAsApp"],
    ),
    "Google": (
        "google",
        Reply(535, "5.7.8 Username and Password not accepted."),
        ["https://mail.google.com/", "postoak oauth grant relay"],
    ),
    "anybody": (
        "custom",
        Reply(535, "5.7.8 Error: authentication failed"),
        ["Check username", "postoak resume relay"],
    ),
}


@pytest.mark.parametrize("row", SUSPENDING.values(), ids=SUSPENDING)
def test_logins_that_are_refused(idle_host, provider, row):
    template, reply, parts = row
    provider.smtp.script.add("auth", reply, count=None)
    use(idle_host, template)
    idle_host.submit("a@example.org")
    assert_told(idle_host, "suspended", *parts)


def test_an_error_challenge_is_read(idle_host, provider):
    """What XOAUTH2 says in JSON is part of the reason."""
    provider.client.users = ("someone.else@example.com",)
    provider.smtp.error_challenge = True
    use(idle_host, "google")
    idle_host.submit("a@example.org")
    assert_told(idle_host, "suspended", "https://mail.google.com/")
    assert '"schemes"' in idle_host.profile_status()["reason"]


BACKING_OFF = {
    "too many connections": (
        "microsoft365",
        "mail",
        Reply(432, "4.3.2 Concurrent connections limit exceeded"),
        ["limits: {connections: ...}"],
    ),
    "daily limit": (
        "google",
        "dot",
        Reply(550, "5.4.5 Daily user sending limit exceeded. For more information"),
        ["daily sending limit"],
    ),
    "passing fault": (
        "google",
        "auth",
        Reply(454, "4.7.0 Temporary authentication failure"),
        ["tries again by itself"],
    ),
}


@pytest.mark.parametrize("row", BACKING_OFF.values(), ids=BACKING_OFF)
def test_limits_and_passing_faults(idle_host, provider, row):
    template, stage, reply, parts = row
    provider.smtp.script.add(stage, reply, count=None)
    use(idle_host, template)
    idle_host.submit("a@example.org")
    assert_told(idle_host, "backing_off", *parts)


def test_an_old_tls(idle_host, provider):
    reply = Reply(421, "4.7.66 TLS 1.0 and 1.1 are not supported.")
    provider.smtp.script.add("ehlo", reply, count=None)
    use(idle_host, "microsoft365")
    idle_host.submit("a@example.org")
    assert_told(idle_host, "suspended", "tls_minimum_version")


SEND_AS = {
    "554 5.2.0": Reply(554, "5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException"),
    "554 5.2.252": Reply(554, "5.2.252 SendAsDenied; alerts@example.com not allowed to send as x"),
    "550 5.7.60": Reply(550, "5.7.60 SMTP; Client does not have permissions to send as this"),
}


@pytest.mark.parametrize("reply", SEND_AS.values(), ids=SEND_AS)
def test_who_may_not_send_as_that_is_told_in_the_bounce(idle_host, provider, reply):
    provider.smtp.script.add("dot", reply)
    use(idle_host, "microsoft365")
    idle_host.submit("a@example.org")
    (bounce,) = idle_host.wait_for_messages()
    text = one_line(bounce.content.decode())
    assert f"Add-RecipientPermission ADDRESS -Trustee {USER}" in text
    assert idle_host.profile_status()["state"] == "ready"


def refusal(error: str, description: str = "", status: int = 400) -> HttpReply:
    answer = {"error": error, "error_description": description}
    return HttpReply(status, json.dumps(answer).encode())


REFUSALS = {
    "7000215": ("microsoft365", "invalid_client", "AADSTS7000215: Invalid secret", ["Secret ID"]),
    "7000222": ("microsoft365", "invalid_client", "AADSTS7000222: keys expired", ["has expired"]),
    "700016": ("microsoft365", "unauthorized_client", "AADSTS700016: not found", ["client_id"]),
    "90002": ("microsoft365", "invalid_request", "AADSTS90002: Tenant", ["Set tenant_id"]),
    "65001": ("microsoft365", "invalid_grant", "AADSTS65001: consent", ["Grant admin consent"]),
    "50076": ("microsoft365", "interaction_required", "AADSTS50076: MFA", ["multi-factor"]),
    "50079": ("microsoft365", "interaction_required", "AADSTS50079: MFA", ["multi-factor"]),
    "70000": ("microsoft365", "invalid_grant", "AADSTS70000: x", ["postoak oauth grant relay"]),
    "70008": ("microsoft365", "invalid_grant", "AADSTS70008: x", ["postoak oauth grant relay"]),
    "700082": ("microsoft365", "invalid_grant", "AADSTS700082: x", ["90 days"]),
    "700084": ("microsoft365", "invalid_grant", "AADSTS700084: x", ["single-page"]),
    "53003": ("microsoft365", "invalid_grant", "AADSTS53003: x", ["Conditional Access"]),
    "500011": ("microsoft365", "invalid_resource", "AADSTS500011: x", ["/.default"]),
    "70011": ("microsoft365", "invalid_scope", "AADSTS70011: x", ["set scopes"]),
    "Google delegation": ("google", "unauthorized_client", "Not authorized", ["Domain-wide"]),
    "Google policy": ("google", "admin_policy_enforced", "", ["App access control"]),
    "Google grant": ("google", "invalid_grant", "Bad Request", ["password changed", "Testing"]),
    "invalid_scope": ("custom", "invalid_scope", "", ["Check scopes"]),
    "invalid_grant": ("custom", "invalid_grant", "", ["postoak oauth grant relay"]),
    "unauthorized_client": ("custom", "unauthorized_client", "", ["change grant"]),
}


@pytest.mark.parametrize("row", REFUSALS.values(), ids=REFUSALS)
def test_token_requests_that_are_refused(idle_host, provider, row):
    template, error, description, parts = row
    provider.oauth.script.add("token", refusal(error, description), count=None)
    use(idle_host, template)
    idle_host.submit("a@example.org")
    assert_told(idle_host, "suspended", *parts)
    assert error in idle_host.profile_status()["reason"]
    (status,) = json.loads(idle_host.postoak("oauth", "status", "--json"))
    assert status["state"] == "needs_person"
    assert all(part in one_line(status["advice"]) for part in parts)


def test_a_week_old_grant_of_google_was_in_testing(idle_host, provider):
    provider.oauth.rotate = False
    token = provider.oauth.grant_refresh_token(provider.client)
    use(
        idle_host,
        "google",
        grant="refresh_token",
        refresh_token={"file": str(idle_host.secret_file("refresh", token))},
    )
    idle_host.submit("a@example.org")
    idle_host.wait_for_messages()
    idle_host.wait_until_empty()
    idle_host.stop()
    file = idle_host.state / "tokens" / "relay"
    stored = json.loads(file.read_text())
    week = int(time.time()) - 7 * 86400 - 60
    stored.update(granted=week, issued=week, expires=week + 3600)
    file.write_text(json.dumps(stored))
    provider.oauth.script.add("token", refusal("invalid_grant", "Bad Request"), count=None)
    provider.smtp.messages.clear()
    idle_host.start()
    idle_host.submit("a@example.org")
    assert_told(idle_host, "suspended", "publishing status is Testing")
    assert "granted 7 days ago" in idle_host.profile_status()["reason"]


# The silent ones: the reply is 535 5.7.3 for all of them, and the token shows why.

OUTLOOK = "https://outlook.office.com"
APP_ONLY = {
    "aud": "https://outlook.office365.com",
    "appid": APPLICATION,
    "oid": PRINCIPAL,
    "tid": TENANT,
    "roles": ["SMTP.SendAsApp"],
    "idtyp": "app",
}
DELEGATED = {"aud": OUTLOOK, "oid": PRINCIPAL, "scp": "SMTP.Send", "upn": USER}
SCOPES = [f"{OUTLOOK}/SMTP.Send", "offline_access"]
SILENT = {
    "token for Graph": (
        {**APP_ONLY, "aud": "https://graph.microsoft.com"},
        None,
        ["for Microsoft Graph, not for Outlook", "https://outlook.office365.com/.default"],
        True,
    ),
    "no SMTP.SendAsApp": (
        {**APP_ONLY, "roles": ["Mail.Send"]},
        None,
        ["has no SMTP.SendAsApp", "postoak oauth refresh relay"],
        True,
    ),
    "object id of the registration": (
        APP_ONLY,
        None,
        [
            f"New-ServicePrincipal -AppId {APPLICATION} -ObjectId {PRINCIPAL}",
            f"Add-MailboxPermission {USER} -User {PRINCIPAL} -AccessRights FullAccess",
        ],
        False,
    ),
    "scope missing": (
        {**DELEGATED, "scp": "IMAP.AccessAsUser.All"},
        SCOPES,
        ["does not have the scope SMTP.Send", "Delegated permissions, SMTP.Send"],
        True,
    ),
    "scopes mixed": (
        {**DELEGATED, "aud": "00000003-0000-0000-c000-000000000000", "scp": "User.Read"},
        ["User.Read", *SCOPES],
        ["One token is for one service", "User.Read out of scopes"],
        True,
    ),
    "another user": (
        {**DELEGATED, "upn": "admin@example.com"},
        SCOPES,
        ["The token is for admin@example.com", f"username is {USER}"],
        False,
    ),
}


def use_silent(host, scopes):
    provider = host.provider
    if scopes is None:
        use(host, "microsoft365")
        return
    provider.client.scopes = tuple(scopes)
    token = provider.oauth.grant_refresh_token(provider.client)
    host.client["scopes"] = scopes
    secret = host.secret_file("refresh", token)
    use(host, "microsoft365", grant="refresh_token", refresh_token={"file": str(secret)})


@pytest.mark.parametrize("row", SILENT.values(), ids=SILENT)
def test_reasons_that_nobody_tells(idle_host, provider, row):
    claims, scopes, parts, clear = row
    provider.oauth.claims = claims
    provider.smtp.script.add("auth", Reply(535, "5.7.3 Authentication unsuccessful"), count=None)
    use_silent(idle_host, scopes)
    idle_host.submit("a@example.org")
    assert_told(idle_host, "suspended", *parts)
    warnings = re.findall("a token came that will not do", idle_host.log())
    assert len(warnings) == (1 if clear else 0)  # for two tokens


def test_a_reason_that_is_told_goes_first(idle_host, provider):
    provider.oauth.claims = {**APP_ONLY, "roles": []}
    provider.smtp.script.add("auth", Reply(535, f"5.7.139 {OFF} Tenant."), count=None)
    use(idle_host, "microsoft365")
    idle_host.submit("a@example.org")
    assert_told(idle_host, "suspended", "Set-TransportConfig")


def test_good_tokens_and_opaque_ones_are_not_remarked_on(idle_host, provider):
    provider.oauth.claims = APP_ONLY
    use(idle_host, "microsoft365")
    idle_host.submit("a@example.org")
    idle_host.wait_for_messages()
    provider.oauth.claims = None
    idle_host.postoak("oauth", "refresh", "relay")
    provider.smtp.disconnect()
    idle_host.submit("a@example.org")
    idle_host.wait_for_messages(2)
    assert "will not do" not in idle_host.log()
