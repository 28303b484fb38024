import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { findProgram } from '../../../server/cli/command/programs.js';
import { unpack } from '../../../server/cli/image/unpacking.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';

const MIB = 1024 * 1024;

describe('postern image add: unpacking', () => {
  let directory: TemporaryDirectory;
  const IMAGE = Buffer.alloc(2 * MIB);
  IMAGE.write('55aa', 510, 'hex');
  IMAGE.write('a file system', MIB);
  beforeEach(() => {
    directory = new TemporaryDirectory();
  });
  afterEach(() => {
    directory.dispose();
  });

  const { signal } = new AbortController();
  const run = (program: string, ...args: readonly string[]): Buffer =>
    execFileSync(findProgram(program) ?? program, args, { cwd: directory.path, maxBuffer: 64 * MIB });
  /** @returns the image; then it is alone in its directory */
  const unpacked = async (packed: Buffer, mostBytes = 64 * MIB): Promise<Buffer> => {
    const staging = mkdtempSync(directory.file('staging-'));
    const source = join(staging, 'source');
    writeFileSync(source, packed);
    const { file } = await unpack(source, staging, { mostBytes, signal });
    assert.equal(readdirSync(staging).length, 1);
    return readFileSync(file);
  };
  const tar = (...args: readonly string[]): Buffer => run('tar', '-c', '-f', '-', ...args);
  const needs = (context: Mocha.Context, ...programs: readonly string[]): void => {
    if (programs.some((program) => findProgram(program) === null)) context.skip();
  };

  it('unpacks gzip, xz and zstd', async function () {
    needs(this, 'gzip', 'xz', 'zstd');
    directory.write('disk.raw', IMAGE);
    assert.deepEqual(await unpacked(gzipSync(IMAGE)), IMAGE);
    for (const program of ['xz', 'zstd'])
      assert.deepEqual(await unpacked(run(program, '-c', 'disk.raw')), IMAGE, program);
  });

  it('finds disk.raw in an archive, sparse or not', async function () {
    needs(this, 'tar', 'gzip');
    directory.write('disk.raw', IMAGE);
    directory.write('README', 'read me');
    for (const args of [
      ['disk.raw'],
      ['README', './disk.raw'],
      ['--sparse', '--format=gnu', 'disk.raw'],
      ['--sparse', '--format=posix', 'disk.raw'],
    ])
      assert.deepEqual(await unpacked(gzipSync(tar(...args))), IMAGE, args.join(' '));
  });

  it('writes nothing of a hostile archive elsewhere, and follows no link in it', async function () {
    needs(this, 'tar');
    const victim = directory.write('victim', 'as it was');
    directory.write('disk.raw', IMAGE);
    writeFileSync(directory.file('evil'), 'evil');
    const renamed = (to: string): Buffer => tar('-P', `--transform=s,^evil$,${to},`, 'evil', 'disk.raw');
    for (const to of ['../victim', victim, 'staging/../../victim', '--checkpoint-action=exec=touch owned'])
      assert.deepEqual(await unpacked(renamed(to)), IMAGE, to);
    await assert.rejects(unpacked(tar('-P', '--transform=s,^,../,', 'disk.raw')), /has no disk\.raw/);
    await assert.rejects(unpacked(tar('disk.raw', './disk.raw')), /has 2 files disk\.raw/);
    mkdirSync(directory.file('links'));
    symlinkSync(victim, directory.file('links/disk.raw'));
    await assert.rejects(unpacked(tar('-C', 'links', 'disk.raw')), /is no plain file/);
    mkdirSync(directory.file('folder/disk.raw'), { recursive: true });
    await assert.rejects(unpacked(tar('-C', 'folder', 'disk.raw')), /has no disk\.raw/);
    assert.equal(readFileSync(victim, 'utf8'), 'as it was');
    assert.ok(!existsSync(directory.file('owned')));
  });

  it('ends at the limit, at damage, and when it is packed too often', async function () {
    needs(this, 'gzip');
    const bomb = gzipSync(Buffer.alloc(16 * MIB));
    await assert.rejects(unpacked(bomb, 4 * MIB), /larger than 4 MiB: allow more with --limit/);
    await assert.rejects(
      unpacked(gzipSync(IMAGE).subarray(0, -20)),
      /cannot be unpacked: gzip failed \(exit status 1\): .*unexpected end of file/,
    );
    const often = Array.from({ length: 4 }).reduce<Buffer>((packed) => gzipSync(packed), IMAGE);
    await assert.rejects(unpacked(often), /packed more than 3 times/);
  });

  it('refuses a qcow2 image that names other files, before anything reads it', async () => {
    for (const [fields, why] of [
      [{ backing: 512n }, /needs a backing file/],
      [{ features: 4n }, /has its data in another file/],
      [{ encryption: 1 }, /is encrypted/],
      [{ version: 1 }, /is of version 1/],
      [{ bytes: 65n * 1024n * 1024n }, /has 65 MiB, more than 64 MiB: allow more with --limit/],
      [{ bytes: 2n ** 63n }, /more than 64 MiB/],
    ] as const)
      await assert.rejects(unpacked(qcow2(fields)), why);
  });

  it('converts a qcow2 image, also in an archive that is compressed', async function () {
    needs(this, 'qemu-img', 'tar', 'gzip');
    directory.write('disk.raw', IMAGE);
    run('qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2', 'disk.raw', 'disk.qcow2');
    const converted = readFileSync(directory.file('disk.qcow2'));
    assert.deepEqual(await unpacked(converted), IMAGE);
    directory.write('disk.raw', converted);
    assert.deepEqual(await unpacked(gzipSync(tar('disk.raw'))), IMAGE);
    writeFileSync(directory.file('secret'), Buffer.alloc(MIB, 'secret'));
    run('qemu-img', 'create', '-q', '-f', 'qcow2', '-b', 'secret', '-F', 'raw', 'stolen.qcow2');
    await assert.rejects(unpacked(readFileSync(directory.file('stolen.qcow2'))), /needs a backing file/);
  });
});

/** A header of version 3 with these fields. */
function qcow2({ version = 3, backing = 0n, bytes = 1024n * 1024n, encryption = 0, features = 0n }): Buffer {
  const header = Buffer.alloc(1024);
  header.write('QFI\u00fb', 'latin1');
  header.writeUInt32BE(version, 4);
  header.writeBigUInt64BE(backing, 8);
  header.writeBigUInt64BE(bytes, 24);
  header.writeUInt32BE(encryption, 32);
  header.writeBigUInt64BE(features, 72);
  return header;
}
