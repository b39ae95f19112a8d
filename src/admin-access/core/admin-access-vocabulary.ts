/** Words of who may use the admin port: for the file, the API, the database, the command line and the dashboard. */

/** The roles of the admin port: each includes those before it. */
export const ROLES = ['viewer', 'operator', 'admin'] as const;

export type Role = (typeof ROLES)[number];

/** `role` may do what `needed` is required for. */
export function isAtLeast(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

/** As the audit log stores it; `none`: refused because no token was sent. */
export const STORED_ROLES = [...ROLES, 'none'] as const;

/** How a caller authenticates; `none`: no token is configured. */
export const AUTHENTICATIONS = ['none', 'token'] as const;
export type Authentication = (typeof AUTHENTICATIONS)[number];
