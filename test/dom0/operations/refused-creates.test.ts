import assert from 'node:assert/strict';
import { parseDomainName } from '../../../policy/names.js';
import { RefusedCreates } from '../../../server/dom0/operations/refused-creates.js';
import { operationRequest } from '../../support/dom0-client.js';
import { Dom0UnderTest } from '../../support/dom0-under-test.js';

const horatio = parseDomainName('horatio')!;
const ophelia = parseDomainName('ophelia')!;

describe('creates that are judged and refused', () => {
  it('are 20 of a domain at once, then one each ten seconds', () => {
    let now = 0;
    const refused = new RefusedCreates({ uptime: () => now });
    const judged = (): number => {
      for (let count = 0; ; count += 1) {
        if (refused.check(horatio) !== null) return count;
        refused.add(horatio);
      }
    };
    assert.equal(judged(), 20);
    assert.equal(refused.check(horatio)?.code, 'host-limit');
    assert.equal(refused.check(ophelia), null);
    now += 25_000;
    assert.equal(judged(), 2);
    now += 3_600_000;
    assert.equal(judged(), 20);
  });

  describe('by a half', () => {
    let house: Dom0UnderTest;
    let dryRuns: number;
    let isSound: boolean;

    beforeEach(async () => {
      house = await Dom0UnderTest.make(['horatio', 'ophelia']);
      await house.start();
      const { toolstack } = house;
      const sound = toolstack.dryRun.bind(toolstack);
      dryRuns = 0;
      isSound = false;
      toolstack.dryRun = (creation) => {
        if (isSound || creation.config.includes('ophelia')) return sound(creation);
        dryRuns += 1;
        return Promise.resolve({ refused: 'no such bridge' });
      };
    });
    afterEach(() => house.dispose());

    const start = async (): Promise<string> => {
      const answer = await house.client.submit(operationRequest('horatio', 'start'));
      return 'phase' in answer ? answer.phase : answer.code;
    };

    it('run no dry run beyond that, and delay no other domain', async () => {
      const codes: string[] = [];
      const began = performance.now();
      while (codes.at(-1) !== 'host-limit' && codes.length < 1_000) codes.push(await start());
      const most = 20 + (performance.now() - began) / 10_000;
      assert.deepEqual(new Set(codes.slice(0, -1)), new Set(['toolstack-failed']));
      assert.ok(dryRuns >= 20 && dryRuns <= most, `${dryRuns} dry runs`);
      assert.equal(codes.length, dryRuns + 1);
      assert.equal((await house.client.run('ophelia', 'start')).phase, 'done');
    });

    it('leave the next one to be accepted, when its file is mended', async () => {
      for (let count = 0; count < 10; count += 1) assert.equal(await start(), 'toolstack-failed');
      isSound = true;
      assert.equal((await house.client.run('horatio', 'start')).phase, 'done');
    });
  });
});
