/** What became of the parts of a file that have no exact counterpart here. */
import { oneLine, type Origin, positionOf } from './origin.ts';

/**
 * - `refused`: without it, other requests are let through, or requests go elsewhere
 * - `lost`: has no counterpart, and nobody is let through because of it
 * - `note`: translated, but with a difference worth knowing
 */
export const FINDING_KINDS = ['refused', 'lost', 'note'] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];

export interface ImportFinding {
  readonly kind: FindingKind;
  readonly origin: Origin | undefined;
  readonly message: string;
}

export class ImportFindings {
  readonly #all = new Map<string, ImportFinding>();

  get all(): readonly ImportFinding[] {
    return [...this.#all.values()];
  }

  get refused(): readonly ImportFinding[] {
    return this.all.filter(({ kind }) => kind === 'refused');
  }

  refuse(origin: Origin | undefined, message: string): void {
    this.#add({ kind: 'refused', origin, message });
  }

  lose(origin: Origin | undefined, message: string): void {
    this.#add({ kind: 'lost', origin, message });
  }

  note(origin: Origin | undefined, message: string): void {
    this.#add({ kind: 'note', origin, message });
  }

  /** A directive that several routes inherit is reported once. */
  #add(finding: ImportFinding): void {
    const shown = { ...finding, message: oneLine(finding.message) };
    const key = findingLine(shown);
    if (!this.#all.has(key)) this.#all.set(key, shown);
  }
}

/** `nginx.conf:12:5: auth_basic: why`. */
export function findingLine({ origin, message }: ImportFinding): string {
  return origin === undefined ? message : `${positionOf(origin)}: ${oneLine(origin.name, 60)}: ${message}`;
}
