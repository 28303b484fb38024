import assert from 'node:assert/strict';
import type { OperationView, WireRefusal } from '../../../server/wire/operation.js';
import { LocalStateDisk } from '../../../server/dom0/state/local-state-disk.js';
import { operationRequest } from '../../support/dom0-client.js';
import { Dom0UnderTest } from '../../support/dom0-under-test.js';
import { UnstalledHost } from '../../support/unstalled-host.js';

/** How long a start waits for the configuration files. */
const FIRST_READING_MS = 5_000;

/** A disk whose next write waits for the test, and then fails. */
class HeldDisk extends LocalStateDisk {
  #held: { readonly reached: () => void; readonly released: Promise<void> } | null = null;

  /** @returns once that write is there, what lets it fail */
  hold(): Promise<() => void> {
    return new Promise((resolve) => {
      let release = (): void => undefined;
      const released = new Promise<void>((let_) => (release = let_));
      this.#held = {
        reached: () => {
          resolve(release);
        },
        released,
      };
    });
  }

  override async write(file: string, at: number, bytes: Buffer): Promise<number> {
    const held = this.#held;
    this.#held = null;
    if (held === null) return super.write(file, at, bytes);
    held.reached();
    await held.released;
    throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
  }
}

describe('an operation that is taken back at an unlucky moment', () => {
  let house: Dom0UnderTest;
  /** Lets the half read the files. */
  let read: () => void = () => undefined;

  beforeEach(async () => {
    house = await Dom0UnderTest.make(['horatio', 'ophelia']);
    house.settings = {
      ...house.settings,
      deadlines: { ...house.settings.deadlines, shutdownSeconds: 60, createSeconds: 60 },
    };
    house.toolstack.put('horatio');
    house.toolstack.put('ophelia');
    house.toolstack.on.set('shutdown', () => Promise.resolve(null));
  });
  afterEach(async () => {
    read();
    await house.dispose();
  });

  async function submit(name: string, verb: 'rescue' | 'shutdown' | 'poweroff'): Promise<string> {
    const profile = verb === 'rescue' ? { profile: 'rescue' } : {};
    const answer = await house.client.submit(operationRequest(name, verb, profile));
    if (!('phase' in answer)) assert.fail(JSON.stringify(answer));
    return answer.id;
  }

  const step = (id: string, wanted: OperationView['step']): Promise<OperationView> =>
    house.until(
      `step ${wanted}`,
      () => house.client.operation(id),
      (view) => view.step === wanted,
    );

  async function withdraw(
    id: string,
  ): Promise<{ readonly status: number; readonly body: OperationView & WireRefusal }> {
    const { status, body } = await house.client.ask('PUT', `/operations/${id}`, '{"withdrawn":true}');
    return { status, body: body as OperationView & WireRefusal };
  }

  /** Restarts the half. It listens, and cannot read a new file before `read` is called. */
  async function startUnread(): Promise<void> {
    await house.stop();
    await house.configure('yorick');
    const isRead = new Promise<void>((resolve) => (read = resolve));
    const dryRun = house.toolstack.dryRun.bind(house.toolstack);
    house.toolstack.dryRun = async (creation) => {
      await isRead;
      return dryRun(creation);
    };
    const host = new UnstalledHost((ms) => (ms === FIRST_READING_MS ? 1 : ms));
    house.parts = { ...house.parts, host };
    await house.start();
  }

  it('before it is resumed: it ends, and the half that has read its files does not go on with it', async () => {
    await house.start();
    const id = await submit('horatio', 'rescue');
    await step(id, 'shutting-down');
    const other = await submit('ophelia', 'shutdown');
    await step(other, 'shutting-down');
    await startUnread();

    const { status, body } = await withdraw(id);
    assert.deepEqual([status, body.phase, body.failure?.code], [200, 'failed', 'undone']);
    assert.match(body.failure?.message ?? '', /The right to it was taken away before it began\./);

    read();
    house.toolstack.domains.delete('horatio');
    house.toolstack.domains.delete('ophelia');
    // This one is resumed, so the other one would have been.
    assert.equal((await house.client.ended(other)).phase, 'done');
    assert.equal((await house.client.operation(id)).phase, 'failed');
    assert.deepEqual(house.toolstack.creations, []);
    assert.equal((await withdraw(id)).body.phase, 'failed', 'twice is the same as once');
    await house.client.state('horatio', 'off');
    assert.equal((await house.client.run('horatio', 'start')).phase, 'done');
  });

  it('before it is resumed, and a half after that one: its end is in the journal', async () => {
    await house.start();
    const id = await submit('horatio', 'rescue');
    await step(id, 'shutting-down');
    await startUnread();
    await withdraw(id);
    read();
    await house.stop();
    await house.start();
    assert.deepEqual((await house.client.operation(id)).failure?.code, 'undone');
    assert.deepEqual(house.toolstack.creations, []);
  });

  it('when the half before had begun to create: nobody can say yet, and it creates nothing anew', async () => {
    await house.start();
    house.toolstack.domains.delete('horatio');
    house.toolstack.on.set('create', () => new Promise(() => undefined));
    const id = await submit('horatio', 'rescue');
    await house.until(
      'the create to begin',
      () => house.toolstack.creations.length,
      (count) => count === 1,
    );
    await startUnread();

    const { status, body } = await withdraw(id);
    assert.deepEqual([status, body.code], [503, 'audit-unavailable']);
    house.toolstack.on.delete('create');
    read();
    const end = await house.client.ended(id);
    assert.deepEqual([end.phase, end.failure?.code], ['failed', 'undone']);
    assert.equal(house.toolstack.creations.length, 1);
    assert.equal(house.toolstack.domains.has('horatio'), false);
  });

  it('while a power-off overtakes it, which then cannot be written down: it is not called begun', async () => {
    const disk = new HeldDisk();
    house.parts = { disk };
    await house.start();
    const id = await submit('horatio', 'rescue');
    await step(id, 'shutting-down');
    const held = disk.hold();
    const overtaking = house.client.submit(operationRequest('horatio', 'poweroff'));
    const fail = await held;
    const taking = withdraw(id);
    // Both were read when this one is answered, unless the machine is very busy. Then it is taken back later.
    await house.client.ask('GET', '/contract');
    fail();
    assert.equal(((await overtaking) as WireRefusal).code, 'audit-unavailable');
    const { status, body } = await taking;
    assert.deepEqual([status, body.phase, body.failure?.code], [200, 'failed', 'undone']);
    house.toolstack.domains.delete('horatio');
    assert.deepEqual(house.toolstack.creations, []);
  });
});
