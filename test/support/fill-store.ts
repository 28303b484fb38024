import { Store } from '../../server/store/store.js';
import { ADMIN, customerName } from './temporary-store.js';

/** Writes audit rows until nothing more can be written, and prints how that ended. */
const store = Store.open(process.argv[2] ?? '');
store.customers.add(customerName('alice'), ADMIN);
try {
  for (;;) store.audit.append({ kind: 'gate.stopped', reason: 'x'.repeat(300) });
} catch (error) {
  const { name } = error as Error;
  process.stdout.write(
    `${name}, then still reading ${store.customers.find(customerName('alice'))?.name ?? 'nothing'}\n`,
  );
}
