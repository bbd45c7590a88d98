"""The station against software no one here wrote: baresip and linphone (Debian's), through Kamailio, and sipp."""
