/** Errors for changes of backends that do not fit. */
import { GatewayError } from '../../errors.ts';
import type { RejectedOverride } from '../backend-overlay.ts';

/**
 * @param changed the backend that the caller changes; the rejection may concern another one, which would lose its slot.
 */
export function refusal(rejection: RejectedOverride, changed: string | null): GatewayError {
  const { id, kind, message } = rejection;
  if (id !== changed) {
    return new GatewayError('GW_BACKEND_EXISTS', {
      message: `Override of backend "${id}" would no longer apply: ${message}`,
    });
  }
  switch (kind) {
    case 'gone':
      return new GatewayError('GW_BACKEND_NOT_FOUND');
    case 'unknown_pool':
      return invalid('pool', message);
    case 'other_protocol':
      return invalid('url', message);
    case 'too_many':
      return new GatewayError('GW_VALIDATION', { message: `Too many backends: ${message}` });
    case 'id_taken':
      return new GatewayError('GW_BACKEND_EXISTS', { details: [{ field: 'id', message }] });
    case 'url_taken':
      return new GatewayError('GW_BACKEND_EXISTS', { details: [{ field: 'url', message }] });
  }
}

export function idTaken(id: string): GatewayError {
  return new GatewayError('GW_BACKEND_EXISTS', {
    details: [{ field: 'id', message: `"${id}" is already the id of a backend` }],
  });
}

/** An added backend overrides nothing that could name its pool. */
export function poolNeeded(): GatewayError {
  return invalid('pool', 'must be the name of a pool: the backend was added by the API, so the file names none');
}

/** @param why of explainOwn or protocolMisfit */
export function urlMisfit(why: string): GatewayError {
  return invalid('url', why);
}

function invalid(field: string, message: string): GatewayError {
  return new GatewayError('GW_VALIDATION', { details: [{ field, message }] });
}
