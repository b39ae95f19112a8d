import type { Draft } from './draft.ts';
import { finding, type Finding } from '../file/problem.ts';
import type { ConfigFile } from '../schema/schema.ts';

/**
 * Two tokens with one name would be indistinguishable in the audit log; of two with one hash, only the first would ever
 * be found.
 */
export function checkTokens({ admin }: Draft<ConfigFile>): readonly Finding[] {
  const tokens = admin?.tokens ?? [];
  return (['name', 'hash'] as const).flatMap((key) => {
    const first = new Map<string, number>();
    return tokens.flatMap((token, at) => {
      const value = token?.[key];
      if (value === undefined) return [];
      const before = first.get(value);
      if (before === undefined) first.set(value, at);
      return before === undefined
        ? []
        : [finding(['admin', 'tokens', String(at), key], `the same as of admin.tokens.${before}`)];
    });
  });
}
