import type { Store } from '../../store/store.js';
import type { GateStatus } from './status-answers.js';

/** The domains that wait for an admin's decision. */
export function undecided(store: Pick<Store, 'domains'>): GateStatus['domains'] {
  const all = store.domains.list();
  return {
    waiting: all.flatMap(({ name, waiting }) => (waiting ? [name] : [])),
    held: all.flatMap(({ name, retiredAt, presence }) =>
      retiredAt !== null && presence === 'present' ? [name] : [],
    ),
  };
}
