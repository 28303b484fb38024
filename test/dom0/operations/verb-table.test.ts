import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DOMAIN_STATES } from '../../../policy/domain-state.js';
import type { DomainState } from '../../../policy/domain-state.js';
import { refusal } from '../../../policy/refusal.js';
import { VERB_TABLE } from '../../../server/dom0/operations/verb-table.js';
import type { StateFlags } from '../../../server/dom0/toolstack/toolstack.js';
import { VERBS } from '../../../server/wire/contract.js';
import type { Verb } from '../../../server/wire/contract.js';
import type { OperationView, WireRefusal } from '../../../server/wire/operation.js';
import { operationRequest } from '../../support/dom0-client.js';
import { Dom0UnderTest } from '../../support/dom0-under-test.js';
import { InProcessImageWriter } from '../../support/in-process-image-writer.js';

/** The effect of each verb: `go`, `=` (already so), `-` (refused). */
const EXPECTED = `
                start  shutdown  poweroff  reboot  rescue  normal  reinstall  sysrq
running         =      go        go        go      go      go      go         go
paused          -      -         go        -       -       -       -          -
shutting-down   -      go        go        -       go      go      go         -
rebooting       =      -         go        =       -       -       -          -
crashed         -      -         go        -       -       -       -          -
off             go     =         =         -       go      go      go         -
unknown         -      -         -         -       -       -       -          -
`;

const SIGNS = { go: 'go', already: '=', refuse: '-' } as const;

/** The first toolstack call of each verb that goes. */
const FIRST_CALL: Readonly<Record<Verb, string>> = {
  start: 'create',
  shutdown: 'shutdown',
  poweroff: 'destroy',
  reboot: 'reboot',
  rescue: 'shutdown',
  normal: 'shutdown',
  reinstall: 'shutdown',
  sysrq: 'sysrq',
};

const up: StateFlags = { paused: false, shutdown: null, dying: false };
const FLAGS: Readonly<Partial<Record<DomainState, StateFlags>>> = {
  running: up,
  paused: { ...up, paused: true },
  'shutting-down': { ...up, shutdown: 'poweroff' },
  rebooting: { ...up, shutdown: 'reboot' },
  crashed: { ...up, shutdown: 'crash' },
};

const nameOf = (state: DomainState, verb: Verb): string => `${state}-${verb}`;

describe('the table of states and verbs', () => {
  it('is as it is written here', () => {
    const [verbs = [], ...rows] = EXPECTED.trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/));
    assert.deepEqual(verbs, [...VERBS]);
    assert.deepEqual(
      rows.map(([state]) => state),
      [...DOMAIN_STATES],
    );
    for (const [state, ...signs] of rows) {
      const cells = VERBS.map((verb) => SIGNS[VERB_TABLE[state as DomainState][verb].does]);
      assert.deepEqual(cells, signs, state);
    }
  });

  describe('is followed', () => {
    let house: Dom0UnderTest;
    before(async () => {
      house = await Dom0UnderTest.make(
        DOMAIN_STATES.flatMap((state) => VERBS.map((verb) => nameOf(state, verb))),
      );
      for (const state of DOMAIN_STATES) {
        const flags = FLAGS[state];
        if (flags !== undefined) VERBS.forEach((verb) => house.toolstack.put(nameOf(state, verb), { flags }));
      }
      // Everything but a create stays running: creates wait for each other, and this test does not care how
      // they end.
      for (const verb of ['shutdown', 'destroy', 'reboot'] as const) {
        house.toolstack.on.set(verb, () => new Promise(() => undefined));
      }
      house.toolstack.on.set('create', () => Promise.resolve(refusal('toolstack-failed', 'No.')));
      const file = join(house.directory, 'image.raw');
      await writeFile(file, 'an image');
      for (const state of DOMAIN_STATES)
        await writeFile(join(house.directory, `${nameOf(state, 'reinstall')}.img`), 'an old disk');
      const sha256 = createHash('sha256').update('an image').digest('hex');
      const debian = { title: 'Debian', file, sha256, minimumMiB: null, types: ['pv'] } as const;
      house.settings = { ...house.settings, images: { debian } };
      house.parts = { imageWriter: new InProcessImageWriter() };
      await house.start();
    });
    after(() => house.dispose());

    for (const state of DOMAIN_STATES) {
      for (const verb of VERBS) {
        const cell = VERB_TABLE[state][verb];
        it(`${verb} of a domain that is ${state}: ${cell.does}`, async () => {
          const name = nameOf(state, verb);
          if (state === 'unknown') {
            house.toolstack.silence = refusal('toolstack-timeout', 'The host did not answer in time.');
            await house.client.state(name, 'unknown');
          } else {
            await house.client.state(name, state);
          }
          const request = operationRequest(name, verb, {
            ...(verb === 'rescue' ? { profile: 'rescue' } : {}),
            ...(verb === 'reinstall' ? { image: 'debian' } : {}),
            ...(verb === 'sysrq' ? { key: 'h' } : {}),
          });
          const { status, body } = await house.client.ask('POST', '/operations', JSON.stringify(request));
          const calls = (): string[] => house.toolstack.calls.filter((call) => call.endsWith(` ${name}`));
          if (cell.does === 'refuse') {
            const { code, message } = body as WireRefusal;
            assert.deepEqual([code, message], [cell.code, cell.message]);
            assert.equal(status, state === 'unknown' ? 504 : 409);
            assert.deepEqual(calls(), []);
            assert.equal((await house.client.ask('GET', `/operations/${request.id}`)).status, 404);
          } else if (cell.does === 'already') {
            assert.equal(status, 202);
            assert.equal((body as OperationView).phase, 'done');
            assert.deepEqual(calls(), []);
          } else {
            assert.equal(status, 202);
            const first = state === 'off' && verb !== 'sysrq' ? 'create' : FIRST_CALL[verb];
            // The half waits for a domain that is already shutting down, and does not ask again. Creates wait
            // for their turn.
            const waits =
              (state === 'shutting-down' && verb !== 'poweroff') || (state === 'off' && verb !== 'start');
            await house.until(
              `${verb} to be asked for`,
              calls,
              (made) => waits || made[0] === `${first} ${name}`,
            );
            if (waits) assert.deepEqual(calls(), []);
          }
        });
      }
    }
  });
});
