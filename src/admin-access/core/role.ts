/** What a caller of the admin port may do: each role also what those before it may. */
export const ROLES = ['viewer', 'operator', 'admin'] as const;

export type Role = (typeof ROLES)[number];

/** `role` may do what `needed` is asked for. */
export function isAtLeast(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

/** As the audit log stores it; `none`: refused for lack of a token. */
export const STORED_ROLES = [...ROLES, 'none'] as const;

/** How a caller proves who it is; `none`: no token is configured. */
export const AUTHENTICATIONS = ['none', 'token'] as const;
export type Authentication = (typeof AUTHENTICATIONS)[number];
