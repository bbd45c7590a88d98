"""The caller's side: flows, prompts, queue, routing, agents' states, one worker process per contact."""
