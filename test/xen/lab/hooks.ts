import { OLDER, type XenRelease } from './release.js';
import { XenLab } from './xen-lab.js';

let running: XenLab | undefined;
let began = 0;
/** When the last case ended, and what the host had worked by then. Milliseconds and seconds. */
let last = { at: 0, worked: 0 };

const say = (sentence: string): void => {
  process.stdout.write(`${sentence}\n`);
};

/** The lab of the present test file, which `renewLab` opened. */
export function lab(): XenLab {
  if (running === undefined) throw new Error('the lab does not run: npm run test:xen');
  return running;
}

/**
 * Gives the present test file a host as it was right after installing, with an empty gate. Files run side by side, each
 * on its worker's machine.
 */
export async function renewLab(release?: XenRelease): Promise<void> {
  running = await XenLab.open(`acceptance-${process.env['MOCHA_WORKER_ID'] ?? '0'}`, say, release);
  await running.renew();
  last = { at: Date.now(), worked: running.machine.cpuSeconds };
}

/** Runs once for the whole run, before any file. The hosts of both releases are installed side by side. */
export async function mochaGlobalSetup(): Promise<void> {
  const older = process.argv.filter((word) => word.includes(`/${OLDER.suite}/`));
  const others = process.argv.filter((word) => word.endsWith('.xen.js') && !older.includes(word));
  await Promise.all([
    ...(others.length > 0 ? [XenLab.prepare(say)] : []),
    ...(older.length > 0 ? [XenLab.prepare(say, OLDER)] : []),
  ]);
}

export const mochaHooks = {
  beforeAll(): void {
    began = Date.now();
  },
  /** Prints the host's facts about a failed case, and with POSTERN_XEN_TIMES the seconds of each. */
  async afterEach(this: Mocha.Context): Promise<void> {
    const now = { at: Date.now(), worked: lab().machine.cpuSeconds };
    if (process.env['POSTERN_XEN_TIMES'] !== undefined) {
      const took = Math.round((now.at - last.at) / 1000);
      say(`  ${took} s, host ${Math.round(now.worked - last.worked)} s: ${this.currentTest?.title ?? ''}`);
    }
    last = now;
    if (this.currentTest?.state !== 'failed') return;
    const { stdout } = await lab().dom0.run(
      'xl list -v; ps -eo pid,lstart,args | grep "[x]l create"; tail -n 3 /var/log/xen/xl-*.log; journalctl -u postern-dom0 -n 40 -o cat',
    );
    process.stdout.write(`\n${this.currentTest.title}: the Xen host says\n${stdout}\n`);
  },
  /**
   * Reports the time that the file took. When it is far more than the host's CPU seconds, the file waited, or
   * the machine was busy.
   */
  async afterAll(this: Mocha.Context): Promise<void> {
    if (running === undefined) return;
    const title = this.test?.parent?.suites.map((suite) => suite.title).join('; ') ?? '';
    const took = Math.round((Date.now() - began) / 1000);
    const worked = Math.round(running.machine.cpuSeconds);
    await running.stop();
    say(`${title}: ${took} s; its Xen host worked ${worked} s`);
  },
};
