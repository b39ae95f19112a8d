/** A kind of text a setting may require. */
export interface TextFormat {
  /** What is allowed, as worded in errors. */
  readonly allowed: string;
  /** Why a text is refused, without repeating it; an empty reason if `allowed` says it all; undefined: it is valid. */
  readonly reject: (text: string) => string | undefined;
  /** For editors, which cannot run `reject`: a pattern that accepts everything valid. */
  readonly pattern?: string;
}

export const unless = (isRight: boolean, reason = ''): string | undefined => (isRight ? undefined : reason);
