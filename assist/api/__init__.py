"""The floor's web side: login, the agents' websocket feed and commands, the stations' link, and the page itself.

In: agents' commands and stations' reports, handed to the floor (``ports.FloorPort``). Out: the feed (``assist.feed``)
and commands to stations (``ports.StationLink``). It owns sockets and message shapes, and decides nothing about calls.
"""
