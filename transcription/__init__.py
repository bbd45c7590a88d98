"""Sound to words: voice activity, recognisers, the streaming server and its client, redaction, recording."""
