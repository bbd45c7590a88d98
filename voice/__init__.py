"""Calls: legs, SIP, the front door, the softphone; and the event envelope, bus and clock all packages share.

Owns: Call and Leg, the SIP and RTP edges (``voice.sip``, the only importer of pjsua2; ``voice.front``), the bus.
Flows in: SIP, RTP, headset samples and buttons. Flows out: audio frames to sinks, typed events, command replies.
"""
