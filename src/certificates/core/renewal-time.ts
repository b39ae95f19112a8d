/** When a certificate that we issue ourselves is renewed: after two thirds of its life. All in milliseconds. */
export function renewalTime(notBeforeMs: number, notAfterMs: number): number {
  return notBeforeMs + ((notAfterMs - notBeforeMs) * 2) / 3;
}
