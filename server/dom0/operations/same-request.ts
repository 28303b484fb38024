import { isDeepStrictEqual } from 'node:util';
import type { OperationRequest } from '../../wire/operation.js';

/** Whether two requests of one id ask for the same. Each try has the keys of its moment, and the first counts. */
export function isSameRequest(one: OperationRequest, other: OperationRequest): boolean {
  return isDeepStrictEqual(wanted(one), wanted(other));
}

function wanted(request: OperationRequest): unknown {
  const { domain, verb, profile, image, key, parameters = {}, forSeconds } = request;
  return [domain, verb, profile, image, key, parameters, forSeconds];
}
