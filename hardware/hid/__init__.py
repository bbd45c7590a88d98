"""Human interface devices: from report descriptors to what the user of a headset meant.

``descriptor`` (bytes → fields) → ``telephony`` (fields → named bits) → ``callcontrol`` (reports ↔ call state).
"""
