import { once } from 'node:events';
import type { DomainName } from '../../policy/names.js';
import { AuditUnavailableError } from '../../server/store/store-error.js';
import { Store } from '../../server/store/store.js';
import { customerActor, customerName, domainName, fingerprint } from './temporary-store.js';

/**
 * Asks for fifty domains, each of which may be started once. A test runs two of these processes at the same
 * time. It prints `ready`, waits for a line, then prints for each round whether it was allowed.
 */
const store = Store.open(process.argv[2] ?? '');
const customer = customerName('alice');
const key = fingerprint('a');

function ask(domain: DomainName, operation: string): string {
  return store.authorizations.settle({ customer, fingerprint: key, domain, source: null }, (facts) => {
    const used = facts.count({ per: 'domain', actions: ['start'], since: new Date(0) });
    if (used > 0) return { events: [], value: () => 'denied' };
    return {
      events: [
        {
          kind: 'domain.start.requested',
          actor: customerActor(customer, key),
          domain,
          operation,
          profile: null,
          rule: 'r',
          revision: 1,
        },
      ],
      value: () => 'allowed',
    };
  });
}

/**
 * The other process may hold the database longer than a gate waits. Nothing has happened then, so we ask
 * again.
 */
function askUntilAnswered(domain: DomainName, operation: string): string {
  for (;;) {
    try {
      return ask(domain, operation);
    } catch (error) {
      if (!(error instanceof AuditUnavailableError)) throw error;
    }
  }
}

process.stdout.write('ready\n');
await once(process.stdin, 'data');
for (let round = 0; round < 50; round += 1) {
  const answer = askUntilAnswered(domainName(`d${round}`), `${process.pid}.${round}`);
  process.stdout.write(`round ${round} ${answer}\n`);
}
store.close();
