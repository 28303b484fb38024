import { once } from 'node:events';
import { Store } from '../../server/store/store.js';
import { customerActor, customerName, domainName, fingerprint } from './temporary-store.js';

/**
 * A process that asks for fifty domains, each of which may be started once; run twice at the same time by a test. Says `ready`,
 * waits for a line, then says of each round whether it was allowed.
 */
const store = Store.open(process.argv[2] ?? '');
const customer = customerName('alice');
const key = fingerprint('a');
process.stdout.write('ready\n');
await once(process.stdin, 'data');
for (let round = 0; round < 50; round += 1) {
  const domain = domainName(`d${round}`);
  const answer = store.authorizations.settle(
    { customer, fingerprint: key, domain, source: null },
    (facts) => {
      const used = facts.count({ per: 'domain', actions: ['start'], since: new Date(0) });
      if (used > 0) return { events: [], value: () => 'denied' };
      return {
        events: [
          {
            kind: 'domain.start.requested',
            actor: customerActor(customer, key),
            domain,
            operation: `${process.pid}.${round}`,
            profile: null,
            rule: 'r',
            revision: 1,
          },
        ],
        value: () => 'allowed',
      };
    },
  );
  process.stdout.write(`round ${round} ${answer}\n`);
}
store.close();
