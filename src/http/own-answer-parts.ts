/** An answer of the gateway itself, whole. */
export interface OwnAnswer {
  readonly status: number;
  readonly fields: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}
