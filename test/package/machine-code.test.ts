import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildPlaces, tooNew } from '../../server/package/machine-code.js';
import { nodePackages } from '../../server/package/node-packages.js';
import type { NodeArchitecture } from '../../server/package/node-packages.js';

describe('machine code for Debian 12', () => {
  const code = (...symbols: readonly string[]): Buffer => Buffer.from(`ELF\0${symbols.join('\0')}\0end`);

  it('needs nothing newer than Debian 12 has', () => {
    assert.deepEqual(tooNew(code('GLIBC_2.2.5', 'GLIBC_2.36', 'GLIBCXX_3.4.30', 'CXXABI_1.3.13')), []);
  });

  it('is refused when it needs more', () => {
    assert.deepEqual(tooNew(code('GLIBC_2.4', 'GLIBC_2.38', 'GLIBC_2.100', 'GLIBC_3.0')), [
      'GLIBC_2.100',
      'GLIBC_2.38',
      'GLIBC_3.0',
    ]);
    assert.deepEqual(tooNew(code('GLIBCXX_3.4.31')), ['GLIBCXX_3.4.31']);
    assert.deepEqual(tooNew(code('CXXABI_1.3.15')), ['CXXABI_1.3.15']);
  });

  it('says where it was built only by places that every build has', () => {
    assert.deepEqual(
      buildPlaces(code('/tmp/tmp.O03Arqddmm/node_object_wrap.h', '/srv/a/b.cc', '/srv/a/b.cc')),
      ['/srv/a/b.cc', '/tmp/tmp.O03Arqddmm/node_object_wrap.h'],
    );
    assert.deepEqual(
      buildPlaces(code('../src/unix/pty.cc', 'node_object_wrap.h', '/dev/ptmx', '/usr/lib/x.so')),
      [],
    );
  });

  it('is read in real files, which need at least something', () => {
    const node = process.arch as NodeArchitecture;
    for (const [name, { files = [] }] of Object.entries(nodePackages(node)))
      for (const file of files.filter((one) => one.endsWith('.node'))) {
        const text = readFileSync(join(import.meta.dirname, '../../../node_modules', name, file)).toString(
          'latin1',
        );
        assert.match(text, /\0GLIBC_2\.\d+\0/, `${name}/${file}`);
      }
  });
});
