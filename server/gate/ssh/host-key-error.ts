import { reason } from '../../wire/reason.js';

/** Why a host key cannot be used or changed, in one sentence for the admin. */
export class HostKeyError extends Error {
  override readonly name = 'HostKeyError';
}

/**
 * @param what as in "Cannot read the host key FILE"
 * @throws HostKeyError for whatever the work throws
 */
export function attempt<T>(file: string, what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof HostKeyError) throw error;
    throw new HostKeyError(`Cannot ${what} the host key ${file}: ${reason(error)}.`);
  }
}
