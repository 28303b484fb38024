import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { loadPolicy, readPolicyTexts } from '../../config/policy-directory.js';
import { eventually } from '../support/eventually.js';
import { TemporaryDirectory } from '../support/temporary-directory.js';

const SEEN = 'rules:\n  - allow: [status]\n';
const BROKEN = 'rules: [\n';

describe('loadPolicy', () => {
  let directory: TemporaryDirectory;
  beforeEach(() => {
    directory = new TemporaryDirectory();
  });
  afterEach(() => {
    directory.dispose();
  });

  /** The base names of the files read, in order. */
  function filesRead(): readonly string[] {
    const result = loadPolicy(directory.path);
    assert.ok(result.ok, JSON.stringify(result));
    return result.sources.map(({ file }) => basename(file));
  }

  /** `name: sentence` of each problem. */
  function problems(paths: string | readonly string[] = directory.path): readonly string[] {
    const result = loadPolicy(paths);
    assert.ok(!result.ok, 'it was loaded');
    return result.problems.map(({ place, message }) => `${basename(place.file)}: ${message}`);
  }

  it('reads YAML and JSON in the order of their names, byte by byte', () => {
    for (const name of ['9.yaml', '10-b.yml', '10-a.json', 'B.yaml', 'a.yaml', 'é.yaml']) {
      directory.write(name, name.endsWith('json') ? '{"rules": [{"allow": ["status"]}]}' : SEEN);
    }
    assert.deepEqual(filesRead(), ['10-a.json', '10-b.yml', '9.yaml', 'B.yaml', 'a.yaml', 'é.yaml']);
  });

  it('does not read what editors and package managers leave behind', () => {
    directory.write('10-default.yaml', SEEN);
    for (const name of [
      '10-default.yaml~',
      '.10-default.yaml.swp',
      '.10-default.yaml',
      '4913',
      '#10-default.yaml#',
      '.#10-default.yaml',
      '10-default.yaml.rpmsave',
      '10-default.yaml.dpkg-old',
      '10-default.yaml.orig',
      'README.md',
    ]) {
      directory.write(name, BROKEN);
    }
    assert.deepEqual(filesRead(), ['10-default.yaml']);
  });

  it('does not open what is no regular file: a FIFO would wait for ever, and warns of it', () => {
    directory.write('10.yaml', SEEN);
    mkdirSync(directory.file('20.yaml'));
    execFileSync('mkfifo', [directory.file('30.yaml')]);
    symlinkSync('/dev/zero', directory.file('40.yaml'));
    directory.write('50.YAML', BROKEN);
    assert.deepEqual(filesRead(), ['10.yaml']);
    const { warnings } = loadPolicy(directory.path);
    assert.deepEqual(
      warnings.map(({ place, message }) => `${basename(place.file)}: ${message}`),
      [
        '20.yaml: It is not a regular file and was not read.',
        '30.yaml: It is not a regular file and was not read.',
        '40.yaml: It is not a regular file and was not read.',
        '50.YAML: It was not read: write its ending in small letters.',
      ],
    );
  });

  it('refuses a FIFO and a device that are named themselves, at once', () => {
    execFileSync('mkfifo', [directory.file('30.yaml')]);
    assert.deepEqual(problems(directory.file('30.yaml')), [
      '30.yaml: It cannot be read: it is not a regular file.',
    ]);
    assert.deepEqual(problems('/dev/zero'), ['zero: It cannot be read: it is not a regular file.']);
  });

  it('follows links to regular files, also out of the directory', () => {
    const outside = new TemporaryDirectory();
    try {
      symlinkSync(outside.write('policy', SEEN), directory.file('10.yaml'));
      assert.deepEqual(filesRead(), ['10.yaml']);
    } finally {
      outside.dispose();
    }
  });

  it('refuses, with the others read: a link to nothing, a file over 1 MiB, a file that is not UTF-8', () => {
    directory.write('10.yaml', SEEN);
    symlinkSync('nowhere', directory.file('20.yaml'));
    directory.write('30.yaml', `${'#'.repeat(1024 * 1024)}\n`);
    directory.write('40.yaml', Buffer.from('# caf\u00e9\nrules: []\n# \u00fc\n', 'latin1'));
    directory.write('50.yaml', Buffer.from('\uFEFFrules: []\n', 'utf16le'));
    directory.write('60.yaml', 'rulez: []\n');
    assert.deepEqual(problems(), [
      '20.yaml: It cannot be read: there is no such file or directory.',
      '30.yaml: It is larger than 1 MiB.',
      '40.yaml: This byte is not UTF-8.',
      '50.yaml: This byte is not UTF-8.',
      '60.yaml: There is no key `rulez` here.',
    ]);
  });

  it('says where the byte is that is not UTF-8', () => {
    const file = directory.write('a.yaml', Buffer.from('# one\n# caf\u00e9\n', 'latin1'));
    const result = loadPolicy(file);
    assert.ok(!result.ok);
    assert.deepEqual(result.problems[0]?.place, { file, line: 2, column: 6 });
  });

  it('reads a file of 1 MiB', () => {
    directory.write('10.yaml', `${SEEN}${'#'.repeat(1024 * 1024 - SEEN.length)}`);
    assert.deepEqual(filesRead(), ['10.yaml']);
  });

  it('refuses a directory without a policy, and one that is not there', () => {
    assert.deepEqual(problems(), [`${basename(directory.path)}: There is no policy in this directory.`]);
    assert.deepEqual(problems(directory.file('nosuch')), [
      'nosuch: It cannot be read: there is no such file or directory.',
    ]);
  });

  it('reads a list of files in the order given, whatever they are called', () => {
    const first = directory.write('z.txt', 'rules:\n  - deny: [start]\n');
    const second = directory.write('a.txt', SEEN);
    const result = loadPolicy([first, second]);
    assert.ok(result.ok);
    assert.deepEqual(
      result.policy.rules.map(({ effect }) => effect),
      ['deny', 'allow'],
    );
    assert.deepEqual(
      result.sources.map(({ file }) => file),
      [first, second],
    );
  });

  it('refuses what everybody on the machine may write to, files and directories', () => {
    const file = directory.write('10.yaml', 'rules: [{allow: [status]}]\n');
    chmodSync(file, 0o666);
    const open = loadPolicy(directory.path);
    assert.ok(!open.ok);
    assert.deepEqual(
      open.problems.map(({ place, message, expected }) => [place.file, message, expected]),
      [[file, 'Everybody on this machine may write to it, and so make the policy.', `chmod o-w ${file}`]],
    );
    chmodSync(file, 0o664);
    for (const mode of [0o777, 0o1777]) {
      chmodSync(directory.path, mode);
      const place = loadPolicy(directory.path);
      assert.ok(!place.ok);
      assert.equal(place.problems[0]?.place.file, directory.path);
    }
    chmodSync(directory.path, 0o755);
    assert.ok(loadPolicy(directory.path).ok);
  });

  it('refuses a file that is being written at the moment', async () => {
    const file = directory.write('10.yaml', SEEN);
    const script = `
      const text = ${JSON.stringify(SEEN)} + '# a long policy\\n'.repeat(30000);
      for (;;) require('fs').writeFileSync(${JSON.stringify(file)}, text);`;
    const writer = spawn(process.execPath, ['-e', script], { stdio: 'ignore' });
    try {
      // Hundreds of reads at once: on one processor, read and write seldom meet.
      await eventually('a moment in which it is written', () =>
        Array.from({ length: 300 }, () => readPolicyTexts(directory.path)).some(({ problems }) =>
          problems.some(({ message }) => message === 'It was changed while it was read.'),
        ),
      );
    } finally {
      writer.kill('SIGKILL');
      await once(writer, 'exit');
    }
  });
});
