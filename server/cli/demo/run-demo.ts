import { existsSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Role } from '../../../policy/roles.js';
import { installSimulator, stopSimulator } from '../../simulator/install.js';
import { writeSystemImage } from '../../simulator/system-image.js';
import { Store } from '../../store/store.js';
import { registerDemoCustomers } from './demo-customers.js';
import { prepareDirectory } from './demo-directory.js';
import { DEMO_DOMAINS, bootDemoDomains } from './demo-domains.js';
import { DemoHalves } from './demo-halves.js';
import type { DemoHalf } from './demo-halves.js';
import { demoKey } from './demo-keys.js';
import { demoLayout, secondHost, type DemoLayout } from './demo-layout.js';
import { clearLeftovers } from './demo-pids.js';
import { demoPort } from './demo-port.js';
import { writeDemoSettings } from './demo-settings.js';
import { writeSshConfig } from './demo-ssh-config.js';
import { CliError } from '../command/exit-status.js';
import { isPackaged, THIS_PROGRAM } from '../installation/place.js';

const CUSTOMERS: Readonly<Record<string, Readonly<Record<string, Role>>>> = {
  alice: { horatio: 'owner', ophelia: 'owner' },
  bob: { yorick: 'owner' },
};

const DISK_MIB = 20;
const IMAGE_MIB = 16;

const SCRIPT = fileURLToPath(new URL('../../postern.js', import.meta.url));

export interface DemoOptions {
  readonly dir: string;
  readonly port: number;
  readonly fresh: boolean;
  readonly timeScale: number;
  readonly hosts: 1 | 2;
}

/** Runs the demo until Ctrl-C. @throws CliError in one sentence when it cannot start */
export async function runDemo(options: DemoOptions): Promise<void> {
  const layout = demoLayout(resolve(options.dir));
  // We listen from the beginning: Ctrl-C during the start must end what was started.
  const stop = new Promise<void>((settle) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      // Not `once`: an impatient second Ctrl-C must not leave the halves behind.
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
  const host = secondHost(layout);
  const moved = options.hosts === 2 ? DEMO_DOMAINS.filter(({ name }) => isOn(host.xen, name)) : [];
  // A raw disk is one that an image can be written to.
  const domains = DEMO_DOMAINS.filter((domain) => !moved.includes(domain)).map((domain) => ({
    ...domain,
    rawDisk: DISK_MIB,
  }));
  const xen = await installSimulator({ directory: layout.xen, timeScale, domains });
  const second =
    options.hosts === 2 ? { host, xen: await installSimulator({ directory: host.xen, timeScale }) } : null;
  const image = writeSystemImage(join(layout.xen, 'srv', 'xen', 'debian-13.raw'), IMAGE_MIB);
  const seeded = { ...xen, seeds: xen.xorriso, image };
  writeDemoSettings(
    layout,
    port,
    seeded,
    second && { host, xen: { ...second.xen, seeds: second.xen.xorriso } },
  );
  const store = Store.open(join(layout.gateState, 'postern.db'));
  registerDemoCustomers(store, customers);
  store.close();

  const parts: readonly DemoHalf[] = [
    { name: 'dom0', half: 'dom0', settings: layout.dom0Settings },
    ...(second === null ? [] : [{ name: 'dom0-xen2', half: 'dom0', settings: host.settings } as const]),
    { name: 'gate', half: 'gate', settings: layout.gateSettings },
  ];
  const halves = new DemoHalves(layout, parts, SCRIPT, (sentence) => {
    process.stderr.write(`postern: ${sentence}\n`);
  });
  const enough = new AbortController();
  const booted = Promise.all([
    bootDemoDomains(xen.xl, layout.xen, domains, enough.signal),
    second === null ? null : bootDemoDomains(second.xen.xl, host.xen, moved, enough.signal),
  ]);
  try {
    const started = Promise.all([halves.start(), booted]).then(() => true);
    if (!(await Promise.race([started, stop.then(() => false)]))) return;
    writeSshConfig(layout, Object.keys(CUSTOMERS), port, readFileSync(`${layout.hostKey}.pub`, 'utf8'));
    process.stdout.write(welcome(layout, port, options.hosts));
    await stop;
  } catch (error) {
    throw new CliError((error as Error).message);
  } finally {
    enough.abort();
    await booted;
    await halves.stop();
    await stopSimulator(layout.xen);
    await stopSimulator(host.xen);
    clearLeftovers(layout.pids, layout.directory);
  }
}

/** Whether the domain was moved to this host. */
function isOn(xen: string, name: string): boolean {
  return existsSync(join(xen, 'etc', 'xen', `${name}.cfg`));
}

function welcome(layout: DemoLayout, port: number, hosts: 1 | 2): string {
  const shown = pasted(layout.sshConfig);
  const second =
    hosts === 1
      ? ''
      : '  There is a second host, xen2, with nothing on it: docs/day-two/two-hosts.md moves yorick there.\n';
  return `
  Postern runs on ${hosts === 1 ? 'a simulated Xen host' : 'two simulated Xen hosts'}. In another terminal:

      ssh -F ${shown} alice

  Alice owns horatio, and ophelia, who does not boot: choose 6 there to rescue her.
  i on the page of a server installs a new system over it.
  Bob owns yorick:  ssh -F ${shown} bob
${second}  An admin looks on:  ${isPackaged(THIS_PROGRAM) ? 'postern' : 'server/postern'} audit --follow --settings ${pasted(layout.gateSettings)}

  Ctrl-C ends everything; the machines' disks and the customers stay for the next start.

postern ready on 127.0.0.1:${port}
`;
}

/** A path as a word for a shell: short below the present directory, whole elsewhere. */
function pasted(path: string): string {
  const near = relative(process.cwd(), path);
  const shown = near.startsWith('..') ? path : near;
  return /^[A-Za-z0-9_./-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", "'\\''")}'`;
}
