import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Host } from '../../server/simulator/host.js';
import { installSimulator } from '../../server/simulator/install.js';
import { listTable } from '../../server/simulator/listing.js';
import { eventually } from '../support/eventually.js';
import type { ListRow } from '../support/simulated-xen.js';
import { SimulatedXen, parseList } from '../support/simulated-xen.js';
import { readRecording } from './recording.js';

const ABSENT = 'absent';

/**
 * The states of horatio in a text full of `xl list` rows, without direct repeats. A list without it gives
 * `absent`.
 */
function recordedStates(name: string): string[] {
  const states: string[] = [];
  for (const { command, stdout } of readRecording(name)) {
    if (!command.includes('xl list')) continue;
    // Each list begins after its heading, or after the uptime that was printed.
    for (const list of stdout.split(/^(?:Name .*|[\d.]+ [\d.]+)\n/m).slice(1)) {
      push(
        states,
        parseList(`\n${list}`).find((row) => row.name === 'horatio'),
      );
    }
  }
  return states;
}

/** The words of `xl migrate` without libxc's own. Both ends speak at once, so their order may differ. */
function saidWhileMoving(text: string): readonly string[] {
  return text
    .split('\n')
    .filter((line) => !line.startsWith('xc: '))
    .map((line) => line.replace(/\d+\)$/, 'N)'))
    .sort();
}

function push(states: string[], row: ListRow | undefined): void {
  const state = row ? `${row.memory} ${row.vcpus} ${row.state.replace(/^(r-|-b)-/, 'x--')}` : ABSENT;
  if (states.at(-1) !== state) states.push(state);
}

