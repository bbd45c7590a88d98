"""The agent's and the supervisor's side: cards, store, API, web pages; wires everything (the command line)."""
