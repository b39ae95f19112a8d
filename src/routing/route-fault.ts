/** Why a request has no route. Created once, not per request: a flood of them must be cheap to refuse. */
import { type ErrorCode, GatewayError } from '../errors.ts';

export interface RouteFault {
  readonly code: ErrorCode;
  readonly message: string | null;
}

export const NO_ROUTE: RouteFault = { code: 'GW_NO_ROUTE', message: null };
export const MALFORMED_PATH: RouteFault = { code: 'GW_BAD_PATH', message: null };
export const OTHER_ROUTE: RouteFault = {
  code: 'GW_BAD_PATH',
  message: 'The path matches another route once it is resolved',
};
export const OUTSIDE_ROUTE: RouteFault = {
  code: 'GW_BAD_PATH',
  message: 'The path leaves its route once it is resolved',
};
export const OUTSIDE_REWRITE: RouteFault = {
  code: 'GW_BAD_PATH',
  message: 'The path does not fit how its route rewrites it',
};
export const LONG_REWRITE: RouteFault = { code: 'GW_BAD_PATH', message: 'The path is too long to be rewritten' };
export const NO_LOCATION: RouteFault = {
  code: 'GW_BAD_PATH',
  message: 'The request does not fit where its route redirects to',
};
export const SAME_LOCATION: RouteFault = { code: 'GW_LOOP', message: 'The route redirects this URL to itself' };

export function routeError({ code, message }: RouteFault): GatewayError {
  return new GatewayError(code, message === null ? {} : { message });
}
