/** Sees the body of a backend's answer pass. Exactly one of onEnd and onCut is called, once, and nothing after it. */
export interface BodyWatcher {
  /** @param bytes a view that will be overwritten: copy what is to be kept */
  onChunk(bytes: Buffer): void;
  /** All of it has come. @param trailers name and value alternating */
  onEnd(trailers: readonly string[]): void;
  /** The backend broke off, or the client left. */
  onCut(): void;
}
