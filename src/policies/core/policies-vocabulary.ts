/** Words and ranges of the policies of routes. */

/** RFC 9110, 15.4: 301 and 302 let a client make a GET of a POST, 303 demands it, 307 and 308 forbid it. */
export const REDIRECT_STATUSES = [301, 302, 303, 307, 308] as const;

export const URL_SCHEMES = ['http', 'https'] as const;

/** Those that pages may use by default. */
export const CORS_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
