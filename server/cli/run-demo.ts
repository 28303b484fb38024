import { readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Role } from '../../policy/roles.js';
import { installSimulator, stopSimulator } from '../simulator/install.js';
import { Store } from '../store/store.js';
import { registerDemoCustomers } from './demo/demo-customers.js';
import { prepareDirectory } from './demo/demo-directory.js';
import { DEMO_DOMAINS, bootDemoDomains } from './demo/demo-domains.js';
import { DemoHalves } from './demo/demo-halves.js';
import { demoKey } from './demo/demo-keys.js';
import { demoLayout, type DemoLayout } from './demo/demo-layout.js';
import { clearLeftovers } from './demo/demo-pids.js';
import { demoPort } from './demo/demo-port.js';
import { writeDemoSettings } from './demo/demo-settings.js';
import { writeSshConfig } from './demo/demo-ssh-config.js';
import { CliError } from './exit-status.js';

const CUSTOMERS: Readonly<Record<string, Readonly<Record<string, Role>>>> = {
  alice: { horatio: 'owner', ophelia: 'owner' },
  bob: { yorick: 'owner' },
};

const SCRIPT = fileURLToPath(new URL('../postern.js', import.meta.url));

export interface DemoOptions {
  readonly dir: string;
  readonly port: number;
  readonly fresh: boolean;
  readonly timeScale: number;
}

/** Runs the demo until Ctrl-C. @throws CliError in one sentence when it cannot start */
export async function runDemo(options: DemoOptions): Promise<void> {
  const layout = demoLayout(resolve(options.dir));
  // Listened for from the start: Ctrl-C in the middle of starting must end what was started.
  const stop = new Promise<void>((settle) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      // Every time: an impatient second Ctrl-C must not leave the halves behind.
      process.on(signal, () => {
        settle();
      });
    }
  });
  await prepareDirectory(layout, options.fresh);
  const port = await demoPort(options.port);
  const customers = Object.entries(CUSTOMERS).map(([name, roles]) => ({
    name,
    roles,
    publicKey: demoKey(layout.clientKeys, name),
  }));
  const { timeScale } = options;
  const xen = await installSimulator({ directory: layout.xen, timeScale, domains: DEMO_DOMAINS });
  writeDemoSettings(layout, port, xen);
  const store = Store.open(join(layout.gateState, 'postern.db'));
  registerDemoCustomers(store, customers);
  store.close();

  const halves = new DemoHalves(layout, SCRIPT, (sentence) => {
    process.stderr.write(`postern: ${sentence}\n`);
  });
  const enough = new AbortController();
  const booted = bootDemoDomains(xen.xl, layout.xen, enough.signal);
  try {
    const started = Promise.all([halves.start(), booted]).then(() => true);
    if (!(await Promise.race([started, stop.then(() => false)]))) return;
    writeSshConfig(layout, Object.keys(CUSTOMERS), port, readFileSync(`${layout.hostKey}.pub`, 'utf8'));
    process.stdout.write(welcome(layout, port));
    await stop;
  } catch (error) {
    throw new CliError((error as Error).message);
  } finally {
    enough.abort();
    await booted;
    await halves.stop();
    await stopSimulator(layout.xen);
    clearLeftovers(layout.pids, layout.directory);
  }
}

function welcome(layout: DemoLayout, port: number): string {
  const near = relative(process.cwd(), layout.sshConfig);
  const config = near.startsWith('..') ? layout.sshConfig : near;
  const shown = /^[A-Za-z0-9_./-]+$/.test(config) ? config : `'${config.replaceAll("'", "'\\''")}'`;
  return `
  Postern runs on a simulated Xen host. In another terminal:

      ssh -F ${shown} alice

  Alice owns horatio, and ophelia, who does not boot: choose 6 there to rescue her.
  Bob owns yorick:  ssh -F ${shown} bob
  An admin looks on:  node dist/server/postern.js audit --follow --settings ${relative(process.cwd(), layout.gateSettings)}

  Ctrl-C ends everything; the machines' disks and the customers stay for the next start.

postern ready on 127.0.0.1:${port}
`;
}
