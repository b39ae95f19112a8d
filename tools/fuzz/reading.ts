/** How a parser read the bytes of one connection, in a form that is the same for both parsers. */

export interface Message {
  /** Where it begins, with the interim responses before it; −1 for llhttp, which does not say. */
  readonly from: number;
  /** `GET /path HTTP/1.1`, `200 OK`, or `interim 103`. */
  readonly start: string;
  /** Name and value in turn. */
  readonly fields: readonly string[];
  /** Undefined: the parser does not say. */
  readonly isKeptAlive: boolean | undefined;
  /** The connection changes to another protocol after its head. */
  readonly isUpgrade: boolean;
  /** latin1, as far as it has come. */
  body: string;
  trailers: readonly string[];
  isComplete: boolean;
}

export interface Reading {
  readonly messages: readonly Message[];
  /** Why the parser gave up; null: it did not. */
  readonly fault: string | null;
  /** Where the message begins that is not complete, or the next one. */
  readonly from: number;
}

/** One direction of a connection. */
export interface Stream {
  readonly isResponse: boolean;
  readonly bytes: Buffer;
  /** Of responses: which of them answer HEAD; those after the last do not. */
  readonly heads: readonly boolean[];
}
