"""Practice: a simulated customer calls a trainee through the real road, and a debrief tells how it went.

``persona`` is what a scenario says of the customer, ``mind`` decides what she says next (pure: the agent's recognised
words in, her lines out), ``rehearsal`` lets one practise by typing in virtual time, ``session`` puts her on the
telephone, ``debrief`` measures the contact as any other. Out: ``callfloor practice``.
"""
