import { join } from 'node:path';
import { USAGE } from '../../store/state-directory.js';
import { StoreError } from '../../store/store-error.js';
import { UsageHistory } from '../../store/usage-history.js';
import type { Logger } from '../../wire/logger.js';

/**
 * Opens what domains used.
 *
 * @param keeps as in `UsageHistory.open`
 * @returns null when it cannot be used: the gate goes on without graphs
 */
export function openUsage(state: string, keeps: boolean, log: Logger): UsageHistory | null {
  try {
    return UsageHistory.open(join(state, USAGE), { keeps });
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    log.error({ why: error.message }, 'usage.not-opened');
    return null;
  }
}
