/** Methods that only read (RFC 9110, 9.2.1); TRACE, which is never answered, is left out. */
export const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'] as const;

export function isSafe(method: string): boolean {
  return (SAFE_METHODS as readonly string[]).includes(method);
}
