import assert from 'node:assert/strict';
import { LocalStateDisk } from '../../../server/dom0/state/local-state-disk.js';
import type { OperationView, WireRefusal } from '../../../server/wire/operation.js';
import { operationRequest } from '../../support/dom0-client.js';
import { Dom0UnderTest } from '../../support/dom0-under-test.js';

const GUESTS = Array.from({ length: 12 }, (_, at) => `guest${at}`);
const LIMITS = { createsPerDomain: { count: 20, windowSeconds: 3600 }, powerOffsPerMinute: 3 };
const ID = '11111111-2222-4333-8444-555555555555';

/** A disk whose files reach it only when it is let go. */
class HeldDisk extends LocalStateDisk {
  #held: Promise<void> = Promise.resolve();

  /** @returns lets it go */
  hold(): () => void {
    let release: () => void = () => undefined;
    this.#held = new Promise((resolve) => (release = resolve));
    return release;
  }

  override async sync(path: string): Promise<void> {
    await this.#held;
    await super.sync(path);
  }
}

describe('requests for many domains at the same moment', () => {
  let house: Dom0UnderTest;
  let disk: HeldDisk;
  beforeEach(async () => {
    house = await Dom0UnderTest.make(GUESTS);
    disk = new HeldDisk();
    house.settings = { ...house.settings, limits: LIMITS };
    house.parts = { disk };
    for (const name of GUESTS) house.toolstack.put(name);
    await house.start();
    for (const name of GUESTS) await house.client.state(name, 'running');
  });
  afterEach(() => house.dispose());

  /** Asks for all of them while the first is still being written. */
  async function powerOffAll(id?: string): Promise<readonly (OperationView | WireRefusal)[]> {
    const more = id === undefined ? {} : { id };
    const release = disk.hold();
    const asked = GUESTS.map((name) => house.client.submit(operationRequest(name, 'poweroff', more)));
    // Its answer comes when the others were judged: it is not managed, and they came before it.
    await house.client.submit(operationRequest('nobody', 'poweroff'));
    release();
    return Promise.all(asked);
  }

  const accepted = (answers: readonly (OperationView | WireRefusal)[]): OperationView[] =>
    answers.flatMap((answer) => ('phase' in answer ? [answer] : []));

  it('are not more power-offs a minute than the host allows', async () => {
    const answers = await powerOffAll();
    const codes = answers.flatMap((answer) => ('code' in answer ? [answer.code] : []));
    assert.deepEqual([accepted(answers).length, new Set(codes)], [3, new Set(['host-limit'])]);
    for (const { id } of accepted(answers)) await house.client.ended(id);
    assert.equal(house.toolstack.calls.filter((call) => call.startsWith('destroy')).length, 3);
  });

  it('have one id once: no other domain is touched, and none stays busy, over a restart too', async () => {
    const answers = await powerOffAll(ID);
    const codes = answers.flatMap((answer) => ('code' in answer ? [answer.code] : []));
    assert.deepEqual([accepted(answers).length, new Set(codes)], [1, new Set(['usage'])]);
    await house.client.ended(ID);
    assert.equal(house.toolstack.calls.filter((call) => call.startsWith('destroy')).length, 1);
    await house.stop();
    await house.start();
    for (const name of GUESTS) {
      const view = await house.client.domain(name);
      assert.equal(view.operation ?? null, null, name);
    }
  });
});
