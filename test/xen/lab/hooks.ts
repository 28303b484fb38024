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
  async afterAll(): Promise<void> {
    await running?.stop();
  },
};
