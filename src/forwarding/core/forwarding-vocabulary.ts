/** What becomes of a copy of a request: answered; sent in vain; or not sent, because there was no room, backend or body. */
export const MIRROR_RESULTS = ['answered', 'failed', 'dropped'] as const;
export type MirrorResult = (typeof MIRROR_RESULTS)[number];
