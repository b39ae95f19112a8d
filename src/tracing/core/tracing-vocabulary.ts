/** Words of traces. */

/** Whether the caller's decision counts. */
export const PARENT_MODES = ['follow', 'ignore'] as const;
export type ParentMode = (typeof PARENT_MODES)[number];
