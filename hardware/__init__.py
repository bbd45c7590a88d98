"""The headset: sound in and out, buttons and lights.

Owns: HID descriptors, call control, transports (``hardware.hid``); sample rings, sound devices, the shock limiter
(``hardware.audio``); ``Headset``, which joins the two, and the simulated devices. Imports nothing from the other
packages. Flows in: HID reports, microphone samples, the softphone's call state. Flows out: what the user meant by a
button, HID reports (lights), samples to the ear.
"""
