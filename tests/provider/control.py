"""Asking and telling a provider that runs as a program: JSON over HTTP.

GET  /control/messages     what was received, contents base64
GET  /control/state        counts and violations
POST /control/script       {"server": "smtp", "stage": "rcpt", "reply": [451, "4.3.0 later"],
                            "address": GLOB, "after": N, "count": N}; or "drop": true, "hang": true
POST /control/revoke       every access token
"""

import base64

from aiohttp import web

from scenario import Drop, Hang, HttpReply, Reply


def routes(provider):
    async def messages(_request):
        return web.json_response([_message(m) for m in list(provider.smtp.messages)])

    async def state(_request):
        return web.json_response(
            {
                "smtp": dict(provider.smtp.counts),
                "oauth": dict(provider.oauth.counts),
                "messages": len(provider.smtp.messages),
                "flights": [c.flights for c in provider.smtp.connections],
                "violations": provider.violations,
            }
        )

    async def script(request):
        rule = await request.json()
        server = {"smtp": provider.smtp, "oauth": provider.oauth}[rule["server"]]
        options = {k: rule[k] for k in ("address", "after", "count") if k in rule}
        server.script.add(rule["stage"], _action(rule), **options)
        return web.json_response({})

    async def revoke(_request):
        provider.oauth.revoke_access_tokens()
        return web.json_response({})

    return [
        web.get("/control/messages", messages),
        web.get("/control/state", state),
        web.post("/control/script", script),
        web.post("/control/revoke", revoke),
    ]


def _message(message):
    return {
        "sender": message.sender,
        "parameters": message.parameters,
        "recipients": [[r.address, r.parameters] for r in message.recipients],
        "content": base64.b64encode(message.content).decode(),
        "user": message.user,
        "connection": message.connection.number,
        "tls_version": message.connection.tls_version,
        "mechanism": message.connection.mechanism,
        "received": message.received,
    }


def _action(rule):
    if rule.get("drop"):
        return Drop()
    if rule.get("hang"):
        return Hang()
    code, text = rule["reply"]
    if rule["server"] == "oauth":
        return HttpReply(code, text.encode())
    return Reply(code, text)
