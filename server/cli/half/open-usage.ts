import { join } from 'node:path';
import { USAGE } from '../../store/state-directory.js';
import { StoreError } from '../../store/store-error.js';
import { UsageHistory } from '../../store/usage-history.js';
import type { Logger } from '../../wire/logger.js';

/**
 * Opens what domains used.
 *
 * @param keeps whether this process is the one that records
 * @returns null when it cannot be used: the gate goes on without graphs
 */
export function openUsage(state: string, keeps: boolean, log: Logger): UsageHistory | null {
  try {
    const remade = (why: string): void => {
      log.warn({ why }, 'usage.began-anew');
    };
    return UsageHistory.open(join(state, USAGE), keeps ? remade : null);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    log.error({ why: error.message }, 'usage.not-opened');
    return null;
  }
}
