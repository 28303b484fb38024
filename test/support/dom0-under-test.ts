import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Dom0 } from '../../server/dom0/dom0.js';
import type { Dom0Settings } from '../../server/dom0/dom0-settings.js';
import type { Dom0Parts } from '../../server/dom0/dom0-parts.js';
import type { Timings } from '../../server/dom0/scheduling/timings.js';
import { Dom0Client } from './dom0-client.js';
import { eventually } from './eventually.js';
import { dom0SettingsSample, patient } from './dom0-settings-sample.js';
import { FakeConsoles } from './fake-consoles.js';
import { FakeToolstack } from './fake-toolstack.js';
import { silentLogger } from './silent-logger.js';
import { UnstalledHost } from './unstalled-host.js';

const TIMINGS: Timings = {
  poll: 10,
  rebootAbsence: 150,
  unexplainedAbsence: 60,
  rise: 500,
  build: 100,
  askAgain: 100,
  attach: 200,
  stale: 300,
  profileRetry: 50,
  lastProfileRetry: 50,
  endRetry: 200,
  endRefusedRetry: 100,
};

/**
 * A dom0 half on a fake toolstack in this process. Its socket, state and configurations are in one directory.
 */
export class Dom0UnderTest {
  readonly directory: string;
  readonly toolstack = new FakeToolstack();
  consoles = new FakeConsoles();
  settings: Dom0Settings;
  timings: Timings = TIMINGS;
  /** This machine's parts, unless a test sets others. */
  parts: Pick<Dom0Parts, 'clock' | 'deviceCounts' | 'disk' | 'files' | 'host' | 'seedImage' | 'imageWriter'> =
    {};
  client: Dom0Client;
  /** Its limits are short, so stalls of this process must not count. */
  readonly #host = new UnstalledHost();
  #dom0: Dom0 | null = null;

  constructor(directory: string) {
    this.directory = directory;
    const disk = '/srv/xen/rescue.img';
    const rescue = { kernel: '/srv/xen/rescue-vmlinuz', ramdisk: '/srv/xen/rescue-initrd.gz', disk };
    const sample = dom0SettingsSample(directory, '/bin/false', join(directory, 'etc', '*.cfg'), rescue);
    this.settings = {
      ...patient(sample),
      observe: { intervalSeconds: 0.02, goneAfterSeconds: 0.1 },
    };
    this.client = new Dom0Client(this.settings.socket);
  }

  /** Makes it without starting it. */
  static async make(domains: readonly string[]): Promise<Dom0UnderTest> {
    const directory = await mkdtemp(join(tmpdir(), 'postern-dom0-'));
    await mkdir(join(directory, 'etc'));
    const house = new Dom0UnderTest(directory);
    for (const name of domains) await house.configure(name);
    return house;
  }

  /** Call it before the start, for a deadline that has to pass. On a slow disk it passes for honest work, too. */
  makeDeadlinesShort(): void {
    const deadlines = { shutdownSeconds: 1, createSeconds: 1, rebootSeconds: 1, destroySeconds: 1 };
    this.settings = { ...this.settings, deadlines };
  }

  /** Writes a domain's configuration file, in one step: a half that looks meanwhile never sees half of it. */
  async configure(name: string, more = ''): Promise<string> {
    const path = join(this.directory, 'etc', `${name}.cfg`);
    const disk = join(this.directory, `${name}.img`);
    const text = `name = "${name}"\nmemory = 128\nkernel = "/srv/xen/vmlinuz"\nextra = "console=hvc0"\ndisk = [ "file:${disk},xvda,w" ]\n${more}`;
    await writeFile(`${path}.new`, text);
    await rename(`${path}.new`, path);
    return path;
  }

  async start(): Promise<void> {
    const { settings, toolstack, consoles, timings, parts } = this;
    this.#dom0 = new Dom0({
      settings,
      version: 'test',
      toolstack,
      consoles,
      logger: silentLogger,
      timings,
      host: this.#host,
      ...parts,
    });
    await this.#dom0.start();
  }

  /** Changes its settings while it runs. @throws what the half throws; then the earlier ones hold */
  reload(change: Partial<Dom0Settings>): void {
    if (this.#dom0 === null) throw new Error('the half does not run');
    this.settings = this.#dom0.reload({ ...this.settings, ...change });
  }

  /** Stops it, as a restart of the service does. */
  async stop(): Promise<void> {
    await this.#dom0?.stop();
    this.#dom0 = null;
  }

  /** Asks until the answer is the wanted one, and returns it. */
  async until<T>(what: string, ask: () => T | Promise<T>, wanted: (answer: T) => boolean): Promise<T> {
    const found = await eventually(what, async () => {
      const answer = await ask();
      return wanted(answer) ? { answer } : null;
    });
    return found.answer;
  }

  async dispose(): Promise<void> {
    await this.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}
