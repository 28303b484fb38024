import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isRefusal, refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { OperationView, WireRefusal } from '../../../server/wire/operation.js';
import { operationRequest } from '../../support/dom0-client.js';
import { Dom0UnderTest } from '../../support/dom0-under-test.js';
import { LeapingHost } from '../../support/leaping-host.js';

const never = (): Promise<Refusal | null> => new Promise(() => undefined);
const up = { paused: false, shutdown: null, dying: false } as const;

describe('operations', () => {
  let house: Dom0UnderTest;
  beforeEach(async () => {
    house = await Dom0UnderTest.make(['horatio', 'ophelia', 'yorick']);
  });
  afterEach(() => house.dispose());

  const post = async (...request: Parameters<typeof operationRequest>): Promise<OperationView> => {
    const answer = await house.client.submit(operationRequest(...request));
    if (!('phase' in answer)) assert.fail(JSON.stringify(answer));
    return answer;
  };
  const refused = async (...request: Parameters<typeof operationRequest>): Promise<WireRefusal> => {
    const answer = await house.client.submit(operationRequest(...request));
    if ('phase' in answer) assert.fail(JSON.stringify(answer));
    return answer;
  };
  const atStep = (id: string, step: OperationView['step']): Promise<OperationView> =>
    house.until(
      `step ${step}`,
      () => house.client.operation(id),
      (view) => view.step === step,
    );
  /** Does this when the toolstack is asked for a listing for the nth time from now, before it answers. */
  const onListing = (nth: number, act: () => void): void => {
    const { toolstack } = house;
    const list = toolstack.list.bind(toolstack);
    let asked = 0;
    toolstack.list = () => {
      asked += 1;
      if (asked === nth) {
        toolstack.list = list;
        act();
      }
      return list();
    };
  };
  const failure = async (view: OperationView): Promise<[string, string | undefined, string | undefined]> => {
    const end = await house.client.ended(view.id);
    return [end.phase, end.failure?.code, end.failure?.message];
  };

  describe('start', () => {
    it('creates paused, attaches the console, then unpauses, so that no byte is lost', async () => {
      await house.start();
      let calls: string[] = [];
      house.consoles.onAttach = () => {
        calls = [...house.toolstack.calls];
        return Promise.resolve('attached');
      };
      assert.equal((await house.client.run('horatio', 'start')).phase, 'done');
      assert.deepEqual(calls, ['create horatio']);
      assert.deepEqual(house.toolstack.calls, ['create horatio', 'unpause horatio']);
      const { domid, uuid } = house.toolstack.domains.get('horatio')!;
      assert.deepEqual(house.consoles.attached, [{ name: 'horatio', domid, uuid }]);
      assert.equal((await house.client.domain('horatio')).observation.state, 'running');
    });

    for (const outcome of ['locked', 'failed'] as const) {
      it(`goes on when the console is ${outcome}`, async () => {
        await house.start();
        house.consoles.onAttach = () => Promise.resolve(outcome);
        assert.equal((await house.client.run('horatio', 'start')).phase, 'done');
      });
    }

    it('goes on when the console throws, or never answers', async () => {
      await house.start();
      house.consoles.onAttach = () => Promise.reject(new Error('no pty'));
      assert.equal((await house.client.run('horatio', 'start')).phase, 'done');
      house.consoles.onAttach = () => new Promise(() => undefined);
      assert.equal((await house.client.run('ophelia', 'start')).phase, 'done');
    });

    it("fails with xl's own reason, and leaves nothing", async () => {
      await house.start();
      const reason = refusal(
        'toolstack-failed',
        'cannot open /srv/xen/vmlinuz',
        'create, exit 3: /srv/xen/vmlinuz',
      );
      house.toolstack.on.set('create', () => Promise.resolve(reason));
      const view = await post('horatio', 'start');
      assert.deepEqual(await failure(view), ['failed', 'toolstack-failed', 'cannot open <path>']);
      assert.equal((await house.client.operation(view.id)).failure?.detail, 'create, exit 3: <path>');
    });

    it('undoes a create that was killed half-way, so that nothing stays paused', async () => {
      await house.start();
      house.toolstack.on.set('create', () => {
        house.toolstack.put('horatio', { cpuSeconds: 0, flags: { ...up, paused: true } });
        return Promise.resolve(refusal('toolstack-timeout', 'The host did not answer in time.'));
      });
      const view = await post('horatio', 'start');
      assert.equal((await failure(view))[1], 'toolstack-timeout');
      assert.deepEqual(house.toolstack.calls, ['create horatio', 'destroy horatio']);
      assert.equal(house.toolstack.domains.size, 0);
    });

    it('undoes it as well when it cannot be unpaused', async () => {
      await house.start();
      house.toolstack.on.set('unpause', () => Promise.resolve(refusal('toolstack-failed', 'no')));
      assert.deepEqual(await failure(await post('horatio', 'start')), ['failed', 'toolstack-failed', 'no']);
      assert.equal(house.toolstack.domains.size, 0);
    });

    it('does not leave it paused when xl is silent after the create, nor when it fails to undo', async () => {
      await house.start();
      house.toolstack.on.set('create', () => {
        house.toolstack.put('horatio', { cpuSeconds: 0, flags: { ...up, paused: true } });
        house.toolstack.silence = refusal('toolstack-timeout', 'The host did not answer in time.');
        onListing(5, () => (house.toolstack.silence = null));
        return Promise.resolve(null);
      });
      assert.equal((await house.client.run('horatio', 'start')).phase, 'done');
      assert.equal(house.toolstack.domains.get('horatio')?.flags.paused, false);

      let tries = 0;
      house.toolstack.on.delete('create');
      house.toolstack.on.set('unpause', () => Promise.resolve(refusal('toolstack-failed', 'no')));
      house.toolstack.on.set('destroy', () => {
        tries += 1;
        if (tries === 3) house.toolstack.domains.delete('ophelia');
        return Promise.resolve(tries === 3 ? null : refusal('toolstack-failed', 'not now'));
      });
      assert.equal((await failure(await post('ophelia', 'start')))[2], 'no');
      assert.equal(house.toolstack.domains.has('ophelia'), false);
    });

    it("never undoes an admin's domain that was there first", async () => {
      await house.start();
      house.toolstack.on.set('create', () => {
        house.toolstack.put('horatio', { cpuSeconds: 0, flags: { ...up, paused: true } });
        const said = 'libxl: error: Domain with name "horatio" already exists.';
        return Promise.resolve(
          refusal('toolstack-failed', 'Domain with name "horatio" already exists.', said),
        );
      });
      const [, code, message] = await failure(await post('horatio', 'start'));
      assert.equal(code, 'undone');
      assert.match(message ?? '', /^Somebody else started it meanwhile/);
      assert.deepEqual(house.toolstack.calls, ['create horatio']);
      assert.equal(house.toolstack.domains.size, 1);
    });

    it('notices that an admin destroyed it while its console was attached', async () => {
      await house.start();
      house.consoles.onAttach = () => {
        house.toolstack.domains.delete('horatio');
        return Promise.resolve('failed');
      };
      house.toolstack.on.set('unpause', () => Promise.resolve(refusal('undone', 'Gone.')));
      assert.equal((await failure(await post('horatio', 'start')))[1], 'undone');
      assert.deepEqual(house.toolstack.calls, ['create horatio', 'unpause horatio']);
    });

    it('is refused while a running domain holds the same disk, by another path too', async () => {
      await writeFile(join(house.directory, 'horatio.img'), '');
      const same = join(house.directory, '.', 'etc', '..', 'horatio.img');
      await house.configure('yorick', `disk = [ "format=raw, vdev=xvda, access=rw, target=${same}" ]\n`);
      house.toolstack.put('yorick');
      await house.start();
      const no = await refused('horatio', 'start');
      assert.equal(no.code, 'wrong-state');
      assert.match(no.message, /disks is in use/);
      assert.doesNotMatch(no.message, /yorick/);
      assert.match(no.detail, /yorick/);
      house.toolstack.domains.delete('yorick');
      await house.client.state('yorick', 'off');
      assert.equal((await house.client.run('horatio', 'start')).phase, 'done');
    });

    it('is refused while a domain that is none of ours holds it', async () => {
      await house.start();
      house.toolstack.put('by-hand');
      const disk = { target: join(house.directory, 'horatio.img'), vdev: 'xvdz', writable: true };
      const boot = { kernel: '/k', ramdisk: null, cmdline: null, bootloader: null, disks: [disk] };
      house.toolstack.long.set('by-hand', boot);
      const [phase, code, message] = await failure(await post('horatio', 'start'));
      assert.deepEqual([phase, code], ['failed', 'wrong-state']);
      assert.match(message ?? '', /disks is in use/);
      assert.deepEqual(house.toolstack.calls, []);
    });

    it('may share a disk that both only read, or that the operator marked w!', async () => {
      const disk = `disk = [ "file:${join(house.directory, 'cd.iso')},xvdc,r", "phy:/dev/shared,xvdd,w!" ]\n`;
      await house.configure('horatio', disk);
      await house.configure('yorick', disk);
      house.toolstack.put('yorick');
      // As xm reads it; xl refuses `w!`.
      const { toolstack } = house;
      const asXl = toolstack.dryRun.bind(toolstack);
      toolstack.dryRun = async (creation) => {
        const text = (await readFile(creation.config, 'utf8')).replace('w!', 'w');
        const plain = join(house.directory, `plain-${basename(creation.config)}`);
        await writeFile(plain, text);
        const made = await asXl({ ...creation, config: plain });
        if (isRefusal(made) || 'refused' in made) return made;
        const disks = made.boot.disks.map((one) => (one.vdev === 'xvdd' ? { ...one, shareable: true } : one));
        return { ...made, boot: { ...made.boot, disks } };
      };
      await house.start();
      assert.equal((await house.client.run('horatio', 'start')).phase, 'done');
    });
  });

  describe('shutdown', () => {
    it('waits until the domain has really gone', async () => {
      house.toolstack.put('horatio');
      house.toolstack.on.set('shutdown', () => {
        house.toolstack.change('horatio', { flags: { ...up, shutdown: 'poweroff' } });
        return Promise.resolve(null);
      });
      await house.start();
      const view = await post('horatio', 'shutdown');
      await house.client.state('horatio', 'shutting-down');
      assert.equal((await house.client.operation(view.id)).phase, 'running');
      house.toolstack.domains.delete('horatio');
      assert.equal((await house.client.ended(view.id)).phase, 'done');
    });

    it('fails at its deadline and says that power off is possible; a call that blocks holds up nobody', async () => {
      house.toolstack.put('horatio');
      const host = new LeapingHost();
      house.parts = { host };
      let calledOff = false;
      const asked = new Promise<void>((resolve) => {
        house.toolstack.on.set('shutdown', (_, { signal }) => {
          signal?.addEventListener('abort', () => (calledOff = true));
          resolve();
          return never();
        });
      });
      house.settings = {
        ...house.settings,
        deadlines: { ...house.settings.deadlines, shutdownSeconds: 100 },
      };
      await house.start();
      const view = await post('horatio', 'shutdown');
      assert.equal((await house.client.run('ophelia', 'start')).phase, 'done');
      await asked;
      host.leap(100_000);
      const [phase, code, message] = await failure(view);
      assert.deepEqual([phase, code], ['failed', 'deadline-passed']);
      assert.match(message ?? '', /Power off is possible/);
      assert.equal(calledOff, true);
    });

    for (const verb of ['shutdown', 'reboot'] as const) {
      it(`asks for a ${verb} again when the guest took it and lost it, as Linux does in the first seconds of its boot`, async () => {
        house.toolstack.put('horatio');
        const usual = [...house.toolstack.calls];
        house.toolstack.on.set(verb, () => {
          const asked = house.toolstack.calls.filter((call) => call === `${verb} horatio`).length;
          if (asked === 2) {
            house.toolstack.domains.delete('horatio');
            if (verb === 'reboot') house.toolstack.put('horatio');
          }
          return Promise.resolve(null);
        });
        await house.start();
        assert.equal((await house.client.run('horatio', verb)).phase, 'done');
        assert.deepEqual(house.toolstack.calls, [...usual, `${verb} horatio`, `${verb} horatio`]);
      });
    }

    it('fails at once with the reason when the guest does not acknowledge', async () => {
      house.toolstack.put('horatio');
      const reason = "guest didn't acknowledge control request: -9";
      house.toolstack.on.set('shutdown', () => Promise.resolve(refusal('toolstack-failed', reason)));
      await house.start();
      assert.deepEqual(await failure(await post('horatio', 'shutdown')), [
        'failed',
        'toolstack-failed',
        reason,
      ]);
    });

    it('is done when an admin destroys it meanwhile, and undone when one starts it anew', async () => {
      house.toolstack.put('horatio');
      house.toolstack.put('ophelia');
      house.toolstack.on.set('shutdown', never);
      await house.start();
      const horatio = await post('horatio', 'shutdown');
      const ophelia = await post('ophelia', 'shutdown');
      await atStep(horatio.id, 'shutting-down');
      await atStep(ophelia.id, 'shutting-down');
      house.toolstack.domains.delete('horatio');
      house.toolstack.put('ophelia');
      assert.equal((await house.client.ended(horatio.id)).phase, 'done');
      assert.deepEqual((await failure(ophelia)).slice(0, 2), ['failed', 'undone']);
      assert.ok(house.toolstack.domains.has('ophelia'));
    });
  });

  describe('reboot', () => {
    it('is done when the next incarnation runs, however long it is absent and paused before', async () => {
      const { deadlines } = house.settings;
      house.timings = { ...house.timings, rebootAbsence: 30_000, rise: 30_000 };
      house.settings = { ...house.settings, deadlines: { ...deadlines, rebootSeconds: 30 } };
      house.toolstack.put('horatio');
      house.toolstack.on.set('reboot', () => {
        house.toolstack.change('horatio', { flags: { ...up, shutdown: 'reboot' } });
        return Promise.resolve(null);
      });
      await house.start();
      const view = await post('horatio', 'reboot');
      const states = new Set<string>();
      const note = async (): Promise<void> => {
        states.add((await house.client.domain('horatio')).observation.state);
        assert.equal((await house.client.operation(view.id)).phase, 'running');
      };
      const looksThrice = async (): Promise<void> => {
        const { listings } = house.toolstack;
        while (house.toolstack.listings < listings + 3) await note();
      };
      await house.client.state('horatio', 'rebooting');
      house.toolstack.domains.delete('horatio');
      await looksThrice();
      house.toolstack.put('horatio', {
        cpuSeconds: 0,
        memoryMiB: 0,
        vcpus: 0,
        flags: { ...up, paused: true },
      });
      await looksThrice();
      house.toolstack.change('horatio', { memoryMiB: 128, vcpus: 1, flags: up });
      assert.equal((await house.client.ended(view.id)).phase, 'done');
      assert.deepEqual([...states], ['rebooting']);
    });

    it('fails when the domain goes off and does not come back', async () => {
      house.toolstack.put('horatio');
      house.toolstack.on.set('reboot', () => {
        house.toolstack.domains.delete('horatio');
        return Promise.resolve(null);
      });
      await house.start();
      assert.deepEqual(await failure(await post('horatio', 'reboot')), [
        'failed',
        'toolstack-failed',
        'It went off and did not come back.',
      ]);
    });
  });

  describe('rescue', () => {
    it('shuts down, waits until it is gone, and boots with the profile; normal goes back', async () => {
      house.toolstack.put('horatio');
      await house.start();
      const view = await house.client.run('horatio', 'rescue', { profile: 'rescue' });
      assert.equal(view.phase, 'done');
      assert.deepEqual(house.toolstack.calls, ['shutdown horatio', 'create horatio', 'unpause horatio']);
      const [creation] = house.toolstack.creations;
      assert.deepEqual(
        creation?.overrides.map(({ key }) => key),
        ['kernel', 'ramdisk', 'extra', 'disk'],
      );
      assert.equal((await house.client.domain('horatio')).observation.profile, 'rescue');
      assert.equal((await house.client.run('horatio', 'normal')).phase, 'done');
      assert.deepEqual(house.toolstack.creations[1]?.overrides, []);
      assert.equal((await house.client.domain('horatio')).observation.profile, 'normal');
      const again = await house.client.run('horatio', 'normal');
      assert.equal(again.phase, 'done');
      assert.equal(house.toolstack.creations.length, 2, 'normal of what is normal is nothing to do');
    });

    it('never creates while the old one is there, and leaves it running at the deadline', async () => {
      house.toolstack.put('horatio');
      const host = new LeapingHost();
      house.parts = { host };
      house.settings = {
        ...house.settings,
        deadlines: { ...house.settings.deadlines, shutdownSeconds: 100 },
      };
      house.toolstack.on.set('shutdown', () => {
        host.leap(100_000);
        return never();
      });
      await house.start();
      const view = await post('horatio', 'rescue', { profile: 'rescue' });
      assert.equal((await failure(view))[1], 'deadline-passed');
      assert.deepEqual(house.toolstack.calls, ['shutdown horatio']);
      assert.equal((await house.client.domain('horatio')).observation.state, 'running');
    });

    it('survives a reboot from inside in what is shown', async () => {
      await house.start();
      await house.client.run('horatio', 'rescue', { profile: 'rescue' });
      const disks = [
        { target: join(house.directory, 'horatio.img'), vdev: 'xvda', writable: true },
        { target: '/srv/xen/rescue.img', vdev: 'xvdr', writable: false },
      ];
      house.toolstack.long.set('horatio', {
        kernel: '/srv/xen/rescue-vmlinuz',
        ramdisk: '/srv/xen/rescue-initrd.gz',
        cmdline: 'console=hvc0 rescue',
        bootloader: null,
        disks,
      });
      const { uuid } = house.toolstack.put('horatio');
      await house.until(
        'the new one',
        () => house.client.domain('horatio'),
        ({ incarnation }) => incarnation === uuid,
      );
      assert.equal((await house.client.domain('horatio')).observation.profile, 'rescue');
      house.toolstack.long.delete('horatio');
      const byHand = house.toolstack.put('horatio').uuid;
      await house.until(
        'the next',
        () => house.client.domain('horatio'),
        ({ incarnation }) => incarnation === byHand,
      );
      assert.equal((await house.client.domain('horatio')).observation.profile, 'unknown');
    });

    it('is refused without a profile, with one that is not offered, and a profile elsewhere', async () => {
      await house.start();
      assert.equal((await refused('horatio', 'rescue')).code, 'usage');
      assert.equal((await refused('horatio', 'rescue', { profile: 'installer' })).code, 'no-such-profile');
      assert.equal((await refused('horatio', 'rescue', { profile: 'normal' })).code, 'no-such-profile');
      assert.equal((await refused('horatio', 'start', { profile: 'rescue' })).code, 'usage');
      assert.deepEqual(house.toolstack.calls, []);
    });
  });

  describe('sysrq', () => {
    it('sends the keys that are let through, and no others', async () => {
      house.toolstack.put('horatio');
      await house.start();
      assert.equal((await house.client.run('horatio', 'sysrq', { key: 'h' })).phase, 'done');
      for (const key of ['b', 'o', 'c'])
        assert.equal((await refused('horatio', 'sysrq', { key })).code, 'usage');
      assert.equal((await refused('horatio', 'sysrq')).code, 'usage');
      assert.equal((await refused('horatio', 'shutdown', { key: 'h' })).code, 'usage');
      assert.deepEqual(house.toolstack.calls, ['sysrq horatio', 'key h']);
    });
  });

  describe('of one domain', () => {
    it('are one at a time: the second is told what is under way', async () => {
      house.toolstack.put('horatio');
      house.toolstack.on.set('shutdown', never);
      await house.start();
      const first = await post('horatio', 'shutdown');
      const no = await refused('horatio', 'reboot');
      assert.equal(no.code, 'busy');
      assert.equal(no.operation?.id, first.id);
      assert.equal(no.operation.by, 'alice');
      assert.equal((await house.client.domain('horatio')).operation?.id, first.id);
    });

    it('cannot both be accepted when they come at once', async () => {
      house.toolstack.put('horatio');
      house.toolstack.on.set('reboot', never);
      await house.start();
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => house.client.submit(operationRequest('horatio', 'reboot'))),
      );
      assert.equal(answers.filter((answer) => 'phase' in answer).length, 1);
      assert.equal(answers.filter((answer) => 'code' in answer && answer.code === 'busy').length, 9);
    });

    it('are the same operation when they have the same id', async () => {
      await house.start();
      const id = randomUUID();
      const all = await Promise.all(Array.from({ length: 5 }, () => post('horatio', 'start', { id })));
      assert.deepEqual([...new Set(all.map((view) => view.id))], [id]);
      assert.equal((await house.client.ended(id)).phase, 'done');
      assert.equal((await post('horatio', 'start', { id })).phase, 'done');
      assert.deepEqual(house.toolstack.calls, ['create horatio', 'unpause horatio']);
      assert.equal((await refused('horatio', 'poweroff', { id })).code, 'usage');
      assert.equal((await refused('ophelia', 'start', { id })).code, 'usage');
    });

    it('give way to a power-off while they shut down', async () => {
      house.toolstack.put('horatio');
      house.toolstack.on.set('shutdown', never);
      await house.start();
      for (const verb of ['shutdown', 'rescue', 'reboot'] as const) {
        if (!house.toolstack.domains.has('horatio')) house.toolstack.put('horatio');
        house.toolstack.on.set('reboot', never);
        await house.client.state('horatio', 'running');
        const slow = await post('horatio', verb, verb === 'rescue' ? { profile: 'rescue' } : {});
        await atStep(slow.id, verb === 'reboot' ? 'rebooting' : 'shutting-down');
        const off = await post('horatio', 'poweroff');
        assert.deepEqual((await failure(slow)).slice(0, 2), ['superseded', 'undone'], verb);
        assert.equal((await house.client.ended(off.id)).phase, 'done', verb);
        assert.equal(house.toolstack.domains.size, 0, verb);
      }
    });

    it('do not give way once they create', async () => {
      await house.start();
      house.consoles.onAttach = () => new Promise(() => undefined);
      house.toolstack.on.set('unpause', never);
      const view = await post('horatio', 'start');
      await atStep(view.id, 'unpausing');
      assert.equal((await refused('horatio', 'poweroff')).code, 'busy');
    });

    /**
     * Powers off a domain during its reboot, while the next one appears. xl keeps the UUID over a reboot;
     * another maker draws a new UUID.
     */
    async function poweredOffInReboot(next: 'of the reboot' | 'of somebody else'): Promise<OperationView> {
      const { uuid } = house.toolstack.put('horatio', { flags: { ...up, shutdown: 'reboot' } });
      await house.start();
      house.toolstack.on.set('destroy', () => {
        // The daemon had begun to build the next one.
        house.toolstack.domains.delete('horatio');
        house.toolstack.on.delete('destroy');
        const kept = next === 'of the reboot' ? { uuid } : {};
        onListing(2, () => {
          house.toolstack.put('horatio', { cpuSeconds: 0, flags: { ...up, paused: true }, ...kept });
        });
        return Promise.resolve(null);
      });
      return house.client.run('horatio', 'poweroff');
    }

    it('that are powered off while rebooting do not come back', async () => {
      assert.equal((await poweredOffInReboot('of the reboot')).phase, 'done');
      assert.deepEqual(house.toolstack.calls, ['destroy horatio', 'destroy horatio']);
      assert.equal(house.toolstack.domains.size, 0);
    });

    it('that an operator makes anew under a power-off of a reboot are left alone', async () => {
      assert.equal((await failure(await poweredOffInReboot('of somebody else')))[1], 'undone');
      assert.deepEqual(house.toolstack.calls, ['destroy horatio']);
      assert.equal(house.toolstack.domains.size, 1);
    });

    describe('of a server that changed since the last look', () => {
      beforeEach(async () => {
        house.settings = { ...house.settings, observe: { intervalSeconds: 3600, goneAfterSeconds: 3600 } };
        house.toolstack.put('horatio');
        await house.start();
      });

      it('power off the incarnation that it restarted as by itself', async () => {
        const { uuid } = house.toolstack.domains.get('horatio')!;
        house.toolstack.put('horatio', { uuid });
        assert.equal((await house.client.run('horatio', 'poweroff')).phase, 'done');
        assert.equal(house.toolstack.domains.size, 0);
      });

      it('are not taken for done when it has just gone', async () => {
        house.toolstack.domains.delete('horatio');
        const { message } = await refused('horatio', 'start');
        assert.match(message, /shutting down/);
      });

      it('are refused by what it does now', async () => {
        house.toolstack.change('horatio', { flags: { ...up, paused: true }, cpuSeconds: 7 });
        const { message } = await refused('horatio', 'reboot');
        assert.match(message, /paused by the host's operators/);
      });
    });

    it('report a destroy that fails as a failure', async () => {
      house.toolstack.put('horatio');
      house.toolstack.on.set('destroy', () =>
        Promise.resolve(refusal('toolstack-failed', 'Destruction failed')),
      );
      await house.start();
      assert.deepEqual(await failure(await post('horatio', 'poweroff')), [
        'failed',
        'toolstack-failed',
        'Destruction failed',
      ]);
    });
  });

  describe('of the host', () => {
    it('create one at a time and show the place in the queue', async () => {
      await house.start();
      const release: (() => void)[] = [];
      house.toolstack.on.set('create', (name) => {
        house.toolstack.put(name, { cpuSeconds: 0, flags: { ...up, paused: true } });
        return new Promise((resolve) =>
          release.push(() => {
            resolve(null);
          }),
        );
      });
      const horatio = await post('horatio', 'start');
      await atStep(horatio.id, 'creating');
      const ophelia = await post('ophelia', 'start');
      const yorick = await post('yorick', 'start');
      await house.until(
        'the place',
        () => house.client.operation(yorick.id),
        ({ place }) => place === 2,
      );
      const waiting = await house.client.operation(ophelia.id);
      assert.deepEqual([waiting.phase, waiting.step, waiting.place], ['queued', 'waiting', 1]);
      assert.equal(release.length, 1);
      const off = await post('ophelia', 'poweroff');
      assert.equal((await house.client.ended(ophelia.id)).phase, 'superseded');
      assert.equal((await house.client.ended(off.id)).phase, 'done');
      await house.until(
        'to move up',
        () => house.client.operation(yorick.id),
        ({ place }) => place === 1,
      );
      release[0]?.();
      assert.equal((await house.client.ended(horatio.id)).phase, 'done');
      await atStep(yorick.id, 'creating');
      release[1]?.();
      assert.equal((await house.client.ended(yorick.id)).phase, 'done');
      assert.deepEqual(
        house.toolstack.calls.filter((call) => call.startsWith('create')),
        ['create horatio', 'create yorick'],
      );
    });

    it('stay within its limits, also over a restart', async () => {
      const limits = { createsPerDomain: { count: 2, windowSeconds: 3600 }, powerOffsPerMinute: 3 };
      house.settings = { ...house.settings, limits };
      await house.start();
      for (let boots = 0; boots < 2; boots += 1) {
        assert.equal((await house.client.run('horatio', 'start')).phase, 'done');
        assert.equal((await house.client.run('horatio', 'poweroff')).phase, 'done');
      }
      await house.stop();
      await house.start();
      assert.equal((await refused('horatio', 'start')).code, 'host-limit');
      assert.equal((await refused('horatio', 'rescue', { profile: 'rescue' })).code, 'host-limit');
      assert.equal(
        (await house.client.run('horatio', 'poweroff')).phase,
        'done',
        'it is off: that counts for nothing',
      );
      assert.equal((await house.client.run('ophelia', 'start')).phase, 'done');
      assert.equal((await house.client.run('ophelia', 'poweroff')).phase, 'done');
      house.toolstack.put('yorick');
      await house.client.state('yorick', 'running');
      assert.equal((await refused('yorick', 'poweroff')).code, 'host-limit');
      assert.ok(house.toolstack.domains.has('yorick'));
    });
  });

  it('cannot fill the disk with requests for what is so already', async () => {
    // On a slow disk the requests alone take more than the minute that they are counted for.
    const now = Date.now();
    house.parts = { ...house.parts, clock: () => now };
    await house.start();
    let accepted = 0;
    let answer: OperationView | WireRefusal;
    do {
      answer = await house.client.submit(operationRequest('horatio', 'poweroff'));
      accepted += 'phase' in answer ? 1 : 0;
    } while ('phase' in answer && accepted < 1_000);
    assert.equal('code' in answer ? answer.code : '', 'host-limit');
    assert.equal(accepted, 600);
  });

  describe('that cannot be written down', () => {
    it('are not begun', async () => {
      await house.start();
      const journal = join(house.settings.state, 'journal.jsonl');
      const { default: fs } = await import('node:fs/promises');
      const handle = await fs.open(journal);
      const prototype = Object.getPrototypeOf(handle) as { datasync: () => Promise<void> };
      await handle.close();
      const { datasync } = prototype;
      prototype.datasync = () =>
        Promise.reject(Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' }));
      try {
        assert.equal((await refused('horatio', 'start')).code, 'audit-unavailable');
        assert.equal((await house.client.ask('GET', '/domains')).status, 200);
      } finally {
        prototype.datasync = datasync;
      }
      assert.deepEqual(house.toolstack.calls, []);
      assert.equal((await house.client.run('horatio', 'start')).phase, 'done');
      const written = (await fs.readFile(journal, 'utf8')).split('\n').slice(0, -1);
      assert.equal(written.filter((line) => line.includes('"requested"')).length, 1);
    });
  });
});
