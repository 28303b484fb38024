import { refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { ObservedDomain } from '../observation/observed-domain.js';

/** @returns why a guest cannot hear a request to shut down; null: it can */
export function standstill(seen: Pick<ObservedDomain, 'observation'> | undefined): Refusal | null {
  switch (seen?.observation.state) {
    case 'crashed':
      return refusal(
        'wrong-state',
        'It has crashed and is kept as it was, so it cannot shut down. Power it off.',
      );
    case 'paused':
      return refusal(
        'wrong-state',
        "It is paused by the host's operators, so it cannot shut down. Power off is possible.",
      );
    default:
      return null;
  }
}
