"""How well a contact was served: the scorecard by eight principles, forms filled in by people, and coaching.

In: the event log of contacts (``parts`` cuts it into one part for each agent), the content pack's rules, and
``quality/`` of the content directory. Everything but ``reading`` is pure: the same log gives the same numbers. Out:
``callfloor quality``, ``callfloor report``, the API.
"""
