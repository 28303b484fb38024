import { isDeepStrictEqual } from 'node:util';
import { refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { OperationRequest } from '../../wire/operation.js';

/** Whether two requests of one id ask for the same. Each try has the keys of its moment, and the first counts. */
export function isSameRequest(one: OperationRequest, other: OperationRequest): boolean {
  return isDeepStrictEqual(wanted(one), wanted(other));
}

function wanted(request: OperationRequest): unknown {
  const { domain, verb, profile, image, key, parameters = {}, forSeconds } = request;
  return [domain, verb, profile, image, key, parameters, forSeconds];
}

/** The refusal of a request whose id another one has. */
export function idTaken(): Refusal {
  return refusal('usage', 'This id belongs to another operation. Choose a new one.');
}
