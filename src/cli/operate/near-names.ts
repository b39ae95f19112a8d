/** What an operator probably meant, when the gateway knows nothing of that name. */
import { listedNames } from '../../core/listed-names.ts';
import { didYouMean } from '../../config/schema/nearest.ts';
import type { ErrorCode } from '../../errors.ts';
import { AdminRefusal } from '../admin-api.ts';
import { CommandFailure } from '../read-words.ts';

export interface Named {
  /** `backend`. */
  readonly thing: string;
  readonly name: string;
  /** The gateway's error if there is none. */
  readonly code: ErrorCode;
  /** Names that exist, asked for only then. */
  readonly known: () => Promise<readonly string[]>;
}

/** The result of `work`. Throws a CommandFailure with the nearest name if there is none of this name. */
export async function orNearest<Result>(work: Promise<Result>, named: Named): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof AdminRefusal) || error.code !== named.code) throw error;
    throw notThere(named.thing, named.name, await named.known());
  }
}

export function notThere(thing: string, name: string, known: readonly string[]): CommandFailure {
  const there = known.length === 0 ? `there is no ${thing}` : `there are: ${listedNames(known)}`;
  return new CommandFailure(`no ${thing} "${name}"${didYouMean(name, known)}; ${there}`);
}
