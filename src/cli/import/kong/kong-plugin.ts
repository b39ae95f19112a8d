/** A plugin of Kong, and the route that it is applied to. */
import { fieldOf, isTrue, type Sourced } from '../document/sourced-document.ts';
import type { Match } from '../matching/rule.ts';
import type { Origin } from '../outline/origin.ts';
import type { Part } from '../outline/part.ts';
import type { KongWorld } from './kong-entities.ts';

export interface KongPlugin {
  readonly name: string;
  readonly config: Sourced | undefined;
  /** With the name of the plugin. */
  readonly origin: Origin;
  /** What it counts together. */
  readonly scope: 'global' | 'service' | 'route';
}

export interface RouteDraft {
  readonly match: Match;
  /** Keys of the route; `respond` and `redirect` replace the pool. */
  readonly action: Part;
  /** Backends have a path of their own. */
  readonly hasBasePath: boolean;
  /** How many routes here are those of a scope. */
  readonly siblings: (scope: KongPlugin['scope']) => number;
}

/** @returns whether it is one of its plugins */
export type ApplyPlugin = (plugin: KongPlugin, draft: RouteDraft, world: KongWorld) => boolean;

/** A value that is known only when a request is there, or that a vault or the environment has. */
export function isTemplate(text: string): boolean {
  return ['$(', '{vault://', '${{'].some((begin) => text.includes(begin));
}

/** A literal text where placeholders are allowed. */
export function escaped(text: string): string {
  return text.replaceAll(/[{}]/g, '$&$&');
}

export function isOn(of: Sourced | undefined, key: string): boolean {
  return isTrue(fieldOf(of, key));
}
