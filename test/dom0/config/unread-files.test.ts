import assert from 'node:assert/strict';
import type { WireRefusal } from '../../../server/wire/operation.js';
import { operationRequest } from '../../support/dom0-client.js';
import { Dom0UnderTest } from '../../support/dom0-under-test.js';
import { eventually } from '../../support/eventually.js';
import { UnstalledHost } from '../../support/unstalled-host.js';

describe('a configuration file that is not read yet after a start', () => {
  let house: Dom0UnderTest;
  let hurries: boolean;

  beforeEach(async () => {
    house = await Dom0UnderTest.make(['horatio', 'ophelia']);
    hurries = true;
    // Nobody waits long for the files.
    house.parts = { host: new UnstalledHost((ms) => (hurries ? Math.min(ms, 50) : ms)) };
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

  it('lets no request that came in before run a second time when what was left open goes on', async () => {
    const { toolstack, client } = house;
    const shutDowns = (name: string): number =>
      toolstack.calls.filter((call) => call === `shutdown ${name}`).length;
    let ends: () => void = () => undefined;
    const isHeld = new Promise<void>((resolve) => (ends = resolve));
    const down = async (name: string): Promise<null> => {
      await isHeld;
      toolstack.domains.delete(name);
      return null;
    };
    const post = async (name: string): Promise<string> => {
      const answer = await client.submit(operationRequest(name, 'shutdown'));
      if (!('phase' in answer)) assert.fail(JSON.stringify(answer));
      await eventually(`${name} to be asked`, () => Promise.resolve(shutDowns(name) > 0));
      return answer.id;
    };
    house.settings = { ...house.settings, deadlines: { ...house.settings.deadlines, shutdownSeconds: 60 } };
    toolstack.on.set('shutdown', down);
    toolstack.put('horatio');
    toolstack.put('ophelia');
    await house.start();
    const earlier = await post('ophelia');
    await house.stop();

    const answers = await holdYorick();
    toolstack.on.set('shutdown', async (name) => {
      if (name === 'horatio') return down(name);
      toolstack.domains.delete(name);
      return null;
    });
    await house.start();
    hurries = false;
    const early = await post('horatio');
    answers();
    assert.equal((await client.ended(earlier)).phase, 'done');
    // Whatever was launched by then has asked its guest when a later request has ended.
    toolstack.put('ophelia');
    assert.equal((await client.run('ophelia', 'shutdown')).phase, 'done');
    ends();
    assert.equal((await client.ended(early)).phase, 'done');
    assert.equal(shutDowns('horatio'), 1);
  });

  /** Adds a file whose reading takes as long as the test wants. @returns lets it be read */
  async function holdYorick(): Promise<() => void> {
    let answers: () => void = () => undefined;
    const isSlow = new Promise<void>((resolve) => (answers = resolve));
    const dryRun = house.toolstack.dryRun.bind(house.toolstack);
    house.toolstack.dryRun = async (creation) => {
      if (creation.config.includes('yorick')) await isSlow;
      return dryRun(creation);
    };
    await house.configure('yorick');
    return answers;
  }
});
