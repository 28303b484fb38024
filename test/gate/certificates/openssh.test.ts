import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { readCertificate } from '../../../server/gate/certificates/certificate.js';
import type { Certificate } from '../../../server/gate/certificates/certificate.js';
import { readRevocationList } from '../../../server/gate/certificates/revoked-keys.js';
import { makeCertificate, makeKey } from '../../support/made-certificate.js';
import { propertyRuns } from '../../support/property-runs.js';
import { SshClient } from '../../support/ssh-client.js';

/** A word that ssh-keygen takes in a list between commas. */
const WORD = fc.stringMatching(/^[a-z][a-z0-9_.-]{0,12}$/);

describe('certificates and lists of ssh-keygen', () => {
  const client = new SshClient();
  const read = (blob: Buffer): Certificate => {
    const found = readCertificate(blob, { rsaMinimumBits: 2048 });
    assert.ok(typeof found !== 'string', 'it can be read');
    return found;
  };

  after(() => {
    client.dispose();
  });

  it('reads in a certificate what was asked for, and what ssh-keygen -L shows', () => {
    const ca = client.key('ca', 'ecdsa', 256);
    const key = client.key('user');
    const serials = fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.constant(2n ** 64n - 1n));
    fc.assert(
      fc.property(
        serials,
        WORD,
        fc.uniqueArray(WORD, { minLength: 1, maxLength: 5 }),
        fc.boolean(),
        fc.option(fc.constantFrom('192.0.2.0/24', '2001:db8::/32,192.0.2.7'), { nil: null }),
        (serial, id, principals, pty, sources) => {
          const flags = [
            '-z',
            String(serial),
            '-I',
            id,
            '-n',
            principals.join(','),
            '-V',
            '20260101Z:20270101Z',
          ];
          if (!pty) flags.push('-O', 'no-pty');
          if (sources !== null) flags.push('-O', `source-address=${sources}`, '-O', 'force-command=list');
          const { certificate, certificateBlob } = client.certify(ca, key, flags);
          const found = read(certificateBlob);
          assert.equal(found.serial, serial);
          assert.equal(found.keyId, id);
          assert.deepEqual(found.principals, principals);
          assert.equal(found.validBefore, Date.parse('2027-01-01T00:00:00Z'));
          assert.ok(typeof found.options !== 'string');
          assert.equal(found.options.permitsPty, pty);
          assert.deepEqual(
            found.options.sources,
            sources?.split(',').map((one) => (one.includes('/') ? one : `${one}/32`)) ?? null,
          );
          assert.equal(found.options.forceCommand, sources === null ? null : 'list');
          const shown = execFileSync('ssh-keygen', ['-L', '-f', certificate], { encoding: 'utf8' });
          assert.ok(shown.includes(`Serial: ${found.serial}\n`));
          assert.ok(shown.includes(`ED25519-CERT ${found.key.fingerprint}\n`));
          assert.ok(shown.includes(`ECDSA ${found.authority.fingerprint} `));
        },
      ),
      propertyRuns('certificates of ssh-keygen', 8, 200),
    );
  });

  it('finds every kind of key inside, and every kind of CA', () => {
    const kinds = [
      ['ed25519', undefined],
      ['ecdsa', 256],
      ['ecdsa', 384],
      ['ecdsa', 521],
      ['rsa', 2048],
    ] as const;
    for (const [type, bits] of kinds) {
      const key = client.key(`${type}${bits ?? ''}`, type, bits);
      const found = read(
        client.certify(client.key('ca', 'ecdsa', 256), key, ['-I', 'x', '-n', 'alice']).certificateBlob,
      );
      assert.deepEqual(found.key.blob, key.blob);
      const signed = read(
        client.certify(key, client.key('user'), ['-I', 'x', '-n', 'alice']).certificateBlob,
      );
      assert.deepEqual(signed.authority.blob, key.blob);
    }
  });

  it('revokes by a KRL exactly what ssh-keygen -Q says', () => {
    const [ca, other] = [makeKey(), makeKey()];
    const keys = [makeKey(), makeKey()];
    const file = (name: string): string => join(client.directory, name);
    writeFileSync(file('krl-ca.pub'), `${ca.line}\n`);
    const certificates = [ca, other].flatMap((authority) =>
      keys.flatMap((key) =>
        [0n, 1n, 7n, 8n, 64n, 65n, 2n ** 40n, 2n ** 64n - 1n].map((serial) =>
          makeCertificate(authority, key, { serial, keyId: `id-${serial % 3n}` }),
        ),
      ),
    );
    certificates.forEach((blob, n) => {
      writeFileSync(file(`krl-${n}.pub`), `ssh-ed25519-cert-v01@openssh.com ${blob.toString('base64')}\n`);
    });
    const [listed] = keys;
    const sum = (name: 'sha1' | 'sha256', key = listed): string => {
      writeFileSync(file('hashed.pub'), `${key?.line ?? ''}\n`);
      return `${name}: ${readFileSync(file('hashed.pub'), 'utf8')}`;
    };
    const specs = [
      'serial: 1\nserial: 7-64\n',
      'serial: 1\nserial: 3\nserial: 5\nserial: 7\nserial: 8\nserial: 65\n',
      'serial: 18446744073709551615\nserial: 1099511627776-1099511627999\n',
      'id: id-1\n',
      'id: id-0\nid: id-2\nserial: 1\n',
      `key: ${listed?.line ?? ''}\n`,
      sum('sha1'),
      sum('sha256'),
      `${sum('sha256')}serial: 64\nid: id-2\n`,
    ];
    for (const spec of specs)
      for (const isWild of [false, true]) {
        writeFileSync(file('spec'), spec);
        const by = isWild ? 'none' : file('krl-ca.pub');
        execFileSync('ssh-keygen', ['-q', '-k', '-f', file('krl'), '-s', by, file('spec')], {
          stdio: 'pipe',
        });
        const list = readRevocationList(file('krl'));
        assert.ok(typeof list !== 'string');
        const asked = certificates.map((_, n) => file(`krl-${n}.pub`));
        const { stdout } = spawnSync('ssh-keygen', ['-Q', '-f', file('krl'), ...asked], { encoding: 'utf8' });
        const answers = stdout.trim().split('\n');
        assert.equal(answers.length, certificates.length, stdout);
        certificates.forEach((blob, n) => {
          const isRevoked = / REVOKED$/.test(answers[n] ?? '');
          assert.equal(list.revokesCertificate(read(blob)), isRevoked, `${spec} ${n}: ${answers[n] ?? ''}`);
        });
      }
  });

  it('says in half a sentence why a list cannot be read', () => {
    const file = join(client.directory, 'list');
    const why = (path: string): string => {
      const found = readRevocationList(path);
      return typeof found === 'string' ? found : 'it can be read';
    };
    const of = (bytes: string): string => {
      writeFileSync(file, bytes);
      return why(file);
    };
    assert.match(of('# nothing\nno key\n'), /^it is no KRL, and its line 2 is no public key$/);
    assert.match(of('SSHKRL\n\0'), /^it is a KRL that is cut short/);
    assert.match(why(client.directory), /not a regular file|EISDIR/);
    assert.match(why(join(client.directory, 'none')), /ENOENT/);
    execFileSync('mkfifo', [join(client.directory, 'fifo')]);
    assert.match(why(join(client.directory, 'fifo')), /not a regular file/);
    assert.equal(of(''), 'it can be read');
  });
});
