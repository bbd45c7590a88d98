"""Recognition engines: one module each, implementing ``transcription.recogniser``."""
