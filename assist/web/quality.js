// Opinion scores (MOS, ITU-T G.107): where a line is good, and below which it itself is the trouble.

/** "Satisfied" (R 80). */
export const MOS_GOOD = 4.0;

/** Below this "many users dissatisfied"; voice/quality.py has the same. */
export const MOS_WARNING = 3.6;
