import assert from 'node:assert/strict';
import { SYSTEM_HOST_CLOCK } from '../../../server/dom0/scheduling/host-clock.js';
import type { WireRefusal } from '../../../server/wire/operation.js';
import { operationRequest } from '../../support/dom0-client.js';
import { Dom0UnderTest } from '../../support/dom0-under-test.js';
import { eventually } from '../../support/eventually.js';

describe('a configuration file that is not read yet after a start', () => {
  let house: Dom0UnderTest;

  beforeEach(async () => {
    house = await Dom0UnderTest.make(['horatio', 'ophelia']);
    // Nobody waits long for the files.
    const after: typeof SYSTEM_HOST_CLOCK.after = (ms, call) =>
      SYSTEM_HOST_CLOCK.after(Math.min(ms, 50), call);
    house.parts = { host: { ...SYSTEM_HOST_CLOCK, after } };
  });
  afterEach(() => house.dispose());

  async function start(domain: string): Promise<WireRefusal | null> {
    const answer = await house.client.submit(operationRequest(domain, 'start'));
    return 'phase' in answer ? (await house.client.ended(answer.id)).failure : answer;
  }

  it('is nobody’s proof that its server is missing', async () => {
    let answers: () => void = () => undefined;
    const isSlow = new Promise<void>((resolve) => (answers = resolve));
    const dryRun = house.toolstack.dryRun.bind(house.toolstack);
    house.toolstack.dryRun = async (creation) => {
      if (creation.config.includes('ophelia')) await isSlow;
      return dryRun(creation);
    };
    await house.start();
    assert.equal(await start('horatio'), null);
    for (const name of ['ophelia', 'yorick']) {
      const refused = await start(name);
      assert.equal(refused?.code, 'wrong-state');
      assert.match(refused.message, /has not read the configuration files yet\. Try again in a minute\./);
    }
    answers();
    await eventually('the file to be read', async () => (await start('ophelia')) === null);
    assert.equal((await start('yorick'))?.code, 'no-such-domain');
  });
});
