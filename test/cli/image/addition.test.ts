import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import type { ImageName } from '../../../policy/names.js';
import { addImage } from '../../../server/cli/image/addition.js';
import type { AdditionRequest } from '../../../server/cli/image/addition.js';
import { PATIENCE } from '../../../server/cli/image/download.js';
import type { Patience } from '../../../server/cli/image/download.js';
import { ImageSource } from '../../../server/cli/image/image-source.js';
import { ImageStore } from '../../../server/cli/image/image-store.js';
import type { StoredImage } from '../../../server/cli/image/image-store.js';
import { ImageServer } from '../../support/image-server.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';

const NAME = 'debian-13' as ImageName;
const MIB = 1024 * 1024;

/** A disk with a boot sector, zeros, and something near its end. */
function disk(bytes = 2 * MIB): Buffer {
  const image = Buffer.alloc(bytes);
  image.write('55aa', 510, 'hex');
  image.write('a file system', bytes - 4096);
  return image;
}

function sum(bytes: Buffer | string, algorithm: 'sha256' | 'sha512' = 'sha256'): string {
  return createHash(algorithm).update(bytes).digest('hex');
}

describe('postern image add: what is taken and what is refused', () => {
  let directory: TemporaryDirectory;
  let server: ImageServer;
  const trusted = getCACertificates();
  const IMAGE = disk();
  let said: string[];
  before(async () => {
    server = new ImageServer();
    await server.start();
    setDefaultCACertificates([...trusted, server.certificate]);
  });
  after(async () => {
    setDefaultCACertificates(trusted);
    await server.stop();
  });
  beforeEach(() => {
    directory = new TemporaryDirectory();
    said = [];
  });
  afterEach(() => {
    directory.dispose();
  });

  const images = (): string => directory.file('images');
  const inPlace = (): Buffer => readFileSync(`${images()}/debian-13.raw`);
  const add = (
    source: string,
    more: Partial<AdditionRequest> & { readonly patience?: Patience; readonly signal?: AbortSignal } = {},
  ): Promise<StoredImage> =>
    addImage(
      {
        name: NAME,
        source: new ImageSource(source),
        proof: null,
        isReplacing: false,
        mostBytes: 64 * MIB,
        ...more,
      },
      new ImageStore(images()),
      { say: (line) => said.push(line), bytes: () => undefined },
      more.signal ?? new AbortController().signal,
      more.patience ?? PATIENCE,
    );
  const sha256 = (bytes: Buffer | string): AdditionRequest['proof'] => ({
    algorithm: 'sha256',
    hex: sum(bytes),
  });
  /** Nothing under the name, and nothing beside it. */
  const refuses = async (tried: Promise<unknown>, why: RegExp): Promise<void> => {
    await assert.rejects(tried, why);
    assert.deepEqual(existsSync(images()) ? readdirSync(images()) : [], []);
  };

  it('copies a raw image sparsely, with the sum and size of what was written', async () => {
    const stored = await add(directory.write('disk.img', IMAGE));
    assert.deepEqual(stored, { file: `${images()}/debian-13.raw`, bytes: 2 * MIB, sha256: sum(IMAGE) });
    assert.deepEqual(inPlace(), IMAGE);
    const { blocks, mode } = statSync(stored.file);
    assert.ok(blocks * 512 < MIB, `${blocks} blocks`);
    assert.equal(mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(images()), ['debian-13.raw']);
  });

  it('takes a fetched image by its sum, also over a redirect and from a file of sums', async () => {
    const url = server.answers('/13/disk.raw', IMAGE);
    await add(url, { proof: sha256(IMAGE) });
    const moved = server.redirects('/latest/disk.raw', '/13/disk.raw');
    const others = `${'0'.repeat(128)}  other.raw\n`;
    for (const line of [
      `${sum(IMAGE, 'sha512')}  disk.raw`,
      `${sum(IMAGE, 'sha512').toUpperCase()} *./disk.raw`,
      `SHA512 (disk.raw) = ${sum(IMAGE, 'sha512')}`,
      `${sum(IMAGE)}  disk.raw`,
    ]) {
      const sums = new ImageSource(server.answers('/latest/SHA512SUMS', `${others}${line}\n`));
      await add(moved, { proof: { sums }, isReplacing: true });
    }
    assert.deepEqual(inPlace(), IMAGE);
  });

  it('keeps nothing of an image with another sum, or without one', async () => {
    const url = server.answers('/disk.raw', IMAGE);
    await refuses(add(url), /an image that is fetched needs its sum/);
    await refuses(
      add(url, { proof: sha256('other') }),
      /is not the image of the sum: its sha256 is [0-9a-f]{64}/,
    );
    await refuses(
      add(directory.write('disk.img', IMAGE), { proof: sha256('other') }),
      /is not the image of the sum/,
    );
    for (const [sums, why] of [
      ['', /has no SHA-256 and no SHA-512 of disk\.raw/],
      [`${sum(IMAGE)}  a/disk.raw\n`, /has no SHA-256/],
      [`${sum(IMAGE)}  disk.raw.xz\n`, /has no SHA-256/],
      [`${sum(IMAGE).slice(0, 40)}  disk.raw\n`, /has no SHA-256/],
      [`${sum(IMAGE)}  disk.raw\n${'0'.repeat(64)}  disk.raw\n`, /has several sums of disk\.raw/],
      ['x'.repeat(2 * MIB), /is larger than 1048576 bytes/],
    ] as const)
      await refuses(add(url, { proof: { sums: new ImageSource(server.answers('/SUMS', sums)) } }), why);
  });

  it('follows redirects to https alone', async () => {
    const proof = sha256(IMAGE);
    for (const to of [
      'http://127.0.0.1:1/disk.raw',
      'file:///etc/passwd',
      'ftp://a/b',
      'https://u:p@127.0.0.1/',
    ])
      await refuses(add(server.redirects('/away', to), { proof }), /only https is followed/);
    await refuses(add(server.redirects('/round', '/round'), { proof }), /more than 5 redirects/);
    for (const url of ['http://127.0.0.1/a', 'HTTP://127.0.0.1/a', 'ftp://a/b', 'file:///etc/passwd'])
      assert.throws(() => new ImageSource(url), /is not fetched: give an https URL/);
    assert.throws(() => new ImageSource('https://u:p@127.0.0.1/a'), /a user or a password/);
  });

  it('keeps nothing of a download that breaks, stalls, never ends, or is something else', async () => {
    const proof = sha256(IMAGE);
    const head = { 'content-length': String(IMAGE.length) };
    const cut = server.answers('/cut', (response) => {
      response.writeHead(200, head);
      response.write(IMAGE.subarray(0, MIB), () => response.destroy());
    });
    await refuses(add(cut, { proof }), /cannot be fetched: /);
    const patience = { answerMs: 300, pieceMs: 300 };
    const stalled = server.answers('/stalled', (response) => {
      response.writeHead(200, head).write(IMAGE.subarray(0, MIB));
    });
    await refuses(
      add(stalled, { proof, patience: { ...PATIENCE, pieceMs: 300 } }),
      /nothing came for 0\.3 s/,
    );
    const silent = server.answers('/silent', () => undefined);
    await refuses(add(silent, { proof, patience }), /nothing came for 0\.3 s/);
    const endless = server.answers('/endless', (response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(IMAGE));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    });
    await refuses(add(endless, { proof, mostBytes: 8 * MIB }), /larger than 8 MiB: allow more with --limit/);
    await refuses(add(server.url('/nothing'), { proof }), /the server answers 404/);
    const zipped = server.answers('/zipped', (response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end('x');
    });
    await refuses(add(zipped, { proof }), /is sent as gzip/);
  });

  it('fetches nothing from a server that it cannot verify', async () => {
    const url = server.answers('/disk.raw', IMAGE);
    const stranger = new ImageServer();
    await stranger.start();
    try {
      const other = stranger.answers('/disk.raw', IMAGE);
      await refuses(add(other, { proof: sha256(IMAGE) }), /cannot be fetched: .*certificate/);
    } finally {
      await stranger.stop();
    }
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      await refuses(add(url, { proof: sha256(IMAGE) }), /NODE_TLS_REJECT_UNAUTHORIZED=0 is set/);
    } finally {
      if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
    }
  });

  it('refuses a second image of a name, and leaves the first as it was', async () => {
    await add(directory.write('disk.img', IMAGE));
    const other = directory.write('other.img', disk(3 * MIB));
    await assert.rejects(add(other), /is there already: choose another name, or add --replace/);
    // Two at once: the second finds the name taken only when it has its image.
    const store = new ImageStore(directory.file('two'));
    let count = 0;
    let release: () => void = () => undefined;
    const bothMade = new Promise<void>((resolve) => (release = resolve));
    const make = async (staging: string): Promise<string> => {
      writeFileSync(`${staging}/made`, IMAGE);
      count += 1;
      if (count === 2) release();
      await bothMade;
      return `${staging}/made`;
    };
    const both = [store.add(NAME, false, make), store.add(NAME, false, make)];
    const ends = await Promise.allSettled(both);
    assert.deepEqual(ends.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    assert.deepEqual(readdirSync(directory.file('two')), ['debian-13.raw']);
    assert.deepEqual(inPlace(), IMAGE);
    await assert.rejects(add(other, { isReplacing: true, proof: sha256('x') }), /not the image of the sum/);
    assert.deepEqual(inPlace(), IMAGE);
    await add(other, { isReplacing: true });
    assert.equal(inPlace().length, 3 * MIB);
    assert.deepEqual(readdirSync(images()), ['debian-13.raw']);
  });

  it('writes through no link that stands under the name', async () => {
    const victim = directory.write('victim', 'as it was');
    await add(directory.write('disk.img', IMAGE));
    symlinkSync(victim, `${images()}/other.raw`);
    for (const isReplacing of [false, true])
      await assert.rejects(
        add(directory.file('disk.img'), { name: 'other' as ImageName, isReplacing }),
        /other\.raw is no plain file/,
      );
    assert.equal(readFileSync(victim, 'utf8'), 'as it was');
  });

  it('says that the disk is full, and keeps nothing', async () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    class FullStore extends ImageStore {
      override add(...[name, isReplacing]: Parameters<ImageStore['add']>): Promise<StoredImage> {
        return super.add(name, isReplacing, (staging) => {
          writeFileSync(`${staging}/half`, IMAGE.subarray(0, 512));
          return Promise.reject(full);
        });
      }
    }
    const request = {
      name: NAME,
      source: new ImageSource(directory.write('disk.img', IMAGE)),
      proof: null,
      isReplacing: false,
      mostBytes: 64 * MIB,
    };
    const notes = { say: () => undefined, bytes: () => undefined };
    const tried = addImage(request, new FullStore(images()), notes, new AbortController().signal);
    await refuses(tried, /was not added, and nothing of it was kept: the disk is full/);
  });

  it('ended in the middle, it keeps nothing', async () => {
    const controller = new AbortController();
    const url = server.answers('/slow', (response) => {
      response.writeHead(200).write(IMAGE.subarray(0, MIB), () => {
        controller.abort(new Error('ended by SIGTERM'));
      });
    });
    await refuses(add(url, { proof: sha256(IMAGE), signal: controller.signal }), /ended by SIGTERM/);
  });

  it('refuses what is no image of a disk, and sources that are no files', async () => {
    for (const [content, why] of [
      ['', /has 0 bytes/],
      ['<html>not found</html>', /no whole sectors of 512/],
      ['PK\u0003\u0004 and more', /a zip archive/],
      ['BZh91AY', /a bzip2 file/],
      ['KDMV', /a VMDK image/],
      [Buffer.concat([Buffer.alloc(32_769), Buffer.from('CD001'), Buffer.alloc(4000)]), /a CD image/],
    ] as const)
      await refuses(add(directory.write('source', content)), why);
    await refuses(add(directory.path), /is no plain file/);
    await refuses(add(directory.file('gone')), /gone cannot be read: there is no such file or directory/);
    await add(directory.write('source', Buffer.alloc(1024)));
    assert.match(said.join('\n'), /The image has no boot sector/);
  });
});
