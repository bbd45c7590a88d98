"""The station's relay: between the softphone's SIP stack, which hears loopback only, and its server.

Owns: the one connection to the server (TLS 1.2 or 1.3, TCP or UDP), and what passes over it. Flows in: SIP of the
server, which may be any PBX; SIP of the phone on 127.0.0.1. Flows out: SIP that is safe for native code, paced; to the
server one user agent at the relay's own address. Sound does not pass: RTP goes directly.

``core`` decides (pure), ``wire`` owns the sockets, ``phone`` is a Phone behind a relay.
"""
