/** What a reload that was not refused came to; `unchanged`: the file says what is in force already. */
export const RELOAD_RESULTS = ['applied', 'unchanged'] as const;
export type ReloadResult = (typeof RELOAD_RESULTS)[number];
