"""The bus: events and commands between the parts of callfloor. ``base`` states the promises."""
