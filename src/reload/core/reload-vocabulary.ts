/** Words and ranges of reloads, of the watch after a change, and of kept versions. */

/** The result of a reload that was not refused; `unchanged`: the file matches the current settings. */
export const RELOAD_RESULTS = ['applied', 'unchanged'] as const;
export type ReloadResult = (typeof RELOAD_RESULTS)[number];

/** How long a change is watched, seconds; 0: it is not. `default` is that of applying a plan and of a rollback. */
export const WATCH_SECONDS = { min: 0, max: 3600, default: 60 } as const;

/**
 * `kept`: nothing became worse, or an operator ended the watch; `reverted`: the version before is back; `ended`:
 * undecided, because of another change; `revert_failed`: it became worse, but the version before could not be written or
 * applied.
 */
export const WATCH_STATES = ['watching', 'kept', 'reverted', 'ended', 'revert_failed'] as const;
export type WatchState = (typeof WATCH_STATES)[number];

/** `errors`: share of failed requests; `p95`: duration of forwarded requests; `unrouted`: share that no route matched. */
export const WATCH_MEASURES = ['errors', 'p95', 'unrouted'] as const;
export type WatchMeasure = (typeof WATCH_MEASURES)[number];

/**
 * The weightiest first. `worse`: beyond what chance allows; `same`: everything else, improvements included; `unknown`:
 * too few requests.
 */
export const WATCH_VERDICTS = ['worse', 'same', 'unknown'] as const;
export type WatchVerdict = (typeof WATCH_VERDICTS)[number];

/** What a route is compared with: itself before the change, or, if it is new, all routes before it. */
export const WATCH_BASES = ['route', 'gateway'] as const;
export type WatchBasis = (typeof WATCH_BASES)[number];

/** What made a version current: the start of the process, the API, a change of the file, SIGHUP … */
export const VERSION_ORIGINS = ['start', 'api', 'file', 'signal', 'rollback', 'revert'] as const;
export type VersionOrigin = (typeof VERSION_ORIGINS)[number];

/** The current version and those before it. */
export const KEPT_VERSIONS = 10;
