"""SIP and RTP by PJSIP: the only package that imports pjsua2.

Flows in: calls of ``voice.phone.Phone``. Flows out: ``PhoneEvent`` on the asyncio loop, ``AudioFrame`` on the media
thread. Who runs where:

- the asyncio loop calls ``SipPhone`` (``phone.py``) and receives its events;
- one command thread (``thread.py``) owns ``Engine`` (``engine.py``) and alone calls into pjsua2;
- PJSIP's own threads run the callbacks of ``natives.py``, which copy plain fields and post them to the command thread;
- PJMEDIA's clock thread runs the frame callbacks of ``media.py`` every 20 ms.

pjsua2 answers misuse by aborting the process, so everything is checked before it is called. Importing this package
starts no thread: a zygote imports it and forks.
"""

from voice.sip.phone import SipPhone

__all__ = ["SipPhone"]
