/** A backend's name for clients: reveals nothing about its id or address, and is the same wherever the secret is. */
import { createHmac } from 'node:crypto';

/** 16 characters of the URL-safe alphabet: 96 bits. */
export function opaqueId(secret: string, backendId: string): string {
  return createHmac('sha256', secret).update(`backend ${backendId}`).digest('base64url').slice(0, 16);
}
