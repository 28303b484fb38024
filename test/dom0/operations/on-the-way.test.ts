import assert from 'node:assert/strict';
import { get } from 'node:http';
import { AnswerError } from '../../../server/wire/answer-fields.js';
import { readChange } from '../../../server/wire/answers.js';
import type { Change } from '../../../server/wire/domain.js';
import { parseXlList } from '../../../server/dom0/toolstack/xl-output.js';
import { operationRequest } from '../../support/dom0-client.js';
import { Dom0UnderTest } from '../../support/dom0-under-test.js';
import { readWhole } from '../../support/read-whole.js';

/** The dom0 half is the last line of defence, whatever a gate asks or does not know. */
describe('a domain that is on its way between hosts', () => {
  let house: Dom0UnderTest;
  beforeEach(async () => {
    house = await Dom0UnderTest.make(['horatio', 'ophelia']);
  });
  afterEach(() => house.dispose());

  for (const guest of ['horatio--incoming', 'horatio--migratedaway', 'migrating-horatio']) {
    it(`is not created while ${guest} is here, and is when that has ended`, async () => {
      house.toolstack.put(guest, { flags: { paused: true, shutdown: null, dying: false } });
      await house.start();
      for (const request of [
        operationRequest('horatio', 'start'),
        operationRequest('horatio', 'rescue', { profile: 'rescue' }),
        operationRequest('horatio', 'normal'),
      ]) {
        const answer = await house.client.submit(request);
        assert.ok('code' in answer && answer.code === 'wrong-state', JSON.stringify(answer));
        assert.match(answer.detail, new RegExp(`exists here as ${guest}`));
      }
      assert.deepEqual(house.toolstack.calls, []);
      house.toolstack.domains.delete(guest);
      await house.until(
        'the start to be taken',
        () => house.client.submit(operationRequest('horatio', 'start')),
        (answer) => 'phase' in answer,
      );
      assert.equal((await house.client.state('horatio', 'running')).name, 'horatio');
    });
  }

  it('is not created when it arrives after the request was taken', async () => {
    await house.start();
    const { toolstack } = house;
    const list = toolstack.list.bind(toolstack);
    let asked = false;
    toolstack.list = () => {
      if (asked) toolstack.put('horatio--incoming');
      return list();
    };
    asked = true;
    const answer = await house.client.submit(operationRequest('horatio', 'start'));
    if ('phase' in answer) {
      const ended = await house.client.ended(answer.id);
      assert.deepEqual([ended.phase, ended.failure?.code], ['failed', 'wrong-state']);
    }
    assert.deepEqual(toolstack.calls, []);
  });

  it('is not told twice, and what is not managed is told by its name alone', async () => {
    for (const name of ['horatio', 'fortinbras', 'ophelia--incoming']) house.toolstack.put(name);
    await house.start();
    const lines = await new Promise<string>((resolve, reject) => {
      get({ socketPath: house.settings.socket, path: '/changes', agent: false }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
          if (!text.includes('"ready"')) return;
          response.destroy();
          resolve(text);
        });
      }).on('error', reject);
    });
    const changes = lines
      .trim()
      .split('\n')
      .filter((line) => line.endsWith('}'))
      .map((line) => JSON.parse(line) as Change);
    const names = changes.find(({ change }) => change === 'names');
    assert.deepEqual(names, {
      change: 'names',
      others: ['fortinbras', 'ophelia--incoming'],
      missing: [],
      gone: [],
    });
    readWhole(readChange, names);
    for (const others of [['Domain-0'], ['\u001b[2J'], Array.from({ length: 10_001 }, () => 'x1')])
      assert.throws(() => readChange({ ...names, others }), AnswerError);
  });

  it('is seen in xl’s list under the longest name that it may have', () => {
    const name = `${'h'.repeat(63)}--migratedaway`;
    const head = 'Name                                        ID   Mem VCPUs\tState\tTime(s)\n';
    const rows = `Domain-0  0  1024  1  r-----  9.0\n${name}  7  128  1  --ps--  1.0\n(null)  8  0  1  --p---  0.0\n`;
    assert.deepEqual(
      parseXlList(head + rows)?.map((row) => row.name),
      [name],
    );
  });
});
