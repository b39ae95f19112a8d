/** Request ids: the caller's if it is valid, else one of our own. */

/** Visible ASCII, at most 128 characters: safe in logs and header fields. */
export function isRequestId(text: unknown): text is string {
  return typeof text === 'string' && text.length <= 128 && /^[\x21-\x7e]+$/.test(text);
}

/** Ids that are unique in the process: a random prefix per thread and a counter. */
export function requestIdSource(prefix: string): () => string {
  let count = 0;
  return () => {
    count += 1;
    return `${prefix}-${count.toString(36)}`;
  };
}
