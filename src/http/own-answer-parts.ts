/** An answer of the gateway itself, whole. */
export interface OwnAnswer {
  readonly status: number;
  /** Several values: a field for each. */
  readonly fields: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string | Buffer;
}
