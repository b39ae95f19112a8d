/** A rule of the imported file: what a request must be like, and what a route of ours then does with it. */
import type { Origin } from '../outline/origin.ts';
import type { Part } from '../outline/part.ts';

/**
 * - `exact`: the whole path
 * - `start`: the path begins with this text, wherever a segment ends
 * - `prefix`: whole segments
 * - `regex`: RE2's syntax, anywhere in the path unless anchored
 */
export interface PathMatch {
  readonly kind: 'exact' | 'start' | 'prefix' | 'regex';
  readonly text: string;
}

export interface Match {
  /** Lower case, or `*.example.com`; undefined: any. */
  readonly host?: string | undefined;
  /** Undefined: any. */
  readonly path?: PathMatch | undefined;
  /** Empty: any. */
  readonly methods: readonly string[];
  /** By name in lower case; `*`: any value. */
  readonly headers: Readonly<Record<string, string>>;
  readonly headersRegex: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly queryRegex: Readonly<Record<string, string>>;
}

export interface Rule {
  readonly match: Match;
  /** Keys of a route, except what it matches. */
  readonly action: Part;
  readonly origin: Origin;
  readonly name?: string | undefined;
}

export const ANY: Match = { methods: [], headers: {}, headersRegex: {}, query: {}, queryRegex: {} };
