"""The supervisors' board: what runs on the floor as tables of rows, and who is shown which of them.

In: events of contacts, agents and alerts, live or from the log (``table.Board``). Out: to each open board the rows that
changed since it was told last (``view.BoardView``), at most a few messages a second however much happens.
"""
