import type { AdminActListener } from '../consoles/admin-act.js';
import type { Logger } from '../../wire/logger.js';
import type { Journal } from '../operations/journal.js';

/**
 * At most this many acts a minute go to the journal: a gate in an attacker's hands can claim to be an admin,
 * and disk space is finite.
 */
const MOST_PER_MINUTE = 60;
const MINUTE_MS = 60_000;

/**
 * Records what admins do at consoles past the gate, in the log and in the journal. Their acts go on when the
 * journal cannot be written: that is when admins are needed.
 */
export function adminRecord(
  journal: Pick<Journal, 'append'>,
  logger: Logger,
  clock: () => number,
): AdminActListener {
  let recent: number[] = [];
  return (act, domain, admin) => {
    const now = clock();
    recent = recent.filter((at) => now - at < MINUTE_MS);
    const journaled = recent.length < MOST_PER_MINUTE;
    logger.info({ ...act, domain, admin, journaled }, 'admin.act');
    if (!journaled) return;
    recent.push(now);
    journal.append({ kind: 'admin', domain, admin, ...act }).catch((error: unknown) => {
      logger.error({ err: error, domain, admin }, 'admin.act-not-journaled');
    });
  };
}
