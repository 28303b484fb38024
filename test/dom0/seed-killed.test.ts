import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { access, chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { DirectProfile } from '../../server/dom0/boot/boot-profiles.js';
import type { Dom0Settings } from '../../server/dom0/dom0-settings.js';
import { readIso } from '../../server/simulator/iso-image.js';
import { installSimulator, stopSimulator } from '../../server/simulator/install.js';
import type { SimulatedHost } from '../../server/simulator/install.js';
import { Dom0Client, operationRequest } from '../support/dom0-client.js';
import { dom0SettingsSample, patient } from '../support/dom0-settings-sample.js';
import { eventually } from '../support/eventually.js';

const run = promisify(execFile);
const CHILD = fileURLToPath(new URL('../support/dom0-child.js', import.meta.url));
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJs8Z3gnX0nG1YxqH9q6wN3m4vQvZyQm8v0bQ7kqGm1T alice';

/**
 * A program that can be held: while a file `hold/before-WHAT` or `hold/after-WHAT` exists, a call waits before or
 * after the real call, and reports it by a file `at/…`. WHAT is a verb of xl, or `seed`.
 */
const HELD = `#!/bin/sh
here=$(dirname "$0")
case $(basename "$0") in xl) what=$1;; *) what=seed;; esac
hold() {
  while [ -e "$here/hold/$1-$what" ]; do : >"$here/at/$1-$what"; sleep 0.02; done
}
hold before
"$here/real-$(basename "$0")" "$@"
code=$?
hold after
exit $code
`;

/** One step of a rescue after another, each in a domain of its own. */
const STEPS = ['before-seed', 'after-seed', 'after-shutdown', 'before-create', 'before-unpause'] as const;

describe('the seed disk of a dom0 half that is killed', () => {
  let directory: string;
  let host: SimulatedHost;
  let settings: Dom0Settings;
  let client: Dom0Client;
  let child: ChildProcess | null = null;

  const bin = (...parts: string[]): string => join(directory, 'bin', ...parts);

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'postern-seed-killed-'));
    host = await installSimulator({
      directory: join(directory, 'xen'),
      timeScale: 0.02,
      domains: STEPS.map((name) => ({ name })),
    });
    await mkdir(bin('hold'), { recursive: true });
    await mkdir(bin('at'));
    for (const [tool, real] of [
      ['xl', host.xl],
      ['xorriso', host.xorriso],
    ] as const) {
      await writeFile(bin(tool), HELD);
      await writeFile(bin(`real-${tool}`), `#!/bin/sh\nexec '${real}' "$@"\n`);
      await chmod(bin(tool), 0o755);
      await chmod(bin(`real-${tool}`), 0o755);
    }
    const rescue = { kernel: host.rescueKernel, ramdisk: host.rescueRamdisk, disk: host.rescueDisk };
    const sample = patient(dom0SettingsSample(directory, bin('xl'), host.configs, rescue));
    const ssh: DirectProfile = { ...(sample.profiles['rescue'] as DirectProfile), seed: 'asker' };
    settings = { ...sample, profiles: { ssh }, seeds: { ...sample.seeds, command: bin('xorriso') } };
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
    await once(child.stdout!, 'data');
    await eventually('the files to be read', async () => {
      const views = await Promise.all(STEPS.map((name) => client.domain(name)));
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

  const inSeeds = async (): Promise<string[]> => (await readdir(join(settings.state, 'seeds'))).sort();

  it('is whole at every step from which the next half goes on, and no half of one is left', async () => {
    for (const name of STEPS)
      await run(host.xl, ['create', join(host.directory, 'etc', 'xen', `${name}.cfg`)]);
    await start();
    const ids: string[] = [];
    for (const step of STEPS) {
      await client.state(step, 'running');
      await writeFile(bin('hold', step), '');
      const request = operationRequest(step, 'rescue', { profile: 'ssh', keys: [KEY] });
      const answer = await client.submit(request);
      assert.ok('phase' in answer, JSON.stringify(answer));
      await eventually(`${step} to be reached`, () =>
        access(bin('at', step)).then(
          () => true,
          () => false,
        ),
      );
      await kill();
      await rm(bin('hold', step));
      await start();
      const view = await eventually(`the rescue that was killed ${step} to end`, async () => {
        const seen = await client.operation(request.id);
        return seen.endedAt === null ? null : seen;
      });
      assert.equal(view.phase, 'done', `${step}: ${JSON.stringify(view.failure)}`);
      await eventually(`${step} to show its profile`, async () => {
        const { observation } = await client.domain(step);
        return observation.state === 'running' && observation.profile === 'ssh';
      });
      const iso = readIso(await readFile(join(settings.state, 'seeds', `${request.id}.iso`)));
      assert.equal(iso?.files.get('authorized_keys'), `${KEY}\n`, step);
      ids.push(request.id);
    }
    const wanted = ids.map((id) => `${id}.iso`).sort();
    await eventually('nothing else to be left', async () => {
      const found = await inSeeds();
      return found.length === wanted.length && found.every((name, at) => name === wanted[at]);
    });

    // All of them end while nobody is there.
    await kill();
    for (const name of STEPS) await run(host.xl, ['destroy', name]);
    assert.deepEqual(await inSeeds(), wanted);
    await start();
    await eventually('the disks to be swept', async () => (await inSeeds()).length === 0);
  });
});
