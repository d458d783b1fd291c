"""A mail server for the tests: prints its port, then for each line read what came since as one line of JSON."""
import json
import sys

from aiosmtpd.controller import Controller

mails = []


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("bad"):
            return "550 no such user"
        if address.startswith("later"):
            return "451 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mails.append({"from": envelope.mail_from, "to": envelope.rcpt_tos, "data": envelope.content.decode("utf-8", "replace")})
        return "250 OK"


controller = Controller(Handler(), hostname="127.0.0.1", port=0)


def free_port():
    import socket
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


controller.port = free_port()
controller.start()
print(controller.port, flush=True)
for _ in sys.stdin:
    print(json.dumps(mails), flush=True)
    mails.clear()
controller.stop()
