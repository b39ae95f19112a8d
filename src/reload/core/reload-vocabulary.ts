/** Words of reloads. */

/** The result of a reload that was not refused; `unchanged`: the file matches the current settings. */
export const RELOAD_RESULTS = ['applied', 'unchanged'] as const;
export type ReloadResult = (typeof RELOAD_RESULTS)[number];
