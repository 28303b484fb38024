import assert from 'node:assert/strict';
import { refusal } from '../../../policy/refusal.js';
import { Dom0UnderTest } from '../../support/dom0-under-test.js';
import { FakeConsoles } from '../../support/fake-consoles.js';
import { operationRequest } from '../../support/dom0-client.js';

const UUID = '856af4d8-dc96-44d6-a4f6-2b4c94a13545';
const up = { paused: false, shutdown: null, dying: false } as const;
const suspended = { paused: false, shutdown: 'suspend', dying: false } as const;
/** What `xl list -v` showed on Xen 4.20 while hamlet, a PVH guest, moved to localhost. */
const STEPS = ['received', 'suspended', 'renamed', 'named', 'started', 'ended'] as const;

type Step = (typeof STEPS)[number];

describe('xl migrate to the same host', () => {
  let house: Dom0UnderTest;
  beforeEach(async () => {
    house = await Dom0UnderTest.make(['horatio', 'ophelia']);
    // However long a busy machine takes from step to step, the guest is on its way and the toolstack answers.
    house.timings = { ...house.timings, rise: 30_000, build: 30_000, stale: 30_000 };
    house.toolstack.put('horatio', { domid: 1, uuid: UUID });
    await house.start();
    await house.client.state('horatio', 'running');
  });
  afterEach(() => house.dispose());

  const guest = (
    name: string,
    domid: number,
    flags: typeof up | typeof suspended,
    cpuSeconds = 3.6,
  ): void => {
    house.toolstack.put(name, { domid, uuid: UUID, flags, cpuSeconds });
  };
  const go = (step: Step, [from, to] = [1, 2]): void => {
    const { domains } = house.toolstack;
    const paused = { ...up, paused: true } as unknown as typeof up;
    for (const name of ['horatio', 'horatio--incoming', 'horatio--migratedaway']) domains.delete(name);
    if (step === 'received') guest('horatio', from, up);
    if (step === 'suspended') guest('horatio', from, suspended);
    if (['received', 'suspended', 'renamed'].includes(step)) guest('horatio--incoming', to, paused, 0);
    if (['renamed', 'named', 'started'].includes(step)) guest('horatio--migratedaway', from, suspended);
    if (step === 'named') guest('horatio', to, paused, 0);
    if (step === 'started' || step === 'ended') guest('horatio', to, up, 0.1);
  };
  /** Until the half has looked since now. */
  const looked = async (): Promise<void> => {
    const { listings } = house.toolstack;
    await house.until(
      'two looks',
      () => house.toolstack.listings,
      (now) => now >= listings + 2,
    );
    await house.client.domain('horatio');
  };
  const restart = async (): Promise<void> => {
    await house.stop();
    house.consoles = new FakeConsoles();
    await house.start();
  };
  const told = () => house.consoles.told.filter(({ name }) => name === 'horatio');
  const after = { uuid: UUID, domid: 2, bornAs: 1 };

  it('goes on as the same life: it runs on since then, with its profile, and its console is told so', async () => {
    const before = (await house.client.domain('horatio')).observation;
    for (const step of STEPS) {
      go(step);
      await looked();
    }
    const { observation, incarnation } = await house.client.domain('horatio');
    assert.deepEqual([observation.state, observation.since, incarnation], ['running', before.since, UUID]);
    assert.deepEqual([...new Set(told().map(({ state }) => state))], ['running']);
    assert.deepEqual(told().at(-1)?.incarnation, after);
  });

  it('goes on where only its beginning, or only its end, was seen', async () => {
    const { since } = (await house.client.domain('horatio')).observation;
    go('suspended');
    await looked();
    go('ended');
    await looked();
    go('started', [2, 3]);
    await looked();
    const { observation } = await house.client.domain('horatio');
    assert.deepEqual([observation.state, observation.since], ['running', since]);
    assert.deepEqual([...new Set(told().map(({ state }) => state))], ['running']);
    assert.deepEqual(told().at(-1)?.incarnation, { uuid: UUID, domid: 3, bornAs: 1 });
  });

  it('stays in rescue, as it was booted, though the listing no longer tells', async () => {
    const rescue = operationRequest('horatio', 'rescue', { profile: 'rescue' });
    await house.client.submit(rescue);
    assert.equal((await house.client.ended(rescue.id)).phase, 'done');
    const { uuid, domid } = house.toolstack.domains.get('horatio')!;
    for (const step of ['suspended', 'renamed', 'ended'] as const) {
      go(step, [domid, domid + 1]);
      for (const [name, domain] of house.toolstack.domains)
        house.toolstack.domains.set(name, { ...domain, uuid });
      await looked();
    }
    assert.equal((await house.client.domain('horatio')).observation.profile, 'rescue');
  });

  it('is a reboot where nothing came from NAME--incoming, and where the name is another guest’s', async () => {
    const { since } = (await house.client.domain('horatio')).observation;
    house.toolstack.domains.delete('horatio');
    await looked();
    house.toolstack.put('horatio--incoming', { domid: 2 });
    await looked();
    house.toolstack.domains.delete('horatio--incoming');
    guest('horatio', 2, up);
    await house.until('the new boot', told, (all) => all.at(-1)?.incarnation?.domid === 2);
    assert.deepEqual(told().at(-1)?.incarnation, { uuid: UUID, domid: 2 });
    const { observation } = await house.client.state('horatio', 'running');
    assert.ok(observation.since > since);
  });

  it('is a new boot where an admin creates it anew beside what a failed migration left', async () => {
    go('renamed');
    await looked();
    house.toolstack.domains.delete('horatio--incoming');
    await looked();
    guest('horatio', 3, up);
    await house.until('the new boot', told, (all) => all.at(-1)?.incarnation?.domid === 3);
    assert.deepEqual(told().at(-1)?.incarnation, { uuid: UUID, domid: 3 });
  });

  for (const step of STEPS) {
    it(`is the same life for a half that is killed (${step}) and comes back after it`, async () => {
      const before = (await house.client.domain('horatio')).observation;
      for (const each of STEPS.slice(0, STEPS.indexOf(step) + 1)) {
        go(each);
        await looked();
      }
      await restart();
      await looked();
      assert.deepEqual(
        [(await house.client.domain('horatio')).observation.state, told().at(-1)?.state],
        ['running', 'running'],
      );
      for (const each of STEPS.slice(STEPS.indexOf(step) + 1)) {
        go(each);
        await looked();
      }
      await restart();
      await looked();
      const { observation } = await house.client.domain('horatio');
      assert.deepEqual([observation.state, observation.since], ['running', before.since]);
      assert.deepEqual(told().at(-1)?.incarnation, after);
    });
  }

  it('is the same life for a half that was away when it arrived', async () => {
    go('renamed');
    await looked();
    await house.stop();
    go('ended');
    await house.start();
    assert.deepEqual(told().at(-1)?.incarnation, after);
  });

  it('is shown as what it is booted next, soon after it arrived', async () => {
    for (const step of ['received', 'renamed', 'ended'] as const) {
      go(step);
      await looked();
    }
    const rescue = operationRequest('horatio', 'rescue', { profile: 'rescue' });
    await house.client.submit(rescue);
    assert.equal((await house.client.ended(rescue.id)).phase, 'done');
    await looked();
    const { state, profile } = (await house.client.domain('horatio')).observation;
    assert.deepEqual([state, profile], ['running', 'rescue']);
  });

  it('is busy for every change until it is over', async () => {
    go('received');
    await looked();
    for (const verb of ['shutdown', 'poweroff', 'reboot'] as const) {
      const answer = await house.client.submit(operationRequest('horatio', verb));
      assert.ok('code' in answer && answer.code === 'busy', JSON.stringify(answer));
      assert.match(answer.message, /being moved/);
    }
    assert.deepEqual(house.toolstack.calls, []);
  });

  for (const verb of ['shutdown', 'poweroff', 'reboot'] as const) {
    it(`a ${verb} that began before goes on with the guest in its new place`, async () => {
      house.settings = {
        ...house.settings,
        deadlines: {
          ...house.settings.deadlines,
          shutdownSeconds: 30,
          destroySeconds: 30,
          rebootSeconds: 30,
        },
      };
      await restart();
      const { on, domains } = house.toolstack;
      const acted: number[] = [];
      const act = verb === 'poweroff' ? 'destroy' : verb;
      on.set(act, () => {
        const domid = domains.get('horatio')?.domid ?? 0;
        acted.push(domid);
        // The guest in its old place is suspended before it hears of it.
        if (domid === 1) go('received');
        else if (verb === 'reboot') guest('horatio', 9, up);
        else domains.delete('horatio');
        return Promise.resolve(null);
      });
      const request = operationRequest('horatio', verb);
      await house.client.submit(request);
      await house.until(
        'it to act',
        () => acted,
        (all) => all.includes(1),
      );
      for (const step of ['suspended', 'renamed', 'ended'] as const) {
        go(step);
        await looked();
      }
      const ended = await house.client.ended(request.id);
      assert.deepEqual([ended.phase, ended.failure], ['done', null]);
      assert.equal(acted.at(-1), 2);
    });

    it(`a ${verb} that began before is not done when the guest went to another host`, async () => {
      house.settings = {
        ...house.settings,
        deadlines: {
          ...house.settings.deadlines,
          shutdownSeconds: 30,
          destroySeconds: 30,
          rebootSeconds: 30,
        },
      };
      await restart();
      const { on, domains } = house.toolstack;
      let asked = false;
      on.set(verb === 'poweroff' ? 'destroy' : verb, () => {
        asked = true;
        return new Promise(() => undefined);
      });
      if (verb === 'poweroff') {
        // What cannot be destroyed now is tried again.
        on.set('destroy', () => {
          asked = true;
          guest('horatio', 1, suspended);
          return Promise.resolve(refusal('toolstack-failed', 'No.'));
        });
      }
      const request = operationRequest('horatio', verb);
      await house.client.submit(request);
      await house.until(
        'it to be asked',
        () => asked,
        (is) => is,
      );
      domains.delete('horatio');
      guest('horatio--migratedaway', 1, suspended);
      await looked();
      domains.delete('horatio--migratedaway');
      const ended = await house.client.ended(request.id);
      assert.deepEqual([ended.phase, ended.failure?.code], ['failed', 'undone']);
    });
  }
});
