import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killAll } from '../../../server/dom0/process/processes.js';
import { firstReason } from '../../../server/dom0/toolstack/reason.js';
import { Transcripts } from '../../../server/dom0/toolstack/transcripts.js';

describe('transcripts', () => {
  let directory: string;
  let transcripts: Transcripts;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'postern-transcripts-'));
    transcripts = new Transcripts(directory);
    await transcripts.prepare();
  });
  afterEach(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  it('tell whether a program still runs that an earlier dom0 started, and its reason when it has ended', async function () {
    if (process.platform !== 'linux') this.skip();
    const path = transcripts.transcript('7e0c1b52', 'create');
    const file = await open(path, 'w');
    const program = spawn('sleep', ['60'], { stdio: ['ignore', file.fd, file.fd] });
    await file.close();
    try {
      assert.deepEqual(await transcripts.holders('7e0c1b52', 'create'), [program.pid]);
      assert.deepEqual(await transcripts.holders('7e0c1b52', 'destroy'), []);
    } finally {
      program.kill('SIGKILL');
      await once(program, 'exit');
    }
    assert.deepEqual(await transcripts.holders('7e0c1b52', 'create'), []);
    assert.equal(firstReason(await transcripts.said('7e0c1b52', 'create')), null);
    await writeFile(path, 'Parsing config from /x\nlibxl: error: libxl_create.c:1:f: Domain 6:no memory\n');
    assert.equal(firstReason(await transcripts.said('7e0c1b52', 'create')), 'no memory');
    assert.equal(firstReason(await transcripts.said('7e0c1b52', 'destroy')), null);
  });

  it('kill programs of which some have ended already', async () => {
    const programs = [spawn('true'), spawn('sleep', ['60'])];
    const ends = programs.map((program) => once(program, 'exit'));
    await ends[0];
    killAll(programs.map(({ pid }) => pid ?? assert.fail('not started')));
    assert.deepEqual(await ends[1], [null, 'SIGKILL']);
  });

  it('are removed with their operation, and those of no operation at start', async () => {
    assert.equal((await stat(join(directory, 'work'))).mode & 0o777, 0o700);
    for (const id of ['a', 'b', 'ab']) {
      await writeFile(transcripts.transcript(id, 'create'), '');
      await writeFile(transcripts.derivedConfig(id), '');
    }
    await transcripts.clear('a');
    assert.deepEqual((await readdir(join(directory, 'work'))).sort(), [
      'ab.cfg',
      'ab.create.log',
      'b.cfg',
      'b.create.log',
    ]);
    await transcripts.sweep((operation) => operation === 'b');
    assert.deepEqual((await readdir(join(directory, 'work'))).sort(), ['b.cfg', 'b.create.log']);
    await rm(directory, { recursive: true });
    await transcripts.clear('b');
  });
});
