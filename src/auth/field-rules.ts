/** What authentication changes in the head of a request on its way to a backend. */
import { removeFields } from '../http/fields/remove-fields.ts';
import type { VerifiedCaller } from './verified-caller.ts';

interface RuledExchange {
  readonly verified: VerifiedCaller | null;
}

/** Removes what only the gateway may say. */
export class AssertedFieldRule {
  readonly #names: ReadonlySet<string>;

  /** @param names folded */
  constructor(names: ReadonlySet<string>) {
    this.#names = names;
  }

  applyTo(fields: string[]): void {
    removeFields(fields, this.#names);
  }
}

/**
 * Removes all credentials that the route knows, in every spelling, and adds what the caller has proved: a second field
 * with another credential, which was not looked at, must not reach a backend that believes it was.
 */
export class VerifiedFieldRule {
  applyTo(fields: string[], { verified }: RuledExchange): void {
    if (verified === null) return;
    removeFields(fields, verified.removed);
    fields.push(...verified.fields);
  }
}
