import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { access, chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { DirectProfile } from '../../server/dom0/boot/boot-profiles.js';
import type { Dom0Settings } from '../../server/dom0/dom0-settings.js';
import { installSimulator, stopSimulator } from '../../server/simulator/install.js';
import type { SimulatedHost } from '../../server/simulator/install.js';
import type { DomainView } from '../../server/wire/domain.js';
import type { OperationView } from '../../server/wire/operation.js';
import { Dom0Client, operationRequest } from '../support/dom0-client.js';
import { dom0SettingsSample, patient } from '../support/dom0-settings-sample.js';
import { eventually } from '../support/eventually.js';
import { readLines } from '../support/journal-lines.js';

const run = promisify(execFile);
const LONG = process.env['POSTERN_TEST_LONG'] === '1';
const CHILD = fileURLToPath(new URL('../support/dom0-child.js', import.meta.url));

/**
 * An `xl` that can be held. While a file `hold/before-VERB-NAME` or `hold/after-VERB-NAME` exists, a call
 * waits before or after the real call, and reports it by a file `at/…`.
 */
const HELD_XL = `#!/bin/sh
here=$(dirname "$0")
verb=$1
case $verb in
create) for word; do case $word in *.cfg) name=$(basename "$word" .cfg);; esac; done;;
unpause|shutdown|reboot|destroy|sysrq) name=$("$here/real-xl" domname "$2" 2>/dev/null);;
*) exec "$here/real-xl" "$@";;
esac
hold() {
  while [ -e "$here/hold/$1-$verb-$name" ]; do : >"$here/at/$1-$verb-$name"; sleep 0.02; done
}
hold before
"$here/real-xl" "$@"
code=$?
hold after
exit $code
`;

describe('a dom0 half that is killed', () => {
  let directory: string;
  let host: SimulatedHost;
  let settings: Dom0Settings;
  let client: Dom0Client;
  let child: ChildProcess | null = null;

  const verbs = ['unpause', 'shutdown', 'reboot', 'destroy', 'create'] as const;
  const names = verbs.flatMap((verb) => [`before-${verb}`, `after-${verb}`]);
  const bin = (...parts: string[]): string => join(directory, 'bin', ...parts);
  const holdName = (name: string): string => `${name}-${name}`;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'postern-killed-'));
    host = await installSimulator({
      directory: join(directory, 'xen'),
      timeScale: 0.02,
      domains: names.map((name) => ({ name })),
    });
    await mkdir(bin('hold'), { recursive: true });
    await mkdir(bin('at'));
    await writeFile(bin('xl'), HELD_XL);
    await writeFile(bin('real-xl'), `#!/bin/sh\nexec '${host.xl}' "$@"\n`);
    await chmod(bin('xl'), 0o755);
    await chmod(bin('real-xl'), 0o755);
    const rescue = { kernel: host.rescueKernel, ramdisk: host.rescueRamdisk, disk: host.rescueDisk };
    const sample = patient(dom0SettingsSample(directory, bin('xl'), host.configs, rescue));
    const suite = { title: 'suite', values: null, pattern: '.*', default: 'trixie' };
    const installer = {
      ...(sample.profiles['rescue'] as DirectProfile),
      extra: 'console=hvc0 rescue install-suite=${suite}',
      parameters: { suite } as DirectProfile['parameters'],
    };
    settings = { ...sample, profiles: { ...sample.profiles, installer } };
    await writeFile(join(directory, 'settings.json'), JSON.stringify(settings));
    client = new Dom0Client(settings.socket);
  });

  afterEach(async () => {
    await rm(bin('hold'), { recursive: true, force: true });
    child?.kill('SIGKILL');
    await stopSimulator(join(directory, 'xen'));
    await rm(directory, { recursive: true, force: true });
  });

  async function start(): Promise<void> {
    child = spawn(process.execPath, [CHILD, join(directory, 'settings.json')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const output = child.stdout!;
    await once(output, 'data');
    // On a busy machine it listens before it has read all the files.
    await eventually('the files to be read', async () => {
      const views = await Promise.all(names.map((name) => client.domain(name)));
      return views.every((view) => 'name' in view);
    });
  }

  async function kill(): Promise<void> {
    const dying = child;
    child = null;
    if (dying === null) return;
    dying.kill('SIGKILL');
    await once(dying, 'exit');
  }

  const hold = (what: string): Promise<void> => writeFile(bin('hold', what), '');
  const release = (what: string): Promise<void> => rm(bin('hold', what), { force: true });
  const reached = (what: string): Promise<boolean> =>
    eventually(`xl to be at ${what}`, () =>
      access(bin('at', what)).then(
        () => true,
        () => false,
      ),
    );
  const create = (name: string): Promise<unknown> =>
    run(host.xl, ['create', join(directory, 'xen', 'etc', 'xen', `${name}.cfg`)]);

  async function ask(
    name: string,
    verb: Parameters<typeof operationRequest>[1],
    more: Parameters<typeof operationRequest>[2] = {},
  ): Promise<string> {
    const request = operationRequest(name, verb, more);
    const answer = await client.submit(request);
    assert.ok('phase' in answer, JSON.stringify(answer));
    return request.id;
  }

  /** The whole result: from the half, and from the host. */
  async function outcome(id: string): Promise<{ end: OperationView; view: DomainView; row: string }> {
    const end = await eventually(`operation ${id} to end`, async () => {
      const seen = await client.operation(id);
      return seen.endedAt === null ? null : seen;
    });
    const { stdout } = await run(host.xl, ['list']);
    const row = stdout.split('\n').find((line) => line.startsWith(`${end.domain} `)) ?? '';
    return { end, view: await client.domain(end.domain), row };
  }

  it('is taken up at every step by the next: each operation ends, and nothing stays paused by us', async () => {
    const running = names.filter((name) => /shutdown|reboot|destroy/.test(name));
    for (const name of running) await create(name);
    for (const name of names) await hold(holdName(name));
    await start();

    const ids = new Map<string, string>();
    for (const verb of verbs) {
      for (const when of ['before', 'after'] as const) {
        const name = `${when}-${verb}`;
        const request = {
          unpause: 'start',
          create: 'start',
          destroy: 'poweroff',
          shutdown: 'shutdown',
          reboot: 'reboot',
        } as const;
        if (name === 'after-create') continue;
        ids.set(name, await ask(name, request[verb]));
        await reached(holdName(name));
      }
    }
    await kill();

    // The held calls continue without anybody. On a real host, too, our death ends no xl.
    for (const name of names) await release(holdName(name));
    await start();
    for (const [name, id] of ids) {
      const { end, view, row } = await outcome(id);
      const told = `${name}: ${JSON.stringify(end)} ${row}`;
      assert.equal(end.phase, 'done', told);
      const up = /unpause|create|reboot/.test(name);
      assert.equal(view.observation.state, up ? 'running' : 'off', told);
      assert.match(row, up ? / (r-----|-b----|------) / : /^$/, told);
    }

    await hold('after-create-after-create');
    const last = await ask('after-create', 'start');
    await reached('after-create-after-create');
    await kill();
    await release('after-create-after-create');
    await start();
    assert.equal((await outcome(last)).end.phase, 'done');
    assert.equal((await client.domain('after-create')).observation.state, 'running');

    const journal = readLines(await readFile(join(settings.state, 'journal.jsonl'), 'utf8'));
    assert.equal(journal.problem, null);
    assert.deepEqual(await readdir(join(settings.state, 'work')), [], 'nothing is left of what has ended');
  });

  it('finishes a rescue from any of its steps, with the profile and parameters that were asked for', async () => {
    // Only one create runs at a time, so a round can hold only one create.
    const rounds = [
      LONG
        ? ['before-unpause', 'after-unpause', 'before-shutdown', 'after-shutdown', 'before-create']
        : ['before-unpause', 'after-shutdown', 'before-create'],
      ['after-create'],
    ];
    await start();
    for (const round of rounds) {
      const ids = new Map<string, string>();
      for (const name of round) {
        await create(name);
        await client.state(name, 'running');
        await hold(holdName(name));
        ids.set(name, await ask(name, 'rescue', { profile: 'installer', parameters: { suite: name } }));
        await reached(holdName(name));
      }
      await kill();
      for (const name of round) await release(holdName(name));
      await start();
      for (const [name, id] of ids) {
        const { end, view, row } = await outcome(id);
        assert.equal(end.phase, 'done', `${name}: ${JSON.stringify(end)} ${row}`);
        assert.deepEqual([view.observation.state, view.observation.profile], ['running', 'installer'], name);
        const { stdout } = await run(host.xl, ['list', '-l', name]);
        assert.match(stdout, new RegExp(`install-suite=${name}"`));
      }
    }
  });

  it('undoes or finishes a create whose xl died with it', async () => {
    await hold('before-create-before-create');
    await start();
    const id = await ask('before-create', 'start');
    await reached('before-create-before-create');
    await kill();
    // The host lost its power: the xl is gone as well, and never created anything.
    const { stdout } = await run('ps', ['-eo', 'pid=,args=']);
    const orphan = stdout.split('\n').find((line) => line.includes(`${bin('xl')} create`));
    process.kill(Number(orphan?.trim().split(' ')[0]), 'SIGKILL');
    await release('before-create-before-create');
    await start();
    const { end, view } = await outcome(id);
    assert.equal(end.phase, 'done');
    assert.equal(view.observation.state, 'running');
  });

  it('ends a create that hangs on after it, and reports that', async () => {
    settings = { ...settings, deadlines: { ...settings.deadlines, createSeconds: 1.5 } };
    await writeFile(join(directory, 'settings.json'), JSON.stringify(settings));
    await hold(holdName('before-create'));
    await start();
    const id = await ask('before-create', 'start');
    await reached(holdName('before-create'));
    await kill();
    await start();
    const { end, row } = await outcome(id);
    assert.deepEqual([end.phase, end.failure?.code, row], ['failed', 'toolstack-timeout', '']);
    const { stdout } = await run('ps', ['-eo', 'args=']);
    assert.doesNotMatch(stdout, new RegExp(`${bin('xl')} create`));
  });
});
