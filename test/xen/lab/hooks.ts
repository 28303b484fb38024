import { XenLab } from './xen-lab.js';

let running: XenLab | undefined;

/** The lab of this run, started by mocha's root hooks. */
export function lab(): XenLab {
  if (running === undefined) throw new Error('the lab does not run: npm run test:xen');
  return running;
}

export const mochaHooks = {
  async beforeAll(this: Mocha.Context): Promise<void> {
    this.timeout(1_200_000);
    running = new XenLab('acceptance', (sentence) => process.stdout.write(`${sentence}\n`));
    await running.start();
  },
  /** What the host knows of a case that failed. */
  async afterEach(this: Mocha.Context): Promise<void> {
    if (this.currentTest?.state !== 'failed') return;
    const { stdout } = await lab().dom0.run(
      'xl list -v; ps -eo pid,lstart,args | grep "[x]l create"; tail -n 3 /var/log/xen/xl-*.log; journalctl -u postern-dom0 -n 40 -o cat',
    );
    process.stdout.write(`\n${this.currentTest.title}: the Xen host says\n${stdout}\n`);
  },
  async afterAll(): Promise<void> {
    await running?.stop();
  },
};
