/** The result of an algorithm that refuses. Never a valid time or circuit word: those are at least 0. */
export const REFUSED = -1;
