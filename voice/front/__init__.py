"""The SIP front door: the only thing of callfloor that faces the network in SIP.

Owns: the strict parser, the SDP filter, the registrar, the call-sticky proxy and the pool of contact workers.
Flows in: SIP of trunks and stations (the OUTER side), SIP of contact workers (INNER, loopback), the zygote's reports.
Flows out: SIP that is safe for native code, one worker per contact, a BYE on every leg of a worker that died.

``grammar``, ``headers`` and ``message`` read and write SIP, ``sdp`` filters offers, ``access``, ``trunks``, ``digest``
and ``registrar`` know who is who, ``routing`` signs what we put into Via and Record-Route, ``dialogs`` remembers calls,
``proxy`` decides with ``admission`` and ``dialling`` (pure), ``loss`` says goodbye for a dead worker (pure), ``guard``
limits strangers (pure), ``pool`` talks to the zygote, ``sockets``, ``connections`` and ``server`` own the sockets.
"""
