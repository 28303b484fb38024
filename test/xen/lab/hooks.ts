import { XenLab } from './xen-lab.js';

let running: XenLab | undefined;
let began = 0;

const say = (sentence: string): void => {
  process.stdout.write(`${sentence}\n`);
};

/** The lab of the present test file, made by mocha's root hooks. `renew` switches its host on. */
export function lab(): XenLab {
  if (running === undefined) throw new Error('the lab does not run: npm run test:xen');
  return running;
}

/** Runs once for the whole run, before any file. */
export async function mochaGlobalSetup(): Promise<void> {
  await XenLab.prepare(say);
}

export const mochaHooks = {
  /** Files run side by side, each on its worker's machine. */
  beforeAll(): void {
    began = Date.now();
    running = new XenLab(`acceptance-${process.env['MOCHA_WORKER_ID'] ?? '0'}`, say);
  },
  /** Prints the host's facts about a failed case. */
  async afterEach(this: Mocha.Context): Promise<void> {
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