describe('the life of a simulated domain', () => {
  let xen: SimulatedXen;

  const install = async (timeScale: number): Promise<void> => {
    const domains = [{ name: 'horatio' }, { name: 'yorick', ignoresShutdown: true }];
    xen = await SimulatedXen.install({ timeScale, domains });
  };

  beforeEach(() => install(0.03));

  afterEach(() => xen.remove());

  /** Tells a story on a host that is slow enough to see every state, and on a slower one when the machine was too busy for it. */
  const slowly = async (tell: () => Promise<void>): Promise<void> => {
    for (const timeScale of [0.15, 0.6, 2.4]) {
      await xen.remove();
      await install(timeScale);
      try {
        await tell();
        return;
      } catch (error) {
        if (timeScale === 2.4) throw error;
      }
    }
  };

  /** Watches the list, faster than `xl list` could run, until the states are `expected`. */
  async function watch(expected: readonly string[]): Promise<void> {
    const host = new Host(xen.host.directory);
    const states: string[] = [];
    await eventually(
      `the states ${expected.join(', ')}`,
      () => {
        const rows = parseList(listTable(host)).filter(({ name }) => name === 'horatio');
        assert.ok(rows.length <= 1, 'the old and the new domain are listed at once');
        // Appears for an instant between the guest's end and its monitor's pause.
        if (rows[0]?.state.startsWith('---s') !== true) push(states, rows[0]);
        assert.deepEqual(states, expected.slice(0, states.length));
        return states.length === expected.length;
      },
      { everyMs: 4 },
    );
  }

  it('shuts down through the states that were recorded', async () => {
    const recorded = recordedStates('21-shutdown');
    assert.deepEqual(recorded, ['128 1 x-----', '128 1 --ps--', ABSENT], 'the recording');
    await slowly(async () => {
      await xen.start('horatio');
      await Promise.all([watch(recorded), xen.xl('shutdown', 'horatio')]);
    });
  });

  it('reboots through the states that were recorded, under a new domid and UUID, with its overrides', async () => {
    const recorded = recordedStates('24-reboot');
    const states = ['128 1 x-----', '128 1 --psr-', ABSENT, '0 0 --p---', '128 1 --p---', '128 1 x-----'];
    assert.deepEqual(recorded, states, 'the recording');
    await slowly(async () => {
      await xen.start('horatio', 'extra="console=hvc0 overridden"');
      const before = new Host(xen.host.directory).domains()[0]!;
      await Promise.all([watch(recorded), xen.xl('reboot', 'horatio')]);

      const { stdout } = await xen.xl('list', '-l', 'horatio');
      assert.match(stdout, /"cmdline": "console=hvc0 overridden"/);
      const after = new Host(xen.host.directory).domains()[0]!;
      assert.ok(after.domid > before.domid);
      assert.notEqual(after.uuid, before.uuid);
    });
  });

  it('after a crash it is destroyed, or built anew where on_crash says so', async () => {
    const states = ['128 1 x-----', '128 1 --psc-', ABSENT, '0 0 --p---', '128 1 --p---', '128 1 x-----'];
    await slowly(async () => {
      await xen.start('horatio', 'on_crash="restart"');
      await Promise.all([watch(states), xen.xl('sysrq', 'horatio', 'c')]);
    });
    await xen.xl('destroy', 'horatio');
    await xen.start('horatio');
    await xen.xl('sysrq', 'horatio', 'c');
    await xen.gone('horatio');
  });

  it('after a crash it is kept under another name and built anew, or leaves a core, where on_crash says so', async () => {
    await xen.start('horatio', 'on_crash="rename-restart"');
    await xen.xl('sysrq', 'horatio', 'c');
    await eventually('the next incarnation', () => xen.row('horatio')?.domid === 2);
    const kept = xen.rows().find(({ name }) => /^horatio-\d{8}T\d{4}Z$/.test(name));
    assert.equal(kept?.domid, 1);
    assert.match(kept.state, /^---sc-$/);
    await xen.idle('horatio');
    await xen.xl('destroy', 'horatio');
    assert.deepEqual(
      xen.rows().map(({ domid }) => domid),
      [0, 1],
      'it is nobody else who goes',
    );
    assert.equal((await xen.xl('destroy', kept.name)).status, 0);
    assert.equal(xen.rows().length, 1);

    await xen.start('horatio', 'on_crash="coredump-restart"');
    await xen.xl('sysrq', 'horatio', 'c');
    await eventually('the next incarnation', () => xen.row('horatio')?.domid === 4);
    await access(join(xen.host.directory, 'var', 'lib', 'xen', 'dump', 'horatio'));
  });

  it('crashes when its root says so, whatever kernel.sysrq allows the toolstack', async () => {
    await writeFile(xen.diskFile('horatio', 'etc/sysctl.conf'), 'kernel.sysrq = 438\n');
    await xen.start('horatio', 'on_crash="preserve"');
    await xen.xl('sysrq', 'horatio', 'c');
    const console = xen.console('horatio');
    await console.receives('This sysrq operation is disabled');
    console.type('root\recho c >/proc/sysrq-trigger\r');
    await console.receives('Kernel panic - not syncing: sysrq triggered crash');
    await eventually('the crash', () => xen.row('horatio')?.state === '---sc-');
  });

  it('has no long listing while it is built: its name is found, the list is empty, and xl is content', async () => {
    await slowly(async () => {
      await xen.start('horatio');
      await xen.xl('reboot', 'horatio');
      // Stopped while it is built, so that the test can look at it in peace.
      const host = new Host(xen.host.directory);
      const { keeper } = await eventually('the next incarnation', () => host.domain(2), { everyMs: 1 });
      process.kill(keeper.pid, 'SIGSTOP');
      const { stdout, stderr, status } = await xen.xl('list', '-l', 'horatio');
      assert.deepEqual({ stdout, status }, { stdout: '[\n\n]\n\n', status: 0 });
      assert.match(stderr, /Domain 2:Fail to get domain configuration\n$/);
      assert.equal((JSON.parse((await xen.xl('list', '-l')).stdout) as unknown[]).length, 1);
      process.kill(keeper.pid, 'SIGCONT');
      await xen.idle('horatio');
      assert.match((await xen.xl('list', '-l', 'horatio')).stdout, /"name": "horatio"/);
    });
  });

  it('counts domids up, and begins again after the greatest with those that are free', async () => {
    await installSimulator({ directory: xen.host.directory, timeScale: 0.03, greatestDomid: 3 });
    const domids: (number | undefined)[] = [];
    await xen.start('horatio');
    for (let round = 0; round < 3; round++) {
      await xen.start('yorick');
      domids.push(xen.row('yorick')?.domid);
      await xen.xl('destroy', 'yorick');
    }
    assert.deepEqual(domids, [2, 3, 2], 'horatio is 1 all the while');
  });

  it('may share its disk with another, both writing: nobody says a word', async () => {
    await xen.start('horatio');
    const twin = await xen.xl('create', '-q', xen.config('horatio'), 'name="twin"');
    const [recorded] = readRecording('81-same-disk-twice');
    assert.equal(recorded?.stdout.includes('rc=0\n'), true);
    assert.deepEqual(twin, { status: 0, stdout: '', stderr: recorded.stderr });
    const { stdout } = await xen.xl('list', '-l');
    assert.equal(stdout.split(`"pdev_path": "${xen.diskFile('horatio', '').replace(/\/$/, '')}"`).length, 3);
  });

  it('outlives whoever created it, killed with all of its process group', async () => {
    const script = `'${xen.host.xl}' create -q '${xen.config('horatio')}'; echo created; sleep 600`;
    const caller = spawn('bash', ['--norc', '-c', script], {
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await once(caller.stdout, 'data');
    process.kill(-caller.pid!, 'SIGKILL');
    await once(caller, 'close');
    await xen.idle('horatio');
    const console = xen.console('horatio');
    await console.receives('login: ');
    console.type('root\r');
    await console.receives('~');
    await xen.xl('reboot', 'horatio');
    assert.equal(await console.ends(), 0);
    await eventually('the next incarnation', () => xen.row('horatio')?.domid === 2);
  });

  it('stays half built, paused, when xl create is killed, and can be destroyed', async () => {
    await slowly(async () => {
      const caller = spawn(xen.host.xl, ['create', '-q', xen.config('horatio')], { stdio: 'ignore' });
      // Read once each time: between two reads the domain could appear while its maker still holds it.
      await eventually('the building domain', () => {
        const [made] = new Host(xen.host.directory).domains();
        return made !== undefined && made.keeper.pid !== caller.pid;
      });
      caller.kill('SIGKILL');
      await once(caller, 'close');
      await delay(500);
      assert.match(xen.row('horatio')?.state ?? '', /^--p---$/);
      assert.equal((await xen.xl('destroy', 'horatio')).status, 0);
      assert.equal(xen.row('horatio'), undefined);
    });
  });

  it('is gone when its process is killed; its console ends, and its name is free', async () => {
    await xen.start('horatio');
    const console = xen.console('horatio');
    await console.receives('login: ');
    const [record] = new Host(xen.host.directory).domains();
    process.kill(record!.keeper.pid, 'SIGKILL');
    assert.equal(await console.ends(), 0);
    await xen.gone('horatio');
    await xen.start('horatio');
    assert.equal(xen.row('horatio')?.domid, record!.domid + 1);
  });

  it('has its name to itself: of two creates at once, one wins', async () => {
    const outcomes = await Promise.all([1, 2, 3].map(() => xen.xl('create', '-q', xen.config('horatio'))));
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), [0, 3, 3]);
    assert.equal(xen.rows().length, 2);
  });

  it('may take no notice of a shutdown', async () => {
    await xen.start('yorick');
    const { stderr, status } = await xen.xl('shutdown', 'yorick');
    assert.equal(status, 1);
    assert.match(
      stderr,
      /pvcontrol_cb: guest didn't acknowledge control request: -9\nshutdown failed \(rc=-9\)\n$/,
    );
    assert.equal(xen.row('yorick')?.state, '-b----');
  });

  it('never takes an option or a number for a name', async () => {
    await xen.xl('create', '-q', xen.config('horatio'), 'name="17"');
    for (const verb of ['pause', 'destroy', 'console', 'domid']) {
      const { status, stderr } = await xen.xl(verb, '-x');
      assert.equal(status, 2, verb);
      assert.equal(stderr, "xl: invalid option -- 'x'\n");
    }
    const { stderr, status } = await xen.xl('destroy', '17');
    assert.equal(status, 1);
    assert.match(stderr, /Domain 17:Non-existant domain/);
    assert.equal(xen.rows().length, 2, 'the domain that is called 17 is still there');
  });

  it('is moved to localhost: it arrives and leaves under names of its way, and keeps its UUID', async () => {
    await slowly(async () => {
      await xen.start('horatio');
      const [before] = new Host(xen.host.directory).domains();
      const names: string[] = [];
      const moved = xen.xl('migrate', 'horatio', 'localhost').then((outcome) => {
        names.push('done');
        return outcome;
      });
      await eventually(
        'the end',
        () => {
          const now = xen.rows().map(({ name }) => name);
          const listed = now.filter((name) => name !== 'Domain-0').join(' ');
          if (names.at(-1) !== 'done' && names.at(-1) !== listed) names.push(listed);
          return names.at(-1) === 'done';
        },
        { everyMs: 5 },
      );
      const { status, stderr } = await moved;
      assert.equal(status, 0, stderr);
      const [recordedMove, ...recordedLists] = readRecording('90-migrate', '4.20');
      const recordedNames = recordedLists.map(({ stdout }) =>
        parseList(stdout.replaceAll('hamlet', 'horatio'))
          .map(({ name }) => name)
          // A guest that is being torn down has no name.
          .filter((name) => name !== 'Domain-0' && name !== '(null)')
          .join(' '),
      );
      const all = [...names];
      assert.deepEqual(saidWhileMoving(stderr), saidWhileMoving(recordedMove?.stderr ?? ''));
      assert.match(
        stderr,
        /^migration target: Ready[^]*Giving target permission[^]*\nMigration successful\.\n$/,
      );
      for (const lists = [...recordedNames]; lists.length > 0;) {
        const at = names.indexOf(lists.shift() ?? '');
        assert.ok(at >= 0, `${names.join(', ')} against ${recordedNames.join(', ')}`);
        names.splice(0, at);
      }
      const seen = all.join(', ');
      assert.match(seen, /^horatio, horatio horatio--incoming, .*horatio--migratedaway/);
      assert.doesNotMatch(seen, /(^|, )horatio horatio(,|$)/);
      const [after, ...more] = new Host(xen.host.directory).domains();
      assert.deepEqual(
        [after?.name, after?.uuid, after?.pauses, more.length],
        ['horatio', before?.uuid, 0, 0],
      );
      assert.notEqual(after?.domid, before?.domid);
      const { stdout: long } = await xen.xl('list', '-l', 'horatio');
      assert.match(long, /"name": "horatio",/);
    });
  });

  it('stays where it is when the other host is unknown, and what is not there is not moved', async () => {
    await xen.start('horatio');
    const unknown = await xen.xl('migrate', 'horatio', 'elsinore');
    assert.deepEqual(
      [unknown.status, unknown.stderr],
      [1, 'ssh: Could not resolve hostname elsinore: Name or service not known\n'],
    );
    const none = await xen.xl('migrate', 'ophelia', 'localhost');
    assert.deepEqual([none.status, none.stderr], [1, 'ophelia is an invalid domain identifier (rc=-6)\n']);
    assert.equal(xen.row('horatio')?.state.includes('p'), false);
  });

  it("shows in ps as the command that created it, and holds none of its caller's streams", async () => {
    // execFile waits until every copy of the pipes is closed: the test is that it returns.
    await xen.start('horatio');
    const [record] = new Host(xen.host.directory).domains();
    const { stdout } = await xen.shell(
      `ps -o args= -p ${record!.keeper.pid}; ps -o sid= -p ${record!.keeper.pid}`,
    );
    assert.match(stdout, new RegExp(`^xl create -q ${xen.config('horatio')}\n *${record!.keeper.pid}\n$`));
  });
});
