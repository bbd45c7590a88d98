"""The headset: sound in and out, buttons and lights."""
