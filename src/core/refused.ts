/** The answer of an algorithm that says no. Never a valid time or circuit word: those are at least 0. */
export const REFUSED = -1;
